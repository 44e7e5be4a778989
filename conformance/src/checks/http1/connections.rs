//! How long a connection lives, and in which order it is used (RFC 9112 §9).

use crate::check::{Check, Level, Profile, Proof, incident, rfc9112};
use crate::judge::{Judged, Lapse, Trial, demand};
use crate::wire::{Asked, Missing};

/// Requests that are sent before the first answer is read.
const PIPELINED: usize = 5;

/// How often a half-closed connection is tried: servers that take the end for the client's mostly answer
/// when they have read the request before they see it.
const HALF_CLOSED: usize = 10;

pub(in crate::checks) const CONNECTIONS: &[Check] = &[
    Check {
        id: "H1-17",
        slug: "kept-alive",
        title: "A connection of HTTP/1.1 takes another request",
        level: Level::Should,
        profile: Profile::Http1,
        clauses: &[rfc9112("9.3", "connections persist unless somebody says otherwise")],
        seeds: "OWIN-075, HT-24",
        means: "each request costs a new connection",
        fix: "go on reading where the answer had a length and nobody said close",
        proof: Proof::Holds(is_kept_alive),
    },
    Check {
        id: "H1-18",
        slug: "closed-when-asked",
        title: "A request that says close is the last of its connection",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[rfc9112("9.6", "after the answer to a request with `close` the server closes")],
        seeds: "HT-24",
        means: "clients that wait for the end hang",
        fix: "look for close in the list that Connection is, in any case",
        proof: Proof::Holds(is_closed_when_asked),
    },
    Check {
        id: "H1-19",
        slug: "pipelined",
        title: "Pipelined requests are answered, each once and in their order",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[rfc9112("9.3.2", "the answers to pipelined requests have their order")],
        seeds: "HT-19",
        means: "an answer goes to another request, and maybe to another user",
        fix: "keep what was read behind a request, and write answers one after the other",
        proof: Proof::Holds(pipelined),
    },
    Check {
        id: "H1-20",
        slug: "byte-by-byte",
        title: "A request that comes byte by byte is the same request",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[rfc9112("2.2", "a message is a sequence of octets, however it is carried")],
        seeds: "OWIN-047",
        means: "requests fail at random, where a network cuts them",
        fix: "collect until the head is whole; keep the state of the parser between reads",
        proof: Proof::Holds(byte_by_byte),
    },
    Check {
        id: "H1-21",
        slug: "half-closed",
        title: "A client that has said all and closes its half is answered, and the connection ends",
        level: Level::DeFacto,
        profile: Profile::Http1,
        clauses: &[incident("`nc` and shell scripts", "they send, close their half, and read")],
        seeds: "OWIN-079",
        means: "such clients get nothing, or only now and then",
        fix: "take the end of the input for the end of requests, not of the client",
        proof: Proof::Holds(half_closed),
    },
    Check {
        id: "H1-22",
        slug: "http-10-ends",
        title: "A connection of HTTP/1.0 ends after its answer",
        level: Level::Must,
        profile: Profile::Http1,
        clauses: &[rfc9112("9.3", "without keep-alive a connection of HTTP/1.0 closes")],
        seeds: "HT-24",
        means: "old clients wait for the end of the body and hang",
        fix: "let persistence depend on the version of the request",
        proof: Proof::Holds(http_10_ends),
    },
    Check {
        id: "H1-30",
        slug: "reset-in-a-body",
        title: "A client that resets its connection takes nobody else with it",
        level: Level::DeFacto,
        profile: Profile::Http1,
        clauses: &[incident("Katana #9 and #314", "an error of one connection ended the server")],
        seeds: "HT-22",
        means: "anybody can stop the server",
        fix: "let an error of a connection end that connection only",
        proof: Proof::Holds(a_reset_is_survived),
    },
];

fn is_kept_alive(trial: &Trial<'_>) -> Judged {
    let mut link = trial.connect()?;
    for number in 1..=3 {
        link.send(trial.plain().bytes);
        let answer = link.answer(Asked::Whole)?;
        demand(number == 3 || !answer.closes(), || format!("answer {number} says close"))?;
    }
    Ok(())
}

fn is_closed_when_asked(trial: &Trial<'_>) -> Judged {
    for word in ["close", "Close", "x, close"] {
        let mut link = trial.connect()?;
        let head = "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: ";
        link.send(trial.message(format!("{head}{word}\r\n\r\n")).bytes);
        let _answer = link.answer(Asked::Whole)?;
        ended(link.end())?;
    }
    Ok(())
}

fn ended<T>(end: Result<T, Missing>) -> Judged {
    end.map(drop).map_err(Lapse::about("the connection did not end"))
}

fn pipelined(trial: &Trial<'_>) -> Judged {
    let requests: Vec<_> = (0..PIPELINED).map(|_| trial.plain()).collect();
    let bytes: Vec<u8> = requests.iter().flat_map(|request| request.bytes.clone()).collect();
    let mut link = trial.connect()?;
    link.send(bytes);
    for (number, request) in requests.iter().enumerate() {
        let which = format!("request {} of {PIPELINED}", number + 1);
        let answer = link.answer(Asked::Whole).map_err(Lapse::about(&which))?;
        if trial.has_probe() {
            let body = String::from_utf8_lossy(&answer.body);
            demand(body.contains(&request.nonce), || {
                format!("answer {} is not that to request {}", number + 1, number + 1)
            })?;
        }
        if answer.closes() {
            let why = "the server says close before the last of them, as it may";
            return Err(Lapse::Skipped(why.to_owned()));
        }
    }
    Ok(())
}

fn byte_by_byte(trial: &Trial<'_>) -> Judged {
    trial.takes_posts()?;
    let request = "POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello";
    let whole = trial.ask(request)?;
    let mut link = trial.connect()?;
    link.send_in_pieces(trial.message(request).bytes, 1);
    let pieces = link.answer(Asked::Whole)?;
    demand(whole.status == pieces.status, || {
        format!("it was answered by {}, and in one piece by {}", pieces.status, whole.status)
    })
}

fn half_closed(trial: &Trial<'_>) -> Judged {
    if trial.is_secured() {
        let why = "TLS before 1.3 has no half that could be closed, and no such client speaks it";
        return Err(Lapse::Skipped(why.to_owned()));
    }
    let which = format!("one of {HALF_CLOSED} such clients");
    for _ in 0..HALF_CLOSED {
        let mut link = trial.connect()?;
        link.send(trial.plain().bytes);
        link.half_close();
        let _answer = link.answer(Asked::Whole).map_err(Lapse::about(&which))?;
        ended(link.end())?;
    }
    Ok(())
}

fn http_10_ends(trial: &Trial<'_>) -> Judged {
    let mut link = trial.connect()?;
    link.send(trial.message("GET {target} HTTP/1.0\r\nHost: {host}\r\n\r\n").bytes);
    let answer = link.answer(Asked::Whole)?;
    demand(answer.field("transfer-encoding").is_none(), || {
        "a client of HTTP/1.0 got a Transfer-Encoding, which it does not know".to_owned()
    })?;
    ended(link.end())
}

fn a_reset_is_survived(trial: &Trial<'_>) -> Judged {
    for _ in 0..3 {
        let mut link = trial.connect()?;
        let head = "POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhe";
        link.send(trial.message(head).bytes);
        link.reset();
    }
    let answer = trial.ask("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")?;
    demand(answer.status < 500, || format!("the next client was answered by {}", answer.status))
}
