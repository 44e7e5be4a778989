//! The first line of a request (RFC 9112 §3).

use crate::check::{Check, Level, Profile, Proof, rfc9110, rfc9112};
use crate::judge::{Judged, Or, Refusal, Trial, Where, demand};

const FRAME: (&[u8], &[u8]) = (b"", b"\r\nHost: {host}\r\n\r\n");

const RULE: crate::check::Clause =
    rfc9112("3", "an invalid request line: 400, or 301 to the target in its right form");

const MEANS: &str = "somebody in front has read another method or target, and judged that one";

pub(in crate::checks) const REQUEST_LINES: &[Check] = &[
    Check {
        id: "H1-11",
        slug: "odd-version",
        title: "A version that has not the form of one is refused",
        level: Level::Should,
        profile: Profile::Http1,
        clauses: &[RULE, rfc9112("2.3", "a version is `HTTP/`, a digit, a dot and a digit")],
        seeds: "HT-12",
        means: MEANS,
        fix: "compare the eight bytes of the version",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[
                (b"GET {target} http/1.1", b"GET {target} HTTP/1.1"),
                (b"GET {target} HTTP/1.1x", b"GET {target} HTTP/1.1"),
                (b"GET {target} HTTP/11", b"GET {target} HTTP/1.1"),
                (b"GET {target} HTTP/1,1", b"GET {target} HTTP/1.1"),
                (b"GET {target} HTP/1.1", b"GET {target} HTTP/1.1"),
            ],
            defect_in: Where::Head,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "H1-12",
        slug: "blank-in-a-target",
        title: "A target with a blank in it is refused",
        level: Level::Should,
        profile: Profile::Http1,
        clauses: &[RULE, rfc9112("3.2", "no whitespace is allowed in a target; do not repair it")],
        seeds: "HT-12, attack 4",
        means: MEANS,
        fix: "let a line have two blanks and no more",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[
                (b"GET {target} x HTTP/1.1", b"GET {target} HTTP/1.1"),
                (b"GET {target}\tx HTTP/1.1", b"GET {target} HTTP/1.1"),
            ],
            defect_in: Where::Head,
            or: Or::Moves,
        }),
    },
    Check {
        id: "H1-13",
        slug: "control-in-a-target",
        title: "A target with a control byte in it is refused",
        level: Level::Should,
        profile: Profile::Http1,
        clauses: &[RULE],
        seeds: "HT-10, attack 30",
        means: "logs and terminals perform what a client wrote",
        fix: "let nothing but visible ASCII be in a target",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[
                (b"GET {target}\x00 HTTP/1.1", b"GET {target} HTTP/1.1"),
                (b"GET {target}\x1B[2J HTTP/1.1", b"GET {target} HTTP/1.1"),
                (b"GET {target}\x7F HTTP/1.1", b"GET {target} HTTP/1.1"),
            ],
            defect_in: Where::Head,
            or: Or::Moves,
        }),
    },
    Check {
        id: "H1-14",
        slug: "odd-method",
        title: "A method that is no token is refused",
        level: Level::Should,
        profile: Profile::Http1,
        clauses: &[
            RULE,
            rfc9110("9.1", "a method is a token; one that is not known is answered by 501"),
            rfc9110("15.5.6", "405 says as much of one that is not allowed here"),
        ],
        seeds: "HT-12",
        means: MEANS,
        fix: "test each byte of the method for being one of a token",
        proof: Proof::Refuses(Refusal {
            frame: (b"", b" {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            pairs: &[
                (b"GE(T)", b"GET"),
                (b"GET\x00", b"GET"),
                (b"G\xC3\x8BT", b"GET"),
                (b"\"GET\"", b"GET"),
            ],
            defect_in: Where::Head,
            or: Or::Denies,
        }),
    },
    Check {
        id: "H1-15",
        slug: "absolute-target",
        title: "A target with scheme and host is taken",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[rfc9112("3.2.2", "a server must accept the absolute form")],
        seeds: "OWIN-094",
        means: "requests that come by way of a proxy are refused",
        fix: "cut scheme and authority off before the path is looked at",
        proof: Proof::Holds(|trial| {
            let plain = trial.ask("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")?;
            let whole =
                trial.ask("GET {scheme}://{host}{target} HTTP/1.1\r\nHost: {host}\r\n\r\n")?;
            same(plain.status, whole.status)
        }),
    },
    Check {
        id: "H1-16",
        slug: "empty-line-before-a-request",
        title: "An empty line before a request is passed over",
        level: Level::Should,
        profile: Profile::Http1,
        clauses: &[rfc9112(
            "2.2",
            "a server should pass over one empty line before a request line",
        )],
        seeds: "HT-12",
        means: "old clients that send a CRLF behind a body lose their next request",
        fix: "skip a CRLF where a request line is expected",
        proof: Proof::Holds(an_empty_line_is_passed_over),
    },
];

fn an_empty_line_is_passed_over(trial: &Trial<'_>) -> Judged {
    let plain = trial.ask("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")?;
    let behind = trial.ask("\r\nGET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")?;
    same(plain.status, behind.status)
}

fn same(plain: u16, other: u16) -> Judged {
    demand(plain == other, || format!("it was answered by {other}, and a plain GET by {plain}"))
}
