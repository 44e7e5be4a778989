//! Bodies of requests that every server can read (RFC 9112 §6, §7; RFC 9110 §10.1.1).

use crate::check::{Check, Level, Profile, Proof, rfc9110, rfc9112};
use crate::judge::{Judged, Lapse, Trial, demand};
use crate::wire::{Asked, Missing};

const PLAIN_CHUNKS: &str = "5\r\nhello\r\n0\r\n\r\n";

/// Sizes in both cases and with zeros in front, an extension, a trailer, no data at all.
const BODIES_IN_CHUNKS: [&str; 5] = [
    PLAIN_CHUNKS,
    "5;a=b;c=\"d\"\r\nhello\r\n0\r\n\r\n",
    "00a\r\nhellohello\r\nA\r\nhellohello\r\n000\r\n\r\n",
    "5\r\nhello\r\n0\r\nX-Trailer: y\r\n\r\n",
    "0\r\n\r\n",
];

pub(in crate::checks) const BODIES: &[Check] = &[
    Check {
        id: "H1-23",
        slug: "chunks-are-read",
        title: "A chunked body is read to its end, and the next request behind it",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[
            rfc9112("7.1", "every recipient must be able to parse chunked"),
            rfc9112("7.1.1", "extensions that are not known are passed over"),
            rfc9112("7.1.2", "trailers may follow the last chunk"),
        ],
        seeds: "OWIN-048, HT-08",
        means: "clients that do not know the length before cannot send anything",
        fix: "decode sizes in both cases, extensions, and trailers",
        proof: Proof::Holds(|trial| chunks_are_read(trial, "chunked", &BODIES_IN_CHUNKS)),
    },
    Check {
        id: "H1-24",
        slug: "coding-in-any-case",
        title: "The name of a coding counts the same in any case",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[rfc9112("7", "names of codings are case-insensitive")],
        seeds: "HT-04",
        means: "a body is passed over, and read as the next request",
        fix: "compare the name without regard to case",
        proof: Proof::Holds(|trial| chunks_are_read(trial, "Chunked", &[PLAIN_CHUNKS])),
    },
    Check {
        id: "H1-25",
        slug: "continue",
        title: "A client that waits for 100 gets it, or a final answer",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[rfc9110("10.1.1", "a request with 100-continue gets a 100 or a final answer")],
        seeds: "OWIN-050, attack 5",
        means: "uploads wait for a second or for ever",
        fix: "send 100 when the body is first read, once",
        proof: Proof::Holds(a_100_comes),
    },
    Check {
        id: "H1-26",
        slug: "no-continue-for-http-10",
        title: "A client of HTTP/1.0 gets no interim answer",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[
            rfc9110("15.2", "a client of HTTP/1.0 gets no 1xx"),
            rfc9110("10.1.1", "100-continue in a request of HTTP/1.0 is ignored"),
        ],
        seeds: "OWIN-054",
        means: "old clients take the 100 for their answer",
        fix: "look at the version before the expectation",
        proof: Proof::Holds(no_100_for_http_10),
    },
];

fn chunks_are_read(trial: &Trial<'_>, coding: &str, bodies: &[&str]) -> Judged {
    trial.takes_posts()?;
    for body in bodies {
        let head = "POST {target} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: ";
        let request = trial.message(format!("{head}{coding}\r\n\r\n{body}"));
        let mut link = trial.connect()?;
        link.send(request.bytes);
        let answer = link.answer(Asked::Whole)?;
        let why = || format!("the body {body:?} was answered by {}", answer.status);
        demand(!matches!(answer.status, 400 | 411 | 500..), why)?;
        if !answer.closes() {
            link.send(trial.plain().bytes);
            let next = link.answer(Asked::Whole)?;
            let why = || format!("the request behind {body:?} was answered by {}", next.status);
            demand(!matches!(next.status, 400 | 500..), why)?;
        }
    }
    Ok(())
}

fn a_100_comes(trial: &Trial<'_>) -> Judged {
    trial.takes_posts()?;
    let head = "POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\
                Expect: 100-continue\r\n\r\n";
    let mut link = trial.connect()?;
    link.send(trial.message(head).bytes);
    let first = link.next(Asked::Whole)?;
    if first.status < 200 {
        link.send("hello");
        let _last = link.answer(Asked::Whole)?;
    }
    Ok(())
}

fn no_100_for_http_10(trial: &Trial<'_>) -> Judged {
    let head = "POST {target} HTTP/1.0\r\nHost: {host}\r\nContent-Length: 5\r\n\
                Expect: 100-continue\r\n\r\n";
    let mut link = trial.connect()?;
    link.send(trial.message(format!("{head}hello")).bytes);
    match link.next(Asked::Whole) {
        Ok(answer) => demand(answer.status >= 200, || format!("a {} came", answer.status)),
        Err(Missing::Ended(_)) => Err(Lapse::Failed("no answer came".to_owned())),
        Err(missing) => Err(missing.into()),
    }
}
