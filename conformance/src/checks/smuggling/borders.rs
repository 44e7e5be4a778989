//! What lies in a body stays there, and what follows it is the next request.

use crate::check::{Check, Level, Profile, Proof, incident, rfc9112};
use crate::judge::{Judged, Lapse, Trial, demand};
use crate::wire::Asked;

const MEANS: &str = "a body becomes a request that nobody in front has seen or judged";

const LENGTH: crate::check::Clause =
    rfc9112("6.3", "a valid length says where the body ends, whatever the method is");

pub(in crate::checks) const BORDERS: &[Check] = &[
    Check {
        id: "SM-17",
        slug: "request-in-a-body",
        title: "A request that lies in a body stays there",
        level: Level::Must,
        profile: Profile::Smuggling,
        clauses: &[LENGTH],
        seeds: "HT-25, attack 5",
        means: MEANS,
        fix: "read what the app has left of a body, or close the connection",
        proof: Proof::Holds(|trial| stays_in_the_body(trial, "POST", "{target}")),
    },
    Check {
        id: "SM-18",
        slug: "body-of-a-get",
        title: "A GET can have a body, and what lies in it is no request",
        level: Level::Must,
        profile: Profile::Smuggling,
        clauses: &[
            LENGTH,
            incident("Browser-Powered Desync Attacks (2022)", "servers passed over such a length"),
        ],
        seeds: "attack 5",
        means: MEANS,
        fix: "let the fields frame the body and not the method",
        proof: Proof::Holds(|trial| stays_in_the_body(trial, "GET", "{target}")),
    },
    Check {
        id: "SM-19",
        slug: "unread-body",
        title: "A request that lies in a body that the app does not read stays there",
        level: Level::Must,
        profile: Profile::Smuggling,
        clauses: &[rfc9112("9.3", "the rest of a body is read, or the connection is closed")],
        seeds: "HT-25, attack 5",
        means: MEANS,
        fix: "drain what the app has left within a limit, else close",
        proof: Proof::HoldsByProbe(|trial| stays_in_the_body(trial, "POST", "{unread}")),
    },
    Check {
        id: "SM-20",
        slug: "request-in-chunks",
        title: "A request that lies in a chunk stays there",
        level: Level::Must,
        profile: Profile::Smuggling,
        clauses: &[rfc9112("7.1", "the data of a chunk has the length that its size says")],
        seeds: "HT-06, attack 5",
        means: MEANS,
        fix: "let the size of a chunk count and not what its data looks like",
        proof: Proof::Holds(stays_in_the_chunk),
    },
];

/// Sends a body that looks like a request, and one behind it that is one: two answers come.
fn stays_in_the_body(trial: &Trial<'_>, method: &str, target: &str) -> Judged {
    let inner = trial.plain();
    let length = inner.bytes.len();
    let head =
        format!("{method} {target} HTTP/1.1\r\nHost: {{host}}\r\nContent-Length: {length}\r\n\r\n");
    two_answers(trial, &[trial.message(head).bytes, inner.bytes].concat(), &inner.nonce)
}

fn stays_in_the_chunk(trial: &Trial<'_>) -> Judged {
    let inner = trial.plain();
    let size = inner.bytes.len();
    let head = "POST {target} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = [format!("{size:x}\r\n").as_bytes(), &inner.bytes, b"\r\n0\r\n\r\n"].concat();
    two_answers(trial, &[trial.message(head).bytes, chunk].concat(), &inner.nonce)
}

/// Sends bytes that are one request, and a last one that asks for the end of the connection.
fn two_answers(trial: &Trial<'_>, bytes: &[u8], inner: &str) -> Judged {
    let last = "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n";
    let mut link = trial.connect()?;
    link.send([bytes, &trial.message(last).bytes].concat());
    let first = link.answer(Asked::Whole)?;
    demand(first.status != 400 && first.status < 500, || {
        format!("the request with the body was answered by {}", first.status)
    })?;
    if !first.closes() {
        let second = link.answer(Asked::Whole)?;
        demand(second.status != 400 && second.status < 500, || {
            format!("the request behind the body was answered by {}", second.status)
        })?;
        if let Ok(third) = link.answer(Asked::Whole) {
            let why = format!("a third answer came, by {}, to two requests", third.status);
            return Err(Lapse::Failed(why));
        }
    }
    trial.not_called(inner)
}
