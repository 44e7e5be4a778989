//! Frames that end the connection (RFC 6455 §5, §7.1.7, §8.1).

use super::rfc6455;
use crate::check::{Check, Clause, Level, Profile, Proof};
use crate::judge::{Then, Violation};
use crate::wire::websocket::Frame;

const HELLO: Frame<'static> = Frame::text(b"Hello");
const TWO: &[Frame<'static>] = &[Frame::text(b"Hel").and_more(), Frame::continuation(b"lo")];

const LONG: &[u8] = &[b'x'; 126];
const LONGEST: &[u8] = &[b'x'; 125];

const FAIL: Clause =
    rfc6455("7.1.7", "whoever fails a connection ends it, and reads no more of it");

const MEANS: &str = "clients and proxies that read frames otherwise see other messages";

pub(in crate::checks) const VIOLATIONS: &[Check] = &[
    Check {
        id: "WS-19",
        slug: "unmasked-frame",
        title: "A frame of a client without a mask ends the connection",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[rfc6455("5.1", "a server must close upon a frame that is not masked"), FAIL],
        seeds: "",
        means: "a page can write bytes of its choice through proxies that read HTTP in them",
        fix: "look at the bit of the mask before anything else of the frame",
        proof: Proof::WebSocketRefuses(Violation::Frames {
            pairs: &[
                (&[HELLO.unmasked()], &[HELLO]),
                (&[Frame::ping(b"p").unmasked()], &[Frame::ping(b"p")]),
            ],
            twin: Then::GoesOn,
        }),
    },
    Check {
        id: "WS-20",
        slug: "reserved-bits",
        title: "A reserved bit without an extension ends the connection",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[
            rfc6455("5.2", "a bit that no extension gives a meaning fails the connection"),
            FAIL,
        ],
        seeds: "",
        means: "compressed messages are taken for plain ones",
        fix: "compare the bits with those of the extensions that were agreed on",
        proof: Proof::WebSocketRefuses(Violation::Frames {
            pairs: &[
                (&[HELLO.with_reserved(4)], &[HELLO]),
                (&[HELLO.with_reserved(2)], &[HELLO]),
                (&[HELLO.with_reserved(1)], &[HELLO]),
                (&[Frame::ping(b"p").with_reserved(4)], &[Frame::ping(b"p")]),
            ],
            twin: Then::GoesOn,
        }),
    },
    Check {
        id: "WS-21",
        slug: "reserved-opcodes",
        title: "A reserved opcode ends the connection",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[rfc6455("5.2", "an opcode that is not known fails the connection"), FAIL],
        seeds: "",
        means: MEANS,
        fix: "let 0, 1, 2, 8, 9 and 10 be all",
        proof: Proof::WebSocketRefuses(Violation::Frames {
            pairs: &[
                (&[Frame::new(0x3, b"Hello")], &[HELLO]),
                (&[Frame::new(0x7, b"Hello")], &[HELLO]),
                (&[Frame::new(0xB, b"p")], &[Frame::ping(b"p")]),
                (&[Frame::new(0xF, b"p")], &[Frame::ping(b"p")]),
            ],
            twin: Then::GoesOn,
        }),
    },
    Check {
        id: "WS-22",
        slug: "long-control-frame",
        title: "A control frame of more than 125 bytes ends the connection",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[rfc6455("5.5", "control frames have 125 bytes at most"), FAIL],
        seeds: "",
        means: "what is answered at once and out of turn takes any amount of memory",
        fix: "compare the length of control frames before their payload is read",
        proof: Proof::WebSocketRefuses(Violation::Frames {
            pairs: &[
                (&[Frame::ping(LONG)], &[Frame::ping(LONGEST)]),
                (&[Frame::pong(LONG)], &[Frame::pong(LONGEST)]),
            ],
            twin: Then::GoesOn,
        }),
    },
    Check {
        id: "WS-23",
        slug: "control-frame-in-parts",
        title: "A control frame in parts ends the connection",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[rfc6455("5.5", "control frames are not in parts"), FAIL],
        seeds: "",
        means: MEANS,
        fix: "look at the final bit of control frames",
        proof: Proof::WebSocketRefuses(Violation::Frames {
            pairs: &[
                (&[Frame::ping(b"p").and_more()], &[Frame::ping(b"p")]),
                (
                    &[Frame::ping(b"p").and_more(), Frame::continuation(b"q")],
                    &[Frame::ping(b"p"), Frame::ping(b"q")],
                ),
            ],
            twin: Then::GoesOn,
        }),
    },
    Check {
        id: "WS-24",
        slug: "continuation-of-nothing",
        title: "A continuation where no message has begun ends the connection",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[rfc6455("5.4", "a continuation belongs to a message that has not ended"), FAIL],
        seeds: "",
        means: MEANS,
        fix: "know whether a message is open",
        proof: Proof::WebSocketRefuses(Violation::Frames {
            pairs: &[
                (&[Frame::continuation(b"lo")], TWO),
                (&[Frame::continuation(b"Hel").and_more(), Frame::continuation(b"lo")], TWO),
                (
                    &[
                        Frame::text(b"Hel").and_more(),
                        Frame::continuation(b"lo"),
                        Frame::continuation(b"lo"),
                    ],
                    TWO,
                ),
            ],
            twin: Then::GoesOn,
        }),
    },
    Check {
        id: "WS-25",
        slug: "message-within-a-message",
        title: "A message that begins before the one before has ended ends the connection",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[
            rfc6455("5.4", "the frames of one message do not stand among those of another"),
            FAIL,
        ],
        seeds: "",
        means: MEANS,
        fix: "know whether a message is open",
        proof: Proof::WebSocketRefuses(Violation::Frames {
            pairs: &[
                (&[Frame::text(b"Hel").and_more(), Frame::text(b"lo")], TWO),
                (&[Frame::text(b"Hel").and_more(), Frame::binary(b"lo")], TWO),
            ],
            twin: Then::GoesOn,
        }),
    },
    Check {
        id: "WS-26",
        slug: "text-that-is-none",
        title: "A text that is not UTF-8 ends the connection",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[rfc6455("8.1", "bytes in a text that are no UTF-8 fail the connection"), FAIL],
        seeds: "",
        means: "apps get texts that are none, and every client but the one that sent it fails",
        fix: "check texts where they become whole",
        proof: Proof::WebSocketRefuses(Violation::Frames {
            pairs: &[
                (&[Frame::text(b"\xC3\x28")], &[Frame::text(b"\xC3\xA8")]),
                (&[Frame::text(b"\xE2\x82")], &[Frame::text(b"\xE2\x82\xAC")]),
                (&[Frame::text(b"\xC0\xAF")], &[Frame::text(b"\x2F")]),
                (&[Frame::text(b"\xED\xA0\x80")], &[Frame::text(b"\xED\x9F\xBF")]),
                (&[Frame::text(b"\xF4\x90\x80\x80")], &[Frame::text(b"\xF4\x8F\xBF\xBF")]),
                (
                    &[Frame::text(b"\xE2\x82").and_more(), Frame::continuation(b"\x28")],
                    &[Frame::text(b"\xE2\x82\xAC").and_more(), Frame::continuation(b"\x28")],
                ),
            ],
            twin: Then::GoesOn,
        }),
    },
    Check {
        id: "WS-27",
        slug: "length-with-its-top-bit",
        title: "A length of 64 bits with the first bit set ends the connection",
        level: Level::Must,
        profile: Profile::WebSocket,
        clauses: &[rfc6455("5.2", "the first bit of a length of 64 bits must be 0")],
        seeds: "",
        means: "a length becomes negative, or a server waits for what never comes",
        fix: "compare the length with a limit before anything is read or allocated",
        proof: Proof::WebSocketRefuses(Violation::Frames {
            pairs: &[
                (&[HELLO.telling(0x8000_0000_0000_0005)], &[HELLO]),
                (&[HELLO.telling(u64::MAX)], &[HELLO]),
            ],
            twin: Then::GoesOn,
        }),
    },
    Check {
        id: "WS-28",
        slug: "odd-close",
        title: "A close with half a code, or with a reason that is no text, is no usual close",
        level: Level::Should,
        profile: Profile::WebSocket,
        clauses: &[
            rfc6455("5.5.1", "a payload begins with two bytes of a code; the reason is UTF-8"),
            rfc6455("8.1", "bytes in a text that are no UTF-8 fail the connection"),
        ],
        seeds: "",
        means: "apps get a code that was never sent, or a reason that is no text",
        fix: "look at the length of the payload, and check what is behind the code",
        proof: Proof::WebSocketRefuses(Violation::Frames {
            pairs: &[
                (&[Frame::close(b"\x03")], &[Frame::close(b"\x03\xE8")]),
                (&[Frame::close(b"\x03\xE8\xC3\x28")], &[Frame::close(b"\x03\xE8\xC3\xA8")]),
            ],
            twin: Then::Closes,
        }),
    },
];
