//! Bodies whose coding has no end, and lengths that nobody can hold (RFC 9110 §8.6, RFC 9112 §7.1).

use std::time::Duration;

use super::LENGTHS;
use crate::check::{Check, Level, Profile, Proof, incident, rfc9110, rfc9112};
use crate::clock;
use crate::judge::{Judged, Lapse, Or, Refusal, Trial, Where, demand, is_refusal, twin_is_taken};
use crate::wire::{Answer, Asked, Link, Missing};

const HEAD: &[u8] = b"POST {target} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n";

/// A request with a body of five bytes, and what its length is.
const FIVE: &[u8] = b"POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello";

/// Lengths that fit into 64 bits: of too many bytes to allocate, and two that would be 5 in 32 bits.
const GREAT: [u64; 4] =
    [9_223_372_036_854_775_807, 1_152_921_504_606_846_981, 1_099_511_627_781, 4_294_967_301];

/// Chunks of one byte in one body.
const CHUNKS: usize = 4096;

const EXTENSIONS: crate::check::Clause = rfc9112(
    "7.1.1",
    "a server ought to limit the total length of the chunk extensions of a request, and answer by \
     a 4xx",
);

const MEANS: &str = "a sender can make a server read without end, and an app sees none of it";

pub(in crate::checks) const BODIES: &[Check] = &[
    Check {
        id: "LM-07",
        slug: "endless-chunk-extension",
        title: "A chunk extension of 1 MiB is refused",
        level: Level::Should,
        profile: Profile::Limits,
        clauses: &[
            EXTENSIONS,
            incident("CVE-2024-22019", "an extension without end was read without end"),
            incident("CVE-2012-3544", "the same in another server, years before"),
        ],
        seeds: "attack 2",
        means: MEANS,
        fix: "count the bytes of extensions",
        proof: Proof::Refuses(Refusal {
            frame: (HEAD, b"\r\nhello\r\n0\r\n\r\n"),
            pairs: &[(b"5;a={1048576*b}", b"5;a=b")],
            defect_in: Where::Body,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "LM-08",
        slug: "extensions-in-every-chunk",
        title: "Chunk extensions of 1 MiB together are refused",
        level: Level::Should,
        profile: Profile::Limits,
        clauses: &[
            EXTENSIONS,
            incident(
                "CVE-2023-39326",
                "a long extension before each byte made a server read far more than the body",
            ),
        ],
        seeds: "attack 2",
        means: MEANS,
        fix: "count the extensions of the whole message, and not those of one chunk",
        proof: Proof::Refuses(Refusal {
            frame: (HEAD, b"0\r\n\r\n"),
            pairs: &[(b"{4096*1;a={256*b}\r\nx\r\n}", b"1;a=b\r\nx\r\n1;a=b\r\ny\r\n")],
            defect_in: Where::Body,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "LM-09",
        slug: "endless-chunk-size",
        title: "A chunk size of 1 MiB of digits is refused",
        level: Level::DeFacto,
        profile: Profile::Limits,
        clauses: &[LENGTHS, rfc9110("17.5", "among what has to be limited are lengths of chunks")],
        seeds: "attack 2",
        means: MEANS,
        fix: "count the digits; sixteen say everything",
        proof: Proof::Refuses(Refusal {
            frame: (HEAD, b"5\r\nhello\r\n0\r\n\r\n"),
            pairs: &[(b"{1048576*0}", b"0")],
            defect_in: Where::Body,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "LM-10",
        slug: "endless-trailers",
        title: "Trailers of 1 MiB, and 10,000 trailers, are refused",
        level: Level::DeFacto,
        profile: Profile::Limits,
        clauses: &[LENGTHS, incident("CVE-2013-4322", "fields behind the last chunk had no limit")],
        seeds: "",
        means: "what heads may not have comes behind the body",
        fix: "let the limits of the head hold for trailers too",
        proof: Proof::Refuses(Refusal {
            frame: (HEAD, b"\r\n"),
            pairs: &[
                (b"5\r\nhello\r\n0\r\nX-A: {1048576*a}\r\n", b"5\r\nhello\r\n0\r\nX-A: a\r\n"),
                (b"5\r\nhello\r\n0\r\n{10000*X-A: b\r\n}", b"5\r\nhello\r\n0\r\nX-A: a\r\n"),
            ],
            defect_in: Where::Body,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "LM-11",
        slug: "many-chunks",
        title: "A body of 4096 chunks of a byte each is taken",
        level: Level::Must,
        profile: Profile::Limits,
        clauses: &[rfc9112("7.1", "a recipient must be able to decode the chunked coding")],
        seeds: "",
        means: "a guard against floods hits clients that write byte by byte",
        fix: "limit what costs memory; a chunk whose data was read costs none",
        proof: Proof::Holds(takes_many_chunks),
    },
    Check {
        id: "LM-12",
        slug: "great-length",
        title: "A length that nobody can hold is refused or waited for, not cut and not allocated",
        level: Level::Must,
        profile: Profile::Limits,
        clauses: &[
            rfc9110("8.6", "a recipient must anticipate large numbers and prevent overflows"),
            incident("CVE-2013-2028", "a size became negative, and the stack was written over"),
        ],
        seeds: "HT-03",
        means: "one line ends the server, or what follows is taken for the next request",
        fix: "hold lengths in 64 bits, and allocate as bytes come",
        proof: Proof::Holds(bears_great_lengths),
    },
];

fn takes_many_chunks(trial: &Trial<'_>) -> Judged {
    trial.takes_posts()?;
    let chunks = format!("{{{CHUNKS}*1\r\nx\r\n}}0\r\n\r\n");
    let request = [HEAD, chunks.as_bytes()].concat();
    let mut link = trial.connect()?;
    link.send(trial.message(&request).bytes);
    let answer = link.answer(Asked::Whole)?;
    demand(!is_refusal(&answer) && answer.status < 500, || {
        format!("it was answered by {}", answer.status)
    })?;
    if !trial.has_probe() {
        return Ok(());
    }
    let seen: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
    let length = seen.and_then(|seen| seen.get("body_length")?.as_u64());
    demand(length == u64::try_from(CHUNKS).ok(), || {
        format!("the app read {length:?} bytes instead of {CHUNKS}")
    })
}

fn bears_great_lengths(trial: &Trial<'_>) -> Judged {
    twin_is_taken(trial, FIVE)?;
    let mut links = Vec::new();
    for length in GREAT {
        let head = "POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length:";
        let mut link = trial.connect()?;
        link.send(trial.message(format!("{head} {length}\r\n\r\nhello")).bytes);
        links.push((length, link));
    }
    // All are silent at the same time.
    let until = clock::now() + links.first().map_or(Duration::ZERO, |(_, link)| link.quiet());
    for (length, link) in &mut links {
        let answer = link.answer_within(Asked::Whole, clock::until(until));
        bears(trial, link, answer).map_err(|lapse| {
            lapse.explained(|why| format!("with a Content-Length of {length}: {why}"))
        })?;
    }
    twin_is_taken(trial, FIVE)
}

/// What came after five bytes of a body that says to be far longer does not take them for all of it.
fn bears(trial: &Trial<'_>, link: &mut Link, answer: Result<Answer, Missing>) -> Judged {
    let answer = match answer {
        Err(Missing::Ended(_) | Missing::Silent(_)) => return Ok(()),
        answer => answer?,
    };
    if is_refusal(&answer) || answer.status == 408 {
        return Ok(());
    }
    let status = answer.status;
    demand(status < 500, || format!("it was answered by {status}"))?;
    demand(!trial.has_probe(), || {
        format!("an app took five bytes for all, and answered {status}")
    })?;
    // An app that does not read may answer at once; but what follows is a part of the body.
    link.send(&trial.plain().bytes);
    match link.answer_within(Asked::Whole, link.quiet()) {
        Ok(next) if !is_refusal(&next) && next.status != 408 => Err(Lapse::Failed(format!(
            "what lies in the body was taken for a request, and answered by {}",
            next.status
        ))),
        Err(Missing::OutOfTime) => Err(Missing::OutOfTime.into()),
        _ => Ok(()),
    }
}
