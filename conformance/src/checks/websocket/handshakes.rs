//! The handshake (RFC 6455 §4.2).

use super::rfc6455;
use crate::check::{Check, Level, Profile, Proof, incident};
use crate::judge::{HANDSHAKE, Judged, Trial, Violation, Wants, demand, goes_on, opened, switched};
use crate::wire::websocket::{Frame, KEYS, Socket};
use crate::wire::{Answer, Asked};

const KEY: &[u8] = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A handshake around its two fields for an upgrade.
const UPGRADE: (&[u8], &[u8]) = (
    b"GET {websocket} HTTP/1.1\r\nHost: {host}\r\n",
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
);

const USUAL: &[u8] = b"Upgrade: websocket\r\nConnection: Upgrade\r\n";

/// A handshake from its version on.
const VERSION: (&[u8], &[u8]) = (
    b"GET {websocket} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    b"\r\n",
);

/// A handshake but for its request line, and but for its key.
const FIRST: (&[u8], &[u8]) = (
    b"",
    b"Host: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
);
const KEYLESS: (&[u8], &[u8]) = (
    b"GET {websocket} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
      Sec-WebSocket-Version: 13\r\n",
    b"\r\n",
);

const INVALID: crate::check::Clause = rfc6455(
    "4.2.1",
    "where a part of the handshake is not as described, the server answers by an error, as 400",
);

pub(in crate::checks) const HANDSHAKES: &[Check] = &[
    Check {
        id: "WS-01",
        slug: "websocket-accept",
        title: "A handshake is answered by 101, with what its key comes to",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[rfc6455(
            "4.2.2",
            "101 with Upgrade: websocket, Connection: Upgrade, and the hash of the key",
        )],
        seeds: "DF-44",
        means: "no client connects",
        fix: "append the text of the standard to the key as it was sent, hash it by SHA-1, and write \
              base64",
        proof: Proof::Holds(is_accepted),
    },
    Check {
        id: "WS-02",
        slug: "websocket-version",
        title: "A handshake of a version that nobody speaks is refused, and the answer says which is spoken",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[
            rfc6455(
                "4.2.2",
                "another version is answered by an error, as 426, and the versions known",
            ),
            rfc6455("4.4", "the versions that a server speaks are in Sec-WebSocket-Version"),
        ],
        seeds: "",
        means: "clients of another version speak it, and nobody understands them",
        fix: "compare the field with 13; answer by 426 and `Sec-WebSocket-Version: 13`",
        proof: Proof::WebSocketRefuses(Violation::Handshake {
            frame: VERSION,
            pairs: &[
                // Not 8, which some servers speak: it has the same frames.
                (b"Sec-WebSocket-Version: 14\r\n", b"Sec-WebSocket-Version: 13\r\n"),
                (b"Sec-WebSocket-Version: 130\r\n", b"Sec-WebSocket-Version: 13\r\n"),
            ],
            wants: Wants::Version,
        }),
    },
    Check {
        id: "WS-03",
        slug: "websocket-key",
        title: "A handshake without a key of 16 bytes is refused",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[INVALID, rfc6455("4.2.1", "the key is 16 bytes in base64")],
        seeds: "",
        means: "a page can make a server talk to it by a request that no WebSocket client sends",
        fix: "decode the key, and count its bytes",
        proof: Proof::WebSocketRefuses(Violation::Handshake {
            frame: KEYLESS,
            pairs: &[
                (b"", KEY),
                (b"Sec-WebSocket-Key:\r\n", KEY),
                (b"Sec-WebSocket-Key: c2hvcnQ=\r\n", KEY),
                (b"Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==\r\n", KEY),
            ],
            wants: Wants::Refusal,
        }),
    },
    Check {
        id: "WS-04",
        slug: "websocket-is-get",
        title: "Only a GET of HTTP/1.1 switches the protocol",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[INVALID, rfc6455("4.1", "the method is GET, and the version at least 1.1")],
        seeds: "",
        means: "what a form or an old client sends is taken for a handshake",
        fix: "look at the method and the version first",
        proof: Proof::WebSocketRefuses(Violation::Handshake {
            frame: FIRST,
            pairs: &[
                (
                    b"POST {websocket} HTTP/1.1\r\nContent-Length: 0\r\n",
                    b"GET {websocket} HTTP/1.1\r\n",
                ),
                (b"GET {websocket} HTTP/1.0\r\n", b"GET {websocket} HTTP/1.1\r\n"),
            ],
            wants: Wants::NoSwitch,
        }),
    },
    Check {
        id: "WS-05",
        slug: "websocket-is-asked-for",
        title: "Without the words in Upgrade and Connection the protocol stays",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[
            INVALID,
            rfc6455("4.2.1", "Upgrade has the word websocket, and Connection the word Upgrade"),
        ],
        seeds: "",
        means: "a proxy that knows nothing of the switch shares the connection with other clients",
        fix: "look for both words, as wholes, in their lists",
        proof: Proof::WebSocketRefuses(Violation::Handshake {
            frame: UPGRADE,
            pairs: &[
                (b"Connection: Upgrade\r\n", USUAL),
                (b"Upgrade: websocket\r\n", USUAL),
                (b"Upgrade: websockets\r\nConnection: Upgrade\r\n", USUAL),
                (b"Upgrade: websocket\r\nConnection: Upgrades, keep-alive\r\n", USUAL),
            ],
            wants: Wants::NoSwitch,
        }),
    },
    Check {
        id: "WS-06",
        slug: "websocket-words-in-any-case",
        title: "The words of a handshake may be in lists, and in any case",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[rfc6455("4.2.1", "both words are compared without regard to case")],
        seeds: "",
        means: "some browsers cannot connect: one sends keep-alive beside Upgrade",
        fix: "split both fields at commas, trim, and compare without case",
        proof: Proof::Holds(words_in_any_case),
    },
    Check {
        id: "WS-07",
        slug: "early-frames",
        title: "Frames that come with the handshake are not lost",
        level: Level::DeFacto,
        profile: Profile::WebSocket,
        clauses: &[incident(
            "OP-017",
            "what lies behind a head in one segment belongs to the stream",
        )],
        seeds: "",
        means: "the first message of some clients is lost, now and then",
        fix: "hand what was read behind the head to what reads frames",
        proof: Proof::Holds(early_frames),
    },
    Check {
        id: "WS-08",
        slug: "websocket-protocol",
        title: "The subprotocol is one that the client offers, or none",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[rfc6455(
            "4.2.2",
            "it is taken from those of the handshake, or the field is absent",
        )],
        seeds: "DF-44",
        means: "clients end the connection at once",
        fix: "answer with one of those that are offered",
        proof: Proof::Holds(chooses_a_protocol_that_is_offered),
    },
    Check {
        id: "WS-09",
        slug: "websocket-extensions",
        title: "No extension is used that the client does not offer",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[
            rfc6455("9.1", "the answer has only extensions that were offered"),
            rfc6455("4.2.2", "an extension that is not known is passed over"),
        ],
        seeds: "",
        means: "clients end the connection, or cannot read what comes",
        fix: "leave the field out unless an extension of the offer was chosen",
        proof: Proof::Holds(uses_no_extension),
    },
];

/// Sends a handshake with these fields besides, and reads the answer, which must switch.
fn answer(
    trial: &Trial<'_>,
    key: &str,
    fields: &str,
) -> Result<(Answer, Socket), crate::judge::Lapse> {
    let mut link = trial.connect()?;
    link.send(trial.message(format!("{HANDSHAKE}{key}\r\n{fields}\r\n")).bytes);
    let answer = link.answer(Asked::Whole)?;
    let status = answer.status;
    demand(status == 101, || format!("the handshake was answered by {status}"))?;
    Ok((answer, Socket::new(link)))
}

fn is_accepted(trial: &Trial<'_>) -> Judged {
    for (key, hash) in KEYS {
        let (answer, mut socket) = answer(trial, key, "")?;
        let own = answer.field("sec-websocket-accept").unwrap_or_default();
        demand(own == hash, || format!("its Sec-WebSocket-Accept is {own:?}, and not {hash:?}"))?;
        for (name, word) in [("upgrade", "websocket"), ("connection", "upgrade")] {
            let values: Vec<String> = answer.values(name).collect();
            let mut words = values.iter().flat_map(|value| value.split(','));
            demand(words.any(|own| own.trim().eq_ignore_ascii_case(word)), || {
                format!("its {name} has no {word}: {values:?}")
            })?;
        }
        goes_on(&mut socket)?;
    }
    Ok(())
}

fn words_in_any_case(trial: &Trial<'_>) -> Judged {
    for words in [
        "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n",
        "upgrade: WEBSOCKET\r\nconnection: UPGRADE , keep-alive\r\n",
        "Upgrade: websocket\r\nConnection: keep-alive\r\nConnection: upgrade\r\n",
    ] {
        let handshake = [UPGRADE.0, words.as_bytes(), UPGRADE.1].concat();
        let went_on = switched(trial, &handshake).and_then(|mut socket| goes_on(&mut socket));
        went_on.map_err(|lapse| lapse.explained(|why| format!("{why}; sent was {words:?}")))?;
    }
    Ok(())
}

fn early_frames(trial: &Trial<'_>) -> Judged {
    opened(trial).and_then(|mut socket| goes_on(&mut socket))?;
    let [(key, _), _] = KEYS;
    let mut bytes = trial.message(format!("{HANDSHAKE}{key}\r\n\r\n")).bytes;
    bytes.extend(Frame::text(b"early").encode());
    let mut link = trial.connect()?;
    link.send(bytes);
    let answer = link.answer(Asked::Whole)?;
    demand(answer.status == 101, || format!("the handshake was answered by {}", answer.status))?;
    super::messages::comes_back(&mut Socket::new(link), b"early")
}

fn chooses_a_protocol_that_is_offered(trial: &Trial<'_>) -> Judged {
    let [(key, _), _] = KEYS;
    let none = answer(trial, key, "")?.0.field("sec-websocket-protocol");
    demand(none.is_none(), || format!("none was offered, and the answer has {none:?}"))?;
    let offers = "Sec-WebSocket-Protocol: chat.probe, echo.probe\r\n";
    let (answer, mut socket) = answer(trial, key, offers)?;
    let chosen: Vec<String> = answer.values("sec-websocket-protocol").collect();
    let is_one = match chosen.as_slice() {
        [] => true,
        [one] => ["chat.probe", "echo.probe"].contains(&one.trim()),
        _ => false,
    };
    demand(is_one, || format!("of chat.probe and echo.probe the answer has {chosen:?}"))?;
    goes_on(&mut socket)
}

fn uses_no_extension(trial: &Trial<'_>) -> Judged {
    let [(key, _), _] = KEYS;
    for offers in ["", "Sec-WebSocket-Extensions: x-none; a=1\r\n"] {
        let (answer, mut socket) = answer(trial, key, offers)?;
        let used = answer.field("sec-websocket-extensions");
        demand(used.is_none(), || format!("the answer has the extension {used:?}"))?;
        goes_on(&mut socket)?;
    }
    Ok(())
}
