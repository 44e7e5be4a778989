//! Heads that are too long (RFC 9110 §5.4, RFC 9112 §3).

use super::LENGTHS;
use crate::check::{Check, Level, Profile, Proof, incident, rfc9110, rfc9112};
use crate::judge::{Judged, Lapse, Or, Refusal, Trial, Where, demand, is_refusal, twin_is_taken};
use crate::wire::{Asked, Missing};

/// What a server has to take of a request line at least, without its CRLF.
const LINE_BYTES: usize = 8000;

/// Targets over the limits of most servers: 64 KiB and a little, which come whole even where they are
/// refused, and 1 MiB.
const TARGETS: [&str; 2] = ["{70000*a}", "{1048576*a}"];

const GET: &[u8] = b"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n";

const FRAME: (&[u8], &[u8]) = (b"GET {target} HTTP/1.1\r\nHost: {host}\r\nX: y\r\n", b"\r\n");

const FIELDS: crate::check::Clause =
    rfc9110("5.4", "fields that are larger than a server wishes to process are answered by a 4xx");

const MEANS: &str = "one request takes as much memory as its sender likes";

pub(in crate::checks) const HEADS: &[Check] = &[
    Check {
        id: "LM-01",
        slug: "usual-request-line",
        title: "A request line of 8000 bytes is taken",
        level: Level::Should,
        profile: Profile::Limits,
        clauses: &[rfc9112("3", "request lines of 8000 octets ought to be supported at least")],
        seeds: "",
        means: "long queries work on one server and fail on another",
        fix: "let the limit of the line be 8000 bytes or more",
        proof: Proof::Holds(takes_a_usual_line),
    },
    Check {
        id: "LM-02",
        slug: "endless-request-line",
        title: "A request line of 1 MiB is refused",
        level: Level::DeFacto,
        profile: Profile::Limits,
        clauses: &[
            LENGTHS,
            rfc9112("3", "too long a target is answered by 414, too long a method by 501"),
        ],
        seeds: "attack 16",
        means: MEANS,
        fix: "count the bytes of the line while they come, and not when it is whole",
        proof: Proof::Refuses(Refusal {
            frame: (b"", b" HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            pairs: &[
                (b"GET {target}&{1048576*a}", b"GET {target}"),
                (b"{1048576*A} {target}", b"GET {target}"),
            ],
            defect_in: Where::Head,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "LM-03",
        slug: "too-long-is-414",
        title: "A target that is too long is answered by 414",
        // A standard's MUST; but a server may limit only the head as a whole, and then no target is too
        // long for it.
        level: Level::Should,
        profile: Profile::Limits,
        clauses: &[
            rfc9112("3", "a target longer than a server wishes to parse is answered by 414"),
            rfc9110("15.5.15", "414 says that the target is too long, and not another part"),
        ],
        seeds: "",
        means: "a client cannot know that a shorter query or a POST would do",
        fix: "let the request line have a limit of its own, and a status of its own",
        proof: Proof::Holds(says_414),
    },
    Check {
        id: "LM-04",
        slug: "endless-field",
        title: "A field of 1 MiB is refused",
        level: Level::DeFacto,
        profile: Profile::Limits,
        clauses: &[
            LENGTHS,
            FIELDS,
            incident("CVE-2018-12121", "heads of the greatest length took all memory"),
        ],
        seeds: "attack 16",
        means: MEANS,
        fix: "count the bytes of the head while they come",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[
                (b"X-A: {1048576*a}\r\n", b"X-A: a\r\n"),
                (b"{1048576*X}: a\r\n", b"X-A: a\r\n"),
                (b"X-A: {1048576* }a\r\n", b"X-A: a\r\n"),
            ],
            defect_in: Where::Head,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "LM-05",
        slug: "too-many-fields",
        title: "10,000 fields are refused",
        level: Level::DeFacto,
        profile: Profile::Limits,
        clauses: &[
            LENGTHS,
            FIELDS,
            incident("CVE-2026-49975", "short fields cost far more memory than their bytes"),
        ],
        seeds: "attack 16",
        means: "a head that is short in bytes takes much memory and, in some maps, much time",
        fix: "count the fields, and not only their bytes",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[(b"{10000*A: b\r\n}", b"A: b\r\n")],
            defect_in: Where::Head,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "LM-06",
        slug: "endless-head",
        title: "A head of 16 MiB is refused, however it is made up",
        level: Level::DeFacto,
        profile: Profile::Limits,
        clauses: &[LENGTHS, FIELDS],
        seeds: "attack 16",
        means: MEANS,
        fix: "let the head have a limit as a whole, beside those of its lines",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[(b"{512*X-A: {32752*a}\r\n}", b"X-A: a\r\n")],
            defect_in: Where::Head,
            or: Or::Nothing,
        }),
    },
];

/// A target with so much behind it that is a query in any case.
fn with_query(trial: &Trial<'_>, query: &str) -> String {
    let mark = if trial.has_probe() { "&" } else { "?" };
    format!("GET {{target}}{mark}{query} HTTP/1.1\r\nHost: {{host}}\r\n\r\n")
}

fn takes_a_usual_line(trial: &Trial<'_>) -> Judged {
    let shortest = trial.message(with_query(trial, ""));
    let line = shortest.bytes.iter().take_while(|byte| **byte != b'\r').count();
    let filler = format!("{{{}*a}}", LINE_BYTES.saturating_sub(line));
    let answer = trial.ask(with_query(trial, &filler))?;
    demand(!is_refusal(&answer) && answer.status < 500, || {
        format!("it was refused by {}", answer.status)
    })
}

fn says_414(trial: &Trial<'_>) -> Judged {
    twin_is_taken(trial, GET)?;
    let mut why = "the server takes targets as long as that";
    for target in TARGETS {
        let mut link = trial.connect()?;
        link.send(trial.message(with_query(trial, target)).bytes);
        match link.answer(Asked::Whole) {
            Ok(answer) if answer.status == 414 => return Ok(()),
            Ok(answer) if is_refusal(&answer) || answer.status >= 500 => {
                return Err(Lapse::Failed(format!("it was answered by {}", answer.status)));
            }
            Ok(_) => {}
            Err(Missing::Ended(_)) => {
                why = "the server ends the connection, and no answer came through";
            }
            Err(missing) => return Err(missing.into()),
        }
    }
    Err(Lapse::Skipped(why.to_owned()))
}
