//! Records and messages of a handshake that are cut otherwise, or broken (RFC 8446 §5).

use super::handshake::{blocked, named, only, takes};
use crate::check::{Check, Clause, Level, Profile, Proof, incident, standard};
use crate::judge::{Judged, Lapse, Trial};
use crate::wire::{ClientHello, Reply, record, reply_within};

/// More than a record may have in any version, with what encryption adds.
const LONG_RECORD: usize = 16 * 1024 + 2048 + 300;

/// Records without content: no client sends two.
const EMPTY_RECORDS: usize = 20_000;

/// Handshakes that are begun and left alone.
const HALF_HANDSHAKES: usize = 32;

const HANDSHAKE: u8 = 22;

const fn rfc8446(section: &'static str, says: &'static str) -> Clause {
    standard("RFC 8446", section, says)
}

pub(in crate::checks) const RECORDS: &[Check] = &[
    Check {
        id: "TL-07",
        slug: "hello-in-pieces",
        title: "A ClientHello is taken however it is cut into records and segments",
        level: Level::Must,
        profile: Profile::Tls,
        clauses: &[rfc8446("5.1", "a handshake message may be spread over several records")],
        seeds: "",
        means: "clients whose first message is long, as with keys of the next kind, cannot connect",
        fix: "put the message together before it is read, across records and reads",
        proof: Proof::HoldsOnce(|trial| {
            let hello = named(trial, ClientHello::new());
            takes(trial, "a ClientHello in one piece", &hello.record()).map_err(blocked)?;
            takes(trial, "a ClientHello in records of 50 bytes", &hello.records(50))?;
            takes(trial, "a ClientHello in records of one byte", &hello.records(1))?;
            takes_byte_by_byte(trial, &hello.record())
        }),
    },
    Check {
        id: "TL-08",
        slug: "malformed-hello",
        title: "A ClientHello whose lengths disagree ends the handshake",
        level: Level::Must,
        profile: Profile::Tls,
        clauses: &[rfc8446(
            "6",
            "who cannot parse a message ends the connection with decode_error",
        )],
        seeds: "",
        means: "connections are held for nothing, or bytes behind the message are read",
        fix: "check every length against what is left of the message",
        proof: Proof::HoldsOnce(|trial| only(trial, &ClientHello::new(), &malformed(trial))),
    },
    Check {
        id: "TL-09",
        slug: "unknown-record",
        title: "A record of an unknown type ends the connection",
        level: Level::Must,
        profile: Profile::Tls,
        clauses: &[rfc8446("5", "a record of an unexpected type ends the connection")],
        seeds: "",
        means: "what is no TLS is taken for such, and costs as much",
        fix: "answer by unexpected_message, and close",
        proof: Proof::HoldsOnce(|trial| {
            let hello = named(trial, ClientHello::new()).record();
            let bad = [99_u8, 0].map(|kind| {
                let bytes = [record(kind, b"owin"), hello.clone()].concat();
                (format!("a record of type {kind} before the ClientHello"), bytes)
            });
            only(trial, &ClientHello::new(), &bad)
        }),
    },
    Check {
        id: "TL-10",
        slug: "long-record",
        title: "A record that is too long ends the connection",
        level: Level::Must,
        profile: Profile::Tls,
        clauses: &[
            rfc8446("5.1", "a record has at most 16,384 bytes; a longer one ends the connection"),
            standard("RFC 5246", "6.2.3", "encrypted it has at most 2,048 bytes more"),
        ],
        seeds: "",
        means: "each connection holds as much memory as the client likes",
        fix: "look at the length before the content is read",
        proof: Proof::HoldsOnce(|trial| {
            let long = ClientHello { padding: LONG_RECORD, ..ClientHello::new() };
            let bad =
                ("a record of more than 18,432 bytes".to_owned(), named(trial, long).record());
            only(trial, &ClientHello::new(), &[bad])
        }),
    },
    Check {
        id: "TL-11",
        slug: "empty-records",
        title: "Handshake records without content are not taken without end",
        level: Level::DeFacto,
        profile: Profile::Tls,
        clauses: &[
            incident("OpenSSL, rustls, NSS", "each counts empty records, and ends after some"),
            rfc8446("5.1", "nobody sends handshake records without content"),
        ],
        seeds: "",
        means: "a client keeps a thread busy with five bytes at a time, and never begins",
        fix: "count empty records in a row, and end the connection after a few",
        proof: Proof::HoldsOnce(|trial| {
            let mut bytes = record(HANDSHAKE, b"").repeat(EMPTY_RECORDS);
            bytes.extend(named(trial, ClientHello::new()).record());
            let what = format!("a ClientHello behind {EMPTY_RECORDS} records without content");
            only(trial, &ClientHello::new(), &[(what, bytes)])
        }),
    },
    Check {
        id: "TL-12",
        slug: "half-handshakes",
        title: "Handshakes that stop half-way hold nobody up",
        level: Level::DeFacto,
        profile: Profile::Tls,
        clauses: &[incident(
            "servers that accept and shake hands in one loop",
            "one silent client keeps all others out",
        )],
        seeds: "",
        means: "anybody can stop the server with one connection",
        fix: "make the handshake where the connection is served, with a time limit",
        proof: Proof::HoldsOnce(nobody_is_held_up),
    },
];

fn takes_byte_by_byte(trial: &Trial<'_>, bytes: &[u8]) -> Judged {
    let mut link = trial.connect_below()?;
    link.send_in_pieces(bytes, 1);
    let patience = link.patience();
    match reply_within(&mut link, patience) {
        Ok(Reply::Hello { .. }) => Ok(()),
        Ok(other) => Err(Lapse::Failed(format!("byte by byte it was answered by {other:?}"))),
        Err(missing) => Err(missing.into()),
    }
}

/// Messages whose outer length is right, so that there is nothing to wait for.
fn malformed(trial: &Trial<'_>) -> Vec<(String, Vec<u8>)> {
    let hello = named(trial, ClientHello::new());
    let long = ClientHello { session: vec![1; 33], ..hello.clone() };
    let none = ClientHello { suites: Vec::new(), ..hello.clone() };
    let mut overrun = hello.message();
    // The last extension ends a byte behind the message.
    overrun.pop();
    if let Some(length) = overrun.get_mut(3) {
        *length = length.wrapping_sub(1);
    }
    vec![
        ("a session id of 33 bytes".to_owned(), long.record()),
        ("a ClientHello without suites".to_owned(), none.record()),
        ("extensions that end behind the message".to_owned(), record(HANDSHAKE, &overrun)),
    ]
}

fn nobody_is_held_up(trial: &Trial<'_>) -> Judged {
    let hello = named(trial, ClientHello::new()).record();
    let half = hello.get(..hello.len() / 2).unwrap_or_default();
    let mut begun = Vec::new();
    for _ in 0..HALF_HANDSHAKES {
        let mut link = trial.connect_below()?;
        link.send(half);
        begun.push(link);
    }
    let answered = trial.others_are_answered();
    drop(begun);
    answered.map_err(|lapse| match lapse {
        Lapse::Inconclusive(why) => Lapse::Silent(format!(
            "while {HALF_HANDSHAKES} clients had sent half a ClientHello, {why}"
        )),
        lapse => lapse,
    })
}
