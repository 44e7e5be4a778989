//! Streams and their states (RFC 9113 §5.1, §6.1, §6.2).

use crate::check::{Check, Level, Profile, Proof, rfc9113};
use crate::checks::http2::WHOLE;
use crate::judge::{
    Breach, Cases, Error, GET, Judged, Lapse, POST, Trial, demand, settle, watched,
};
use crate::wire::http2::Step::{Block, Frame, Headers};
use crate::wire::http2::{
    self, DATA, END_HEADERS, END_STREAM, HEADERS, PADDED, RST_STREAM, SETTINGS, WINDOW_UPDATE,
};

/// No answer that has a body ends before somebody makes room for it.
const NO_ROOM: &[u8] = b"\0\x04\0\0\0\0";

const ROOM: &[u8] = b"\0\x10\0\0";
const AS_BEFORE: &[u8] = b"\0\x04\0\0\xFF\xFF";

const OF_IDLE: &str = "frames of one stream are taken for those of another";

/// More streams are not opened to see where the server's limit is.
const MOST_STREAMS: u32 = 260;

pub(in crate::checks) const STREAMS: &[Check] = &[
    Check {
        id: "H2-29",
        slug: "h2-data-on-stream-0",
        title: "DATA on stream 0 is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.1", "DATA on stream 0 is a PROTOCOL_ERROR of the connection")],
        seeds: "",
        means: OF_IDLE,
        fix: "look at the stream before the payload",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Headers(WHOLE, 1, &[GET]), Frame(DATA, END_STREAM, 0, b"hello")],
                &[Headers(END_HEADERS, 1, &[POST]), Frame(DATA, END_STREAM, 1, b"hello")],
            )]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-30",
        slug: "h2-data-on-idle",
        title: "DATA on a stream that was never opened is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "5.1",
            "anything but HEADERS and PRIORITY on an idle stream is a PROTOCOL_ERROR",
        )],
        seeds: "",
        means: OF_IDLE,
        fix: "remember the highest stream that was opened",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Headers(WHOLE, 1, &[GET]), Frame(DATA, END_STREAM, 3, b"hello")],
                &[Headers(END_HEADERS, 1, &[POST]), Frame(DATA, END_STREAM, 1, b"hello")],
            )]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-31",
        slug: "h2-data-padding",
        title: "Padding that is as long as DATA is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.1", "padding as long as the payload or longer is a PROTOCOL_ERROR")],
        seeds: "",
        means: "the length of the content wraps, and memory next to the frame is read",
        fix: "compare the length of the padding with what is left of the payload",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[
                (
                    &[
                        Headers(END_HEADERS, 1, &[POST]),
                        Frame(DATA, END_STREAM | PADDED, 1, b"\x06hello"),
                    ],
                    &[
                        Headers(END_HEADERS, 1, &[POST]),
                        Frame(DATA, END_STREAM | PADDED, 1, b"\x02hello\0\0"),
                    ],
                ),
                (
                    &[
                        Headers(END_HEADERS, 1, &[POST]),
                        Frame(DATA, END_STREAM | PADDED, 1, b"\xFFhello"),
                    ],
                    &[
                        Headers(END_HEADERS, 1, &[POST]),
                        Frame(DATA, END_STREAM | PADDED, 1, b"\x02hello\0\0"),
                    ],
                ),
            ]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-32",
        slug: "h2-data-after-end",
        title: "DATA behind the end of a request is an error",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("5.1", "a frame on a stream that is half-closed is a STREAM_CLOSED error"),
            rfc9113("6.1", "DATA on a stream that is not open must be answered by an error"),
        ],
        seeds: "",
        means: "bytes that belong to no request reach an app, or are kept for ever",
        fix: "note END_STREAM of HEADERS and of DATA, and look at it before content is taken",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[
                    Frame(SETTINGS, 0, 0, NO_ROOM),
                    Headers(WHOLE, 1, &[GET]),
                    Frame(DATA, END_STREAM, 1, b"hello"),
                ],
                &[
                    Frame(SETTINGS, 0, 0, NO_ROOM),
                    Headers(END_HEADERS, 1, &[POST]),
                    Frame(DATA, END_STREAM, 1, b"hello"),
                    Frame(WINDOW_UPDATE, 0, 1, ROOM),
                    Frame(SETTINGS, 0, 0, AS_BEFORE),
                ],
            )]),
            error: Error::Stream,
        }),
    },
    Check {
        id: "H2-33",
        slug: "h2-headers-after-end",
        title: "HEADERS behind the end of a request is an error",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "5.1",
            "a frame on a stream that is half-closed is a STREAM_CLOSED error",
        )],
        seeds: "",
        means: "one stream has two requests, and answers go to the wrong one",
        fix: "note END_STREAM, and look at it before a block is taken",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[
                    Frame(SETTINGS, 0, 0, NO_ROOM),
                    Headers(WHOLE, 1, &[GET]),
                    Headers(WHOLE, 1, &[GET]),
                ],
                &[
                    Frame(SETTINGS, 0, 0, NO_ROOM),
                    Headers(WHOLE, 1, &[GET]),
                    Headers(WHOLE, 3, &[GET]),
                    Frame(WINDOW_UPDATE, 0, 1, ROOM),
                    Frame(WINDOW_UPDATE, 0, 3, ROOM),
                    Frame(SETTINGS, 0, 0, AS_BEFORE),
                ],
            )]),
            error: Error::Stream,
        }),
    },
    Check {
        id: "H2-34",
        slug: "h2-headers-on-stream-0",
        title: "HEADERS on stream 0 is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.2", "HEADERS on stream 0 is a PROTOCOL_ERROR of the connection")],
        seeds: "",
        means: OF_IDLE,
        fix: "look at the stream before the payload",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(&[Headers(WHOLE, 0, &[GET])], &[Headers(WHOLE, 1, &[GET])])]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-35",
        slug: "h2-even-stream",
        title: "A client that opens a stream with an even number makes an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("5.1.1", "an unexpected identifier is a PROTOCOL_ERROR")],
        seeds: "",
        means: "streams of both sides get mixed up",
        fix: "look at the last bit of a stream that is new",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(&[Headers(WHOLE, 2, &[GET])], &[Headers(WHOLE, 3, &[GET])])]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-36",
        slug: "h2-lower-stream",
        title: "A new stream with a lower number than one before is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("5.1.1", "a new identifier is greater than all before it")],
        seeds: "",
        means: "what a proxy takes for over begins again",
        fix: "compare with the highest stream that was opened",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Headers(WHOLE, 5, &[GET]), Headers(WHOLE, 3, &[GET])],
                &[Headers(WHOLE, 3, &[GET]), Headers(WHOLE, 5, &[GET])],
            )]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-37",
        slug: "h2-headers-padding",
        title: "Padding that is longer than HEADERS is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("6.2", "padding longer than what is left for it is a PROTOCOL_ERROR")],
        seeds: "",
        means: "the length of a block wraps, and memory next to the frame is read",
        fix: "compare the length of the padding with what is left of the payload",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[Block(HEADERS, WHOLE | PADDED, 1, [b"\xFF", b"\0\0"], &[GET])],
                &[Block(HEADERS, WHOLE | PADDED, 1, [b"\x02", b"\0\0"], &[GET])],
            )]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-38",
        slug: "h2-streams-skipped",
        title: "Numbers of streams may be left out",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("5.1.1", "a new identifier closes idle ones below; it may skip some")],
        seeds: "",
        means: "clients that give up streams before they use them cannot go on",
        fix: "ask for a greater number, not for the next",
        proof: Proof::Holds(skipped),
    },
    Check {
        id: "H2-39",
        slug: "h2-reset-by-the-client",
        title: "A client that resets a stream goes on with others",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("5.4.2", "a stream error does not affect other streams")],
        seeds: "",
        means: "a page that is left breaks the requests of the next one",
        fix: "end that stream only, and forget what was to be sent on it",
        proof: Proof::Holds(reset_by_the_client),
    },
    Check {
        id: "H2-40",
        slug: "h2-late-frames",
        title: "WINDOW_UPDATE and RST_STREAM behind the end of a stream are no error",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("6.9", "WINDOW_UPDATE on a closed stream must not be treated as an error"),
            rfc9113("5.1", "both may come after the end, sent before the end was known"),
        ],
        seeds: "",
        means: "connections fail at random, when a frame crosses the end of an answer",
        fix: "ignore both on streams that were opened and have ended",
        proof: Proof::Holds(late_frames),
    },
    Check {
        id: "H2-41",
        slug: "h2-too-many-streams",
        title: "A stream above the announced maximum is refused",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "5.1.2",
            "more than MAX_CONCURRENT_STREAMS is an error of the stream: PROTOCOL_ERROR or \
             REFUSED_STREAM",
        )],
        seeds: "",
        means: "one connection takes as many resources as it likes",
        fix: "count the streams that are open or half-closed, from either side",
        proof: Proof::Holds(too_many),
    },
];

fn skipped(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    for more in [4, 20, 2] {
        let first = link.next_stream();
        let stream = trial.send_step(&mut link, &Headers(WHOLE, 1 + more, &[GET]));
        demand(stream == first + more, || "the suite counts wrongly".to_owned())?;
        let answer = link.answer(stream)?;
        trial.is_an_app_s(&answer)?;
    }
    Ok(())
}

fn reset_by_the_client(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let kept = trial.send_on(&mut link, 0, &[POST]);
    for (flags, lines) in [(0, POST), (END_STREAM, GET)] {
        let stream = trial.send_on(&mut link, flags, &[lines]);
        // A reset on the heels of its request is another matter: it may come before the server has a
        // stream at all.
        settle(&mut link)?;
        link.send(&http2::Frame::new(RST_STREAM, 0, stream, *b"\0\0\0\x08"));
    }
    Trial::data(&mut link, END_STREAM, kept, b"hello");
    let answer = link.answer(kept).map_err(Lapse::about("the stream beside"))?;
    trial.is_an_app_s(&answer)?;
    trial.goes_on(&mut link)
}

fn late_frames(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let stream = trial.get_on(&mut link);
    let _answer = link.answer(stream)?;
    link.send(&http2::Frame::new(WINDOW_UPDATE, 0, stream, *b"\0\0\0\x01"));
    link.send(&http2::Frame::new(RST_STREAM, 0, stream, *b"\0\0\0\x08"));
    link.send(&http2::Frame::new(WINDOW_UPDATE, 0, stream, *b"\0\0\0\x01"));
    trial.goes_on(&mut link)
}

/// As many requests as are allowed wait for their bodies, then comes one more.
fn too_many(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let most = link.peer().settings.get(&http2::MAX_CONCURRENT_STREAMS).copied();
    let Some(most) = most.filter(|most| (1..MOST_STREAMS).contains(most)) else {
        return Err(Lapse::Skipped(format!(
            "the server announces no maximum below {MOST_STREAMS}"
        )));
    };
    let streams: Vec<u32> = (0..most).map(|_| trial.send_on(&mut link, 0, &[POST])).collect();
    link.ping_through()?;
    let early = "the server ends streams before their requests, so that they do not add up";
    let has_ended = |peer: &http2::Peer| {
        streams.iter().any(|own| peer.reply(*own).is_some_and(|r| r.is_over()))
    };
    if !trial.has_probe() {
        // Who answers without the body does so by now.
        let quiet = link.quiet();
        watched(link.wait(quiet, has_ended))?;
    }
    if has_ended(link.peer()) {
        return Err(Lapse::Skipped(early.to_owned()));
    }
    let over = trial.get_on(&mut link);
    let patience = link.patience();
    let is_clear = |peer: &http2::Peer| {
        peer.goaway.is_some() || peer.reply(over).is_some_and(|reply| reply.is_over())
    };
    match link.wait(patience, is_clear) {
        Err(crate::wire::Missing::Ended(_)) => return Ok(()),
        other => other?,
    }
    if link.peer().goaway.is_some() {
        return Ok(());
    }
    let reset = link.peer().reply(over).and_then(|reply| reply.reset);
    if reset.is_none() && has_ended(link.peer()) {
        return Err(Lapse::Skipped(early.to_owned()));
    }
    demand(reset.is_some(), || format!("the stream after {most} others was answered"))?;
    Trial::data(&mut link, END_STREAM, streams.first().copied().unwrap_or(1), b"hello");
    let answer = link.answer(streams.first().copied().unwrap_or(1))?;
    trial.is_an_app_s(&answer)
}
