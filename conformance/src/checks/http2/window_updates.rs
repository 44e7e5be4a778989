//! WINDOW_UPDATE (RFC 9113 §6.9).

use crate::check::{Check, Level, Profile, Proof, rfc9113};
use crate::checks::http2::WHOLE;
use crate::judge::{Breach, Cases, Error, GET, POST};
use crate::wire::http2::Step::{Frame, Headers, Zeros};
use crate::wire::http2::{DATA, END_HEADERS, END_STREAM, SETTINGS, WINDOW_UPDATE};

/// Makes a window of 65535 the largest that there is; one more is too much.
const TO_THE_LIMIT: &[u8] = b"\x7F\xFF\0\0";
const BEYOND: &[u8] = b"\x7F\xFF\0\x01";

const OPEN: crate::wire::http2::Step = Headers(END_HEADERS, 1, &[POST]);
const DONE: crate::wire::http2::Step = Frame(DATA, END_STREAM, 1, b"hello");

const OVERFLOW: &str = "the window wraps to a negative number, and answers stall";

pub(in crate::checks) const WINDOW_UPDATES: &[Check] = &[
    Check {
        id: "H2-54",
        slug: "h2-odd-window-update",
        title: "WINDOW_UPDATE that has not four bytes is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.9", "a length other than 4 is a FRAME_SIZE_ERROR of the connection")],
        seeds: "",
        means: "what follows is read at the wrong place",
        fix: "look at the length of frames that have one length only",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[
                (
                    &[Frame(WINDOW_UPDATE, 0, 0, b"\0\0\x01"), Headers(WHOLE, 1, &[GET])],
                    &[Frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\x01"), Headers(WHOLE, 1, &[GET])],
                ),
                (
                    &[Frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\x01\0"), Headers(WHOLE, 1, &[GET])],
                    &[Headers(WHOLE, 1, &[GET]), Frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\x01")],
                ),
            ]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-55",
        slug: "h2-no-increment",
        title: "WINDOW_UPDATE by 0 on the connection is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "6.9",
            "an increment of 0 is a PROTOCOL_ERROR, on the connection's window one of the \
             connection",
        )],
        seeds: "",
        means: "a peer keeps the server busy with frames that change nothing",
        fix: "look at the increment before the window",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Zeros(WINDOW_UPDATE, 0, 0, 4), Headers(WHOLE, 1, &[GET])],
                &[Frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\x01"), Headers(WHOLE, 1, &[GET])],
            )]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-56",
        slug: "h2-no-increment-of-a-stream",
        title: "WINDOW_UPDATE by 0 on a stream is an error of the stream",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.9", "an increment of 0 is a PROTOCOL_ERROR of the stream")],
        seeds: "",
        means: "a peer keeps the server busy with frames that change nothing",
        fix: "look at the increment before the window",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[OPEN, Zeros(WINDOW_UPDATE, 0, 1, 4)],
                &[OPEN, Frame(WINDOW_UPDATE, 0, 1, b"\0\0\0\x01"), DONE],
            )]),
            error: Error::Stream,
        }),
    },
    Check {
        id: "H2-57",
        slug: "h2-window-overflow",
        title: "A window of the connection above 2^31-1 is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "6.9.1",
            "an increment that makes the window exceed 2^31-1 is a FLOW_CONTROL_ERROR",
        )],
        seeds: "",
        means: OVERFLOW,
        fix: "add with a check, on signed numbers of 32 bits",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Frame(WINDOW_UPDATE, 0, 0, BEYOND), Headers(WHOLE, 1, &[GET])],
                &[Frame(WINDOW_UPDATE, 0, 0, TO_THE_LIMIT), Headers(WHOLE, 1, &[GET])],
            )]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-58",
        slug: "h2-window-overflow-of-a-stream",
        title: "A window of a stream above 2^31-1 is an error of the stream",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "6.9.1",
            "an increment that makes the window exceed 2^31-1 is a FLOW_CONTROL_ERROR",
        )],
        seeds: "",
        means: OVERFLOW,
        fix: "add with a check, on signed numbers of 32 bits",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[OPEN, Frame(WINDOW_UPDATE, 0, 1, BEYOND)],
                &[OPEN, Frame(WINDOW_UPDATE, 0, 1, TO_THE_LIMIT), DONE],
            )]),
            error: Error::Stream,
        }),
    },
    Check {
        id: "H2-59",
        slug: "h2-window-overflow-by-settings",
        title: "SETTINGS that make a window exceed 2^31-1 are an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "6.9.2",
            "a change of INITIAL_WINDOW_SIZE that makes any window exceed the maximum is a \
             FLOW_CONTROL_ERROR of the connection",
        )],
        seeds: "",
        means: OVERFLOW,
        fix: "add the difference to each open stream with a check",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[
                    OPEN,
                    Frame(WINDOW_UPDATE, 0, 1, TO_THE_LIMIT),
                    Frame(SETTINGS, 0, 0, b"\0\x04\0\x01\0\0"),
                ],
                &[
                    OPEN,
                    Frame(WINDOW_UPDATE, 0, 1, TO_THE_LIMIT),
                    Frame(SETTINGS, 0, 0, b"\0\x04\0\0\xFF\xFF"),
                    DONE,
                ],
            )]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-60",
        slug: "h2-window-of-idle",
        title: "WINDOW_UPDATE on a stream that was never opened is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "5.1",
            "anything but HEADERS and PRIORITY on an idle stream is a PROTOCOL_ERROR",
        )],
        seeds: "",
        means: "a peer makes the server keep windows of streams that do not exist",
        fix: "remember the highest stream that was opened",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Headers(WHOLE, 1, &[GET]), Frame(WINDOW_UPDATE, 0, 3, b"\0\0\0\x01")],
                &[Headers(WHOLE, 1, &[GET]), Frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\x01")],
            )]),
            error: Error::Connection,
        }),
    },
];
