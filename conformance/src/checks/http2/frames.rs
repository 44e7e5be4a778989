//! PING, GOAWAY, RST_STREAM, and frames that nobody knows (RFC 9113 §4, §5.5, §6.4 to §6.8).

use crate::check::{Check, Level, Profile, Proof, rfc9113};
use crate::checks::http2::WHOLE;
use crate::judge::{
    Breach, Cases, Error, GET, Judged, Lapse, POST, Trial, UNMEASURED, demand, settle,
};
use crate::wire::Missing;
use crate::wire::http2::Step::{Frame, Headers, Settled, TooLong, Zeros};
use crate::wire::http2::{
    self, ACK, DATA, END_HEADERS, END_STREAM, GOAWAY, Line, PING, PRIORITY, PUSH_PROMISE,
    RST_STREAM, field,
};

const CANCEL: &[u8] = b"\0\0\0\x08";

/// The length of a body that is a byte longer than a frame may be.
const ABOVE: &[Line] = &[field("content-length", "{above}")];

/// A type that has no meaning, as extensions and clients that grease have.
const UNKNOWN: u8 = 0xBA;

pub(in crate::checks) const FRAMES: &[Check] = &[
    Check {
        id: "H2-14",
        slug: "h2-ping-answered",
        title: "A ping is answered with its own payload",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.7", "PING is answered by PING with ACK and the same payload")],
        seeds: "",
        means: "clients that look whether a connection lives close it",
        fix: "send the eight bytes back, with the flag",
        proof: Proof::Holds(ping_answered),
    },
    Check {
        id: "H2-15",
        slug: "h2-pong-not-answered",
        title: "A ping with ACK is not answered",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.7", "PING with ACK must not be answered")],
        seeds: "",
        means: "two such peers answer each other for ever",
        fix: "look at the flag first",
        proof: Proof::Holds(pong_not_answered),
    },
    Check {
        id: "H2-16",
        slug: "h2-odd-ping",
        title: "A ping that has not eight bytes is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.7", "a length other than 8 is a FRAME_SIZE_ERROR")],
        seeds: "",
        means: "memory next to a short payload may be sent back",
        fix: "look at the length of frames that have one length only",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[
                (
                    &[Frame(PING, 0, 0, b"1234567"), Headers(WHOLE, 1, &[GET])],
                    &[Frame(PING, 0, 0, b"12345678"), Headers(WHOLE, 1, &[GET])],
                ),
                (
                    &[Frame(PING, 0, 0, b"123456789"), Headers(WHOLE, 1, &[GET])],
                    &[Frame(PING, 0, 0, b"12345678"), Headers(WHOLE, 1, &[GET])],
                ),
            ]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-17",
        slug: "h2-ping-on-a-stream",
        title: "A ping on a stream is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.7", "PING on another stream than 0 is a PROTOCOL_ERROR")],
        seeds: "",
        means: "peers disagree about what a frame belongs to",
        fix: "look at the stream of frames that are about the connection",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Headers(WHOLE, 1, &[GET]), Frame(PING, 0, 1, b"12345678")],
                &[Headers(WHOLE, 1, &[GET]), Frame(PING, 0, 0, b"12345678")],
            )]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-18",
        slug: "h2-goaway-on-a-stream",
        title: "GOAWAY on a stream is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.8", "GOAWAY on another stream than 0 is a PROTOCOL_ERROR")],
        seeds: "",
        means: "peers disagree about whether a connection goes on",
        fix: "look at the stream of frames that are about the connection",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Headers(WHOLE, 1, &[GET]), Frame(GOAWAY, 0, 1, b"\0\0\0\0\0\0\0\0")],
                &[Headers(WHOLE, 1, &[GET])],
            )]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-19",
        slug: "h2-goaway-answers",
        title: "What was asked before a client says GOAWAY is answered",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "6.8",
            "GOAWAY is about streams that the other side opens; those that are open go on",
        )],
        seeds: "",
        means: "clients that wind down lose answers to requests that were made",
        fix: "end the connection once its last stream has ended",
        proof: Proof::Holds(goaway_answers),
    },
    Check {
        id: "H2-20",
        slug: "h2-unknown-frames",
        title: "Frames of an unknown type are ignored",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("4.1", "frames of an unknown type must be ignored and discarded"),
            rfc9113("5.1", "they are no error in any state of a stream"),
        ],
        seeds: "",
        means: "clients with an extension cannot connect, as browsers that grease their frames",
        fix: "read past the payload of a type without a meaning, on any stream",
        proof: Proof::Holds(unknown_frames),
    },
    Check {
        id: "H2-21",
        slug: "h2-unknown-flags",
        title: "Flags without a meaning and the reserved bit are ignored",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("4.1", "flags without a meaning for the type must be ignored"),
            rfc9113("4.1", "the reserved bit must be ignored when it is received"),
        ],
        seeds: "",
        means: "clients of a later version cannot connect",
        fix: "mask the flags of each type, and the first bit of the identifier",
        proof: Proof::Holds(unknown_flags),
    },
    Check {
        id: "H2-22",
        slug: "h2-priority-ignored",
        title: "Priorities of RFC 7540 do no harm",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("5.3.2", "priorities are deprecated, but may be sent"),
            rfc9113("6.3", "PRIORITY may come in any state of a stream, idle ones too"),
        ],
        seeds: "",
        means: "clients that still send priorities, and these are many, cannot connect",
        fix: "read past PRIORITY, and past the five bytes in HEADERS that the flag announces",
        proof: Proof::Holds(priority_ignored),
    },
    Check {
        id: "H2-23",
        slug: "h2-frame-too-long",
        title: "A frame on stream 0 that is longer than allowed is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "4.2",
            "more than MAX_FRAME_SIZE is a FRAME_SIZE_ERROR; on stream 0 of the connection",
        )],
        seeds: "",
        means: "a peer makes the server read, and maybe keep, as much as it likes",
        fix: "compare the length with what was announced before the payload is read, for any type",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[TooLong(UNKNOWN, 0, 0, 1), Headers(WHOLE, 1, &[GET])],
                &[TooLong(UNKNOWN, 0, 0, 0), Headers(WHOLE, 1, &[GET])],
            )]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-24",
        slug: "h2-data-too-long",
        title: "DATA that is longer than allowed is an error",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("4.2", "more than MAX_FRAME_SIZE is a FRAME_SIZE_ERROR")],
        seeds: "",
        means: "a peer makes the server read, and maybe keep, as much as it likes",
        fix: "compare the length with what was announced before the payload is read",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Headers(END_HEADERS, 1, &[UNMEASURED, ABOVE]), TooLong(DATA, END_STREAM, 1, 1)],
                &[
                    Headers(END_HEADERS, 1, &[UNMEASURED, ABOVE]),
                    TooLong(DATA, 0, 1, 0),
                    Zeros(DATA, END_STREAM, 1, 1),
                ],
            )]),
            error: Error::Stream,
        }),
    },
    Check {
        id: "H2-25",
        slug: "h2-reset-of-stream-0",
        title: "RST_STREAM on stream 0 is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.4", "RST_STREAM on stream 0 is a PROTOCOL_ERROR")],
        seeds: "",
        means: "peers disagree about what has ended",
        fix: "look for the stream before anything is ended",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Headers(WHOLE, 1, &[GET]), Frame(RST_STREAM, 0, 0, CANCEL)],
                &[Headers(WHOLE, 1, &[GET]), Settled, Frame(RST_STREAM, 0, 1, CANCEL)],
            )]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-26",
        slug: "h2-reset-of-idle",
        title: "RST_STREAM on a stream that was never opened is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.4", "RST_STREAM on an idle stream is a PROTOCOL_ERROR")],
        seeds: "",
        means: "a reset may hit a stream that is opened later",
        fix: "remember the highest stream that was opened",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Headers(WHOLE, 1, &[GET]), Frame(RST_STREAM, 0, 3, CANCEL)],
                &[Headers(WHOLE, 1, &[GET]), Settled, Frame(RST_STREAM, 0, 1, CANCEL)],
            )]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-27",
        slug: "h2-odd-reset",
        title: "RST_STREAM that has not four bytes is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.4", "a length other than 4 is a FRAME_SIZE_ERROR of the connection")],
        seeds: "",
        means: "what follows is read at the wrong place",
        fix: "look at the length of frames that have one length only",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[
                (
                    &[Headers(WHOLE, 1, &[GET]), Settled, Zeros(RST_STREAM, 0, 1, 3)],
                    &[Headers(WHOLE, 1, &[GET]), Settled, Zeros(RST_STREAM, 0, 1, 4)],
                ),
                (
                    &[Headers(WHOLE, 1, &[GET]), Settled, Zeros(RST_STREAM, 0, 1, 5)],
                    &[Headers(WHOLE, 1, &[GET]), Settled, Zeros(RST_STREAM, 0, 1, 4)],
                ),
            ]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-28",
        slug: "h2-push-of-a-client",
        title: "PUSH_PROMISE of a client is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("8.4", "a client cannot push; its PUSH_PROMISE is a PROTOCOL_ERROR")],
        seeds: "",
        means: "a client opens streams that nobody counts",
        fix: "refuse the type; only clients read it",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Headers(WHOLE, 1, &[GET]), Frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\x02")],
                &[Headers(WHOLE, 1, &[GET])],
            )]),
            error: Error::Connection,
        }),
    },
];

fn ping_answered(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    link.send(&http2::Frame::new(PING, 0, 0, *b"\0\xFF\x80 \r\n\x01z"));
    let patience = link.patience();
    link.wait(patience, |peer| !peer.pongs.is_empty())?;
    let is_same = link.peer().pongs.iter().all(|own| own == b"\0\xFF\x80 \r\n\x01z");
    demand(is_same, || "the answer has another payload".to_owned())
}

fn pong_not_answered(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    link.send(&http2::Frame::new(PING, ACK, 0, *b"unasked!"));
    // Who takes it for an error ends the connection, which nobody forbids.
    match link.ping_through() {
        Ok(()) | Err(Missing::Ended(_)) => {}
        Err(_) if link.peer().goaway.is_some() => {}
        Err(missing) => return Err(missing.into()),
    }
    let count = link.peer().pongs.len();
    demand(count <= 1, || format!("to one ping and one with ACK came {count} answers"))
}

fn goaway_answers(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let first = trial.send_on(&mut link, 0, &[POST]);
    settle(&mut link)?;
    link.send(&http2::Frame::new(GOAWAY, 0, 0, *b"\0\0\0\0\0\0\0\0"));
    Trial::data(&mut link, END_STREAM, first, b"hello");
    let answer = link.answer(first);
    if link.peer().goaway.is_some_and(|(last, _)| last < first) {
        let why = "the server says that it has not begun with it, as it may at any time";
        return Err(Lapse::Skipped(why.to_owned()));
    }
    trial.is_an_app_s(&answer?)
}

fn unknown_frames(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let unknown = |stream| http2::Frame::new(UNKNOWN, 0xFF, stream, *b"something");
    link.send(&unknown(0));
    link.send(&unknown(link.next_stream() + 6));
    let stream = trial.send_on(&mut link, 0, &[POST]);
    link.send(&unknown(stream));
    Trial::data(&mut link, END_STREAM, stream, b"hello");
    link.send(&unknown(stream));
    let answer = link.answer(stream)?;
    trial.is_an_app_s(&answer)?;
    trial.goes_on(&mut link)
}

fn unknown_flags(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    link.send(&http2::Frame::new(http2::SETTINGS, 0xFE, 0x8000_0000, []));
    link.send(&http2::Frame::new(PING, 0xFE, 0x8000_0000, *b"12345678"));
    let patience = link.patience();
    link.wait(patience, |peer| !peer.pongs.is_empty() && peer.acks == 2)
        .map_err(Lapse::about("SETTINGS or PING with other flags"))?;
    // Of the flags of HEADERS only 0x01, 0x04, 0x08 and 0x20 mean something, of those of DATA two.
    let stream = trial.send_on(&mut link, 0xD2, &[POST]);
    Trial::data(&mut link, END_STREAM | 0xF6, stream, b"hello");
    let answer = link.answer(stream)?;
    trial.is_an_app_s(&answer)
}

fn priority_ignored(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let next = link.next_stream();
    for stream in [next, next + 2, next + 100] {
        link.send(&http2::Frame::new(PRIORITY, 0, stream, *b"\0\0\0\0\x10"));
    }
    let block = http2::Step::Block(
        http2::HEADERS,
        WHOLE | http2::WITH_PRIORITY,
        1,
        [b"\0\0\0\0\x10", b""],
        &[GET],
    );
    let stream = trial.send_step(&mut link, &block);
    let answer = link.answer(stream)?;
    trial.is_an_app_s(&answer)?;
    link.send(&http2::Frame::new(PRIORITY, 0, stream, *b"\0\0\0\0\x10"));
    trial.goes_on(&mut link)
}
