//! Messages and their frames, as they come back from an echo (RFC 6455 §5, §6).

use std::time::Duration;

use super::rfc6455;
use crate::check::{Check, Level, Profile, Proof};
use crate::judge::{Judged, Lapse, Trial, demand, goes_on, opened};
use crate::wire::websocket::{BINARY, Event, Frame, Socket, TEXT};

/// Lengths on both sides of where the form of a length changes.
const LENGTHS: [usize; 7] = [0, 1, 125, 126, 127, 65_535, 65_536];

/// The longest message.
const LONGEST: usize = 1024 * 1024;

/// A character of three bytes, and one of four.
const CHARACTERS: &str = "\u{20AC}\u{1D11E}";

/// Long enough for a byte to be read alone.
const A_MOMENT: Duration = Duration::from_millis(5);

pub(in crate::checks) const MESSAGES: &[Check] = &[
    Check {
        id: "WS-10",
        slug: "texts",
        title: "A text comes back as it was sent, whatever its length is",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[
            rfc6455("5.2", "a length has 7, 16 or 64 bits"),
            rfc6455("5.6", "a text is UTF-8"),
        ],
        seeds: "DF-44",
        means: "messages of some lengths are lost or cut",
        fix: "read the longer forms of lengths in network order",
        proof: Proof::Holds(|trial| {
            let mut socket = opened(trial)?;
            for length in LENGTHS {
                echoes(&mut socket, TEXT, &vec![b'x'; length])?;
            }
            echoes(&mut socket, TEXT, CHARACTERS.as_bytes())
        }),
    },
    Check {
        id: "WS-11",
        slug: "bytes",
        title: "A binary message comes back as it was sent, whatever its length is",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[
            rfc6455("5.2", "a length has 7, 16 or 64 bits"),
            rfc6455("5.3", "the mask is taken off byte by byte"),
        ],
        seeds: "DF-44",
        means: "messages of some lengths are lost, cut or spoilt",
        fix: "go on with the mask where the read before ended",
        proof: Proof::Holds(|trial| {
            let mut socket = opened(trial)?;
            let bytes: Vec<u8> = (0..=255).cycle().take(LONGEST).collect();
            for length in LENGTHS.into_iter().chain([LONGEST]) {
                echoes(&mut socket, BINARY, bytes.get(..length).unwrap_or(&bytes))?;
            }
            Ok(())
        }),
    },
    Check {
        id: "WS-12",
        slug: "frames-of-the-server",
        title: "Frames of the server have no mask, no reserved bit and the shortest form of length",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[
            rfc6455("5.1", "a server must not mask"),
            rfc6455("5.2", "reserved bits are 0, and lengths have as few bytes as they need"),
        ],
        seeds: "",
        means: "clients end the connection",
        fix: "write frames by one function, and test it at 125, 126, 65535 and 65536",
        proof: Proof::Holds(has_no_defect),
    },
    Check {
        id: "WS-13",
        slug: "parts-of-messages",
        title: "A message in parts is one message",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[rfc6455("5.4", "a message is its first frame and those that continue it")],
        seeds: "",
        means: "long messages arrive in pieces, as if they were several",
        fix: "collect until the last frame; its opcode is that of the first",
        proof: Proof::Holds(parts_are_one),
    },
    Check {
        id: "WS-14",
        slug: "ping-between-parts",
        title: "A ping between the parts of a message is answered, and the message is whole",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[rfc6455("5.4", "control frames may stand between the frames of a message")],
        seeds: "",
        means: "a long message is lost, or its connection is taken for dead",
        fix: "keep what has come of a message apart from control frames",
        proof: Proof::Holds(pings_between_parts),
    },
    Check {
        id: "WS-15",
        slug: "ping",
        title: "A ping is answered by a pong with the same data",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[
            rfc6455("5.5.2", "a pong is sent in answer"),
            rfc6455("5.5.3", "it has the same data"),
        ],
        seeds: "",
        means: "clients and proxies take the connection for dead",
        fix: "send the payload of the ping back under the opcode 10",
        proof: Proof::Holds(pings),
    },
    Check {
        id: "WS-16",
        slug: "pong",
        title: "A pong that nobody asked for changes nothing",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[rfc6455("5.5.3", "a pong may be sent unasked, and no answer is expected")],
        seeds: "",
        means: "clients that send a heartbeat of pongs are thrown out",
        fix: "pass over pongs that nobody waits for",
        proof: Proof::Holds(pongs),
    },
    Check {
        id: "WS-17",
        slug: "character-in-two-frames",
        title: "A character may begin in one frame and end in the next",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[rfc6455("5.6", "the whole message is UTF-8; a frame of it need not be")],
        seeds: "",
        means: "texts are refused at random, where a client cuts them",
        fix: "check the text when it is whole, or go on with the check where the frame before ended",
        proof: Proof::Holds(characters_in_frames),
    },
    Check {
        id: "WS-18",
        slug: "frames-byte-by-byte",
        title: "Frames that come byte by byte are the same frames",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[rfc6455("5.2", "a frame is a row of bytes, however it is carried")],
        seeds: "",
        means: "connections fail at random, where a network cuts frames",
        fix: "collect until the frame is whole; keep the state between reads",
        proof: Proof::Holds(|trial| {
            let mut socket = opened(trial)?;
            let bytes = [Frame::text(b"Hel").and_more(), Frame::continuation(b"lo")];
            let bytes: Vec<u8> = bytes.iter().flat_map(Frame::encode).collect();
            let (first, rest) = bytes.split_at_checked(1).unwrap_or_default();
            // Where bytes come together by chance, they do not every time.
            (0..8).try_for_each(|_| {
                socket.link().send(first);
                socket.link().pause(A_MOMENT);
                socket.link().send_in_pieces(rest, 1);
                comes_back(&mut socket, b"Hello")
            })
        }),
    },
];

/// Sees that a text comes back next.
pub(super) fn comes_back(socket: &mut Socket, data: &[u8]) -> Judged {
    is_next(socket, &Event::Message(TEXT, data.to_vec()))
}

fn is_next(socket: &mut Socket, wanted: &Event) -> Judged {
    let event = socket.event()?;
    demand(event == *wanted, || format!("{} came, and not {}", shown(&event), shown(wanted)))
}

fn shown(event: &Event) -> String {
    match event {
        Event::Message(opcode, data) => {
            format!("a message of {} bytes with the opcode {opcode}", data.len())
        }
        Event::Pong(data) => format!("a pong of {} bytes", data.len()),
        Event::Close(code) => format!("a close, {code:?},"),
        Event::End => "the end".to_owned(),
    }
}

fn echoes(socket: &mut Socket, opcode: u8, data: &[u8]) -> Judged {
    socket.send(&[Frame::new(opcode, data)]);
    is_next(socket, &Event::Message(opcode, data.to_vec()))
        .map_err(|lapse| lapse.explained(|why| format!("with {} bytes: {why}", data.len())))
}

fn has_no_defect(trial: &Trial<'_>) -> Judged {
    let mut socket = opened(trial)?;
    for length in LENGTHS {
        echoes(&mut socket, BINARY, &vec![b'x'; length])?;
    }
    socket.send(&[Frame::ping(b"p")]);
    is_next(&mut socket, &Event::Pong(b"p".to_vec()))?;
    socket.send(&[Frame::close(b"\x03\xE8")]);
    let _closed = socket.event()?;
    match socket.defect() {
        Some(defect) => Err(Lapse::Failed(defect.to_owned())),
        None => Ok(()),
    }
}

fn parts_are_one(trial: &Trial<'_>) -> Judged {
    let mut socket = opened(trial)?;
    socket.send(&[
        Frame::text(b"Hel").and_more(),
        Frame::continuation(b"").and_more(),
        Frame::continuation(b"lo").and_more(),
        Frame::continuation(b""),
    ]);
    comes_back(&mut socket, b"Hello")?;
    socket.send(&[Frame::binary(b"").and_more(), Frame::continuation(b"\0\xFF")]);
    is_next(&mut socket, &Event::Message(BINARY, b"\0\xFF".to_vec()))
}

fn pings_between_parts(trial: &Trial<'_>) -> Judged {
    let mut socket = opened(trial)?;
    socket.send(&[Frame::text(b"Hel").and_more(), Frame::ping(b"p"), Frame::continuation(b"lo")]);
    is_next(&mut socket, &Event::Pong(b"p".to_vec()))?;
    comes_back(&mut socket, b"Hello")
}

fn pings(trial: &Trial<'_>) -> Judged {
    let mut socket = opened(trial)?;
    for data in [&b"data"[..], b"", b"\0\xFF\x80", &[b'x'; 125]] {
        socket.send(&[Frame::ping(data)]);
        is_next(&mut socket, &Event::Pong(data.to_vec()))?;
    }
    goes_on(&mut socket)
}

fn pongs(trial: &Trial<'_>) -> Judged {
    let mut socket = opened(trial)?;
    socket.send(&[Frame::pong(b"p"), Frame::pong(b""), Frame::text(b"Hello")]);
    comes_back(&mut socket, b"Hello")
}

fn characters_in_frames(trial: &Trial<'_>) -> Judged {
    let whole = CHARACTERS.as_bytes();
    for cut in 1..whole.len() {
        let (first, second) = whole.split_at_checked(cut).unwrap_or((whole, b""));
        let mut socket = opened(trial)?;
        socket.send(&[Frame::text(first).and_more(), Frame::continuation(second)]);
        comes_back(&mut socket, whole)?;
    }
    Ok(())
}
