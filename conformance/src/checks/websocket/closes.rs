//! How sockets end (RFC 6455 §5.5.1, §7).

use super::rfc6455;
use crate::check::{Check, Level, Profile, Proof, incident};
use crate::judge::{Judged, Lapse, Trial, demand, goes_on, opened};
use crate::wire::Missing;
use crate::wire::websocket::{Event, Frame, Socket};

/// Clients that vanish.
const VANISHING: usize = 8;

/// A length that no server can hold, and that is no violation.
const GREAT: u64 = 1 << 62;

pub(in crate::checks) const CLOSES: &[Check] = &[
    Check {
        id: "WS-29",
        slug: "close",
        title: "A close is answered by a close, and the connection ends",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[
            rfc6455("5.5.1", "whoever gets a close and has sent none sends one"),
            rfc6455("7.1.1", "then the server ends the connection"),
        ],
        seeds: "",
        means: "clients cannot tell an end from a failure, or wait for the end in vain",
        fix: "answer by the same code, flush, and end the connection",
        proof: Proof::Holds(closes_are_answered),
    },
    Check {
        id: "WS-30",
        slug: "nothing-behind-a-close",
        title: "What comes behind a close is not answered",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[
            rfc6455("5.5.1", "no data frames are sent after a close"),
            rfc6455("1.4", "what comes after a close is thrown away"),
        ],
        seeds: "",
        means: "clients get messages on a connection that they have closed",
        fix: "stop reading at a close",
        proof: Proof::Holds(nothing_behind_a_close),
    },
    Check {
        id: "WS-31",
        slug: "codes-of-failures",
        title: "The code of a close says what was wrong: 1002 for frames, 1007 for a text",
        level: Level::Should,
        profile: Profile::WebSocket,
        clauses: &[
            rfc6455("7.1.7", "whoever fails a connection sends a close with an appropriate code"),
            rfc6455(
                "7.4.1",
                "1002 is an error of the protocol, 1007 data that are not as their type",
            ),
        ],
        seeds: "",
        means: "who writes clients cannot see what they did wrong",
        fix: "let each violation carry its code",
        proof: Proof::Holds(codes_say_what_was_wrong),
    },
    Check {
        id: "WS-32",
        slug: "codes-that-nobody-sends",
        title: "A close whose code may not be sent is not answered by the same code",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[
            rfc6455("7.4.1", "1005, 1006 and 1015 must not be set in a close"),
            rfc6455("7.4.2", "codes below 1000 are not used"),
        ],
        seeds: "",
        means: "clients that check codes take the answer for an error of the server",
        fix: "answer such a close by 1002",
        proof: Proof::Holds(odd_codes_do_not_come_back),
    },
    Check {
        id: "WS-33",
        slug: "great-frame",
        title: "A frame of 2^62 bytes is refused or waited for, and not allocated",
        level: Level::DeFacto,
        profile: Profile::WebSocket,
        clauses: &[
            rfc6455("10.4", "limits of frames and messages keep a peer from filling memory"),
            incident("CVE-2023-43669", "what came before the first message had no limit"),
        ],
        seeds: "",
        means: "ten bytes end the server",
        fix: "allocate as bytes come, and limit the length",
        proof: Proof::Holds(a_great_frame_is_borne),
    },
    Check {
        id: "WS-34",
        slug: "vanishing-clients",
        title: "Clients that vanish in the middle of a frame take nobody with them",
        level: Level::DeFacto,
        profile: Profile::WebSocket,
        clauses: &[rfc6455("7.2.1", "the connection may be lost at any time")],
        seeds: "",
        means: "anybody can stop the server",
        fix: "let an error of a connection end that connection only",
        proof: Proof::Holds(clients_vanish),
    },
    Check {
        id: "WS-35",
        slug: "half-closed-socket",
        title: "A client that closes its half without a close frame is not kept",
        level: Level::DeFacto,
        profile: Profile::WebSocket,
        clauses: &[rfc6455("7.1.5", "an end without a close is the code 1006, and an end")],
        seeds: "",
        means: "sockets of clients that are gone pile up",
        fix: "end the connection at the end of its input",
        proof: Proof::Holds(half_closed),
    },
];

fn close_of(trial: &Trial<'_>, payload: &[u8]) -> Result<(Socket, Event), Lapse> {
    let mut socket = opened(trial)?;
    goes_on(&mut socket)?;
    socket.send(&[Frame::close(payload)]);
    let event = socket.event()?;
    Ok((socket, event))
}

fn closes_are_answered(trial: &Trial<'_>) -> Judged {
    for (payload, codes) in [
        (&b"\x03\xE8"[..], &[Some(1000), None][..]),
        (b"", &[Some(1000), None]),
        (b"\x03\xE9away", &[Some(1000), Some(1001), None]),
        (b"\x0B\xB8", &[Some(1000), Some(3000), None]),
        (b"\x12\x67", &[Some(1000), Some(4711), None]),
    ] {
        let (mut socket, event) = close_of(trial, payload)?;
        let Event::Close(code) = event else {
            return Err(Lapse::Failed(format!("a close was answered by {event:?}")));
        };
        demand(codes.contains(&code), || {
            format!("a close with the payload {payload:?} was answered by the code {code:?}")
        })?;
        let end = socket.link().end();
        end.map(drop).map_err(Lapse::about("the connection did not end"))?;
    }
    Ok(())
}

fn nothing_behind_a_close(trial: &Trial<'_>) -> Judged {
    let mut socket = opened(trial)?;
    goes_on(&mut socket)?;
    socket.send(&[Frame::close(b"\x03\xE8"), Frame::text(b"late"), Frame::ping(b"late")]);
    for _ in 0..4 {
        match socket.event()? {
            Event::Message(..) => return Err(Lapse::Failed("a late text came back".to_owned())),
            Event::Pong(_) => return Err(Lapse::Failed("a late ping was answered".to_owned())),
            Event::Close(_) => {}
            Event::End => return Ok(()),
        }
    }
    Err(Lapse::Failed("more than one close came".to_owned()))
}

fn codes_say_what_was_wrong(trial: &Trial<'_>) -> Judged {
    for (frame, what, right) in [
        (Frame::text(b"Hello").unmasked(), "a frame without a mask", 1002),
        (Frame::new(0x3, b"Hello"), "a reserved opcode", 1002),
        (Frame::text(b"\xC3\x28"), "a text that is no UTF-8", 1007),
    ] {
        let mut socket = opened(trial)?;
        goes_on(&mut socket)?;
        socket.send(&[frame]);
        let event = socket.event()?;
        demand(event == Event::Close(Some(right)), || {
            format!("{what} was answered by {event:?}, and not by a close with {right}")
        })?;
    }
    Ok(())
}

fn odd_codes_do_not_come_back(trial: &Trial<'_>) -> Judged {
    let (_, usual) = close_of(trial, b"\x03\xE8")?;
    demand(matches!(usual, Event::Close(_)), || format!("a close was answered by {usual:?}"))?;
    for code in [0_u16, 999, 1004, 1005, 1006, 1015] {
        let (_, event) = close_of(trial, &code.to_be_bytes())?;
        demand(event != Event::Close(Some(code)), || {
            format!("a close with the code {code} was answered by the same")
        })?;
    }
    Ok(())
}

fn a_great_frame_is_borne(trial: &Trial<'_>) -> Judged {
    let mut socket = opened(trial)?;
    goes_on(&mut socket)?;
    socket.send(&[Frame::binary(b"Hello").telling(GREAT)]);
    let quiet = socket.link().quiet();
    match socket.event_within(quiet) {
        Ok(Event::Message(..)) => Err(Lapse::Failed("five bytes were taken for all".to_owned())),
        Ok(_) | Err(Missing::Silent(_)) => opened(trial)
            .and_then(|mut other| goes_on(&mut other))
            .map_err(|lapse| lapse.explained(|why| format!("another client, behind it: {why}"))),
        Err(missing) => Err(missing.into()),
    }
}

fn clients_vanish(trial: &Trial<'_>) -> Judged {
    for _ in 0..VANISHING {
        let mut socket = opened(trial)?;
        let mut bytes = Frame::text(b"Hello").encode();
        bytes.truncate(8);
        socket.link().send(bytes);
        socket.reset();
    }
    opened(trial).and_then(|mut socket| goes_on(&mut socket))
}

fn half_closed(trial: &Trial<'_>) -> Judged {
    let mut socket = opened(trial)?;
    goes_on(&mut socket)?;
    socket.link().half_close();
    let end = socket.link().end();
    end.map(drop).map_err(Lapse::about("the connection did not end"))
}
