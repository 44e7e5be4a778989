//! What lies in a body stays there, and what follows it is the next request.

use crate::check::{Check, Level, Profile, Proof, incident, rfc9110, rfc9112};
use crate::judge::{Judged, Lapse, Message, Trial, demand, is_refusal};
use crate::wire::{Answer, Asked};

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
        proof: Proof::Holds(|trial| stays_in_the_body(trial, "{target}")),
    },
    Check {
        id: "SM-18",
        slug: "body-of-a-get",
        title: "What lies in the body of a GET is no request; a GET with a body may be refused",
        level: Level::Must,
        profile: Profile::Smuggling,
        clauses: &[
            LENGTH,
            rfc9110("9.3.1", "content in a GET has no meaning; some refuse it and close"),
            incident("Browser-Powered Desync Attacks (2022)", "servers passed over such a length"),
        ],
        seeds: "attack 5",
        means: MEANS,
        fix: "let the fields frame the body and not the method",
        proof: Proof::Holds(stays_in_the_body_of_a_get),
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
        proof: Proof::HoldsByProbe(|trial| stays_in_the_body(trial, "{unread}")),
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
fn stays_in_the_body(trial: &Trial<'_>, target: &str) -> Judged {
    trial.takes_posts()?;
    let inner = trial.plain();
    let outer = with_length("POST", target, &inner);
    two_answers(trial, &trial.message(outer).bytes, &inner)
}

/// As with a POST, but a server may refuse a GET with a body.
fn stays_in_the_body_of_a_get(trial: &Trial<'_>) -> Judged {
    let inner = trial.plain();
    let outer = trial.message(with_length("GET", "{target}", &inner)).bytes;
    let mut link = trial.connect()?;
    link.send(&outer);
    let answer = link.answer(Asked::Whole)?;
    if !is_refusal(&answer) {
        return two_answers(trial, &outer, &inner);
    }
    if let Ok(second) = link.answer(Asked::Whole) {
        let why = format!("it was refused, and its body was answered by {}", second.status);
        return Err(Lapse::Failed(why));
    }
    trial.not_called(&inner.nonce)
}

fn stays_in_the_chunk(trial: &Trial<'_>) -> Judged {
    trial.takes_posts()?;
    let inner = trial.plain();
    let size = inner.bytes.len();
    let head = "POST {target} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = [format!("{size:x}\r\n").as_bytes(), &inner.bytes, b"\r\n0\r\n\r\n"].concat();
    two_answers(trial, &trial.message([head.as_bytes(), &chunk].concat()).bytes, &inner)
}

/// A request with another one for its body.
fn with_length(method: &str, target: &str, inner: &Message) -> Vec<u8> {
    let length = inner.bytes.len();
    let head =
        format!("{method} {target} HTTP/1.1\r\nHost: {{host}}\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), &inner.bytes].concat()
}

/// Sends bytes that are one request, and a last one that asks for the end of the connection.
fn two_answers(trial: &Trial<'_>, bytes: &[u8], inner: &Message) -> Judged {
    let last = "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n";
    let mut link = trial.connect()?;
    link.send([bytes, &trial.message(last).bytes].concat());
    let first = link.answer(Asked::Whole)?;
    is_taken("with the body", &first)?;
    if !first.closes() {
        is_taken("behind the body", &link.answer(Asked::Whole)?)?;
        if let Ok(third) = link.answer(Asked::Whole) {
            let why = format!("a third answer came, by {}, to two requests", third.status);
            return Err(Lapse::Failed(why));
        }
    }
    trial.not_called(&inner.nonce)
}

fn is_taken(which: &str, answer: &Answer) -> Judged {
    demand(answer.status < 500 && !is_refusal(answer), || {
        format!("the request {which} was answered by {}", answer.status)
    })
}
