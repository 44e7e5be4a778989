//! HEADERS and CONTINUATION (RFC 9113 §4.3, §6.10).

use crate::check::{Check, Level, Profile, Proof, rfc9113};
use crate::checks::http2::WHOLE;
use crate::judge::{Breach, Cases, Error, GET, Judged, POST, Trial};
use crate::wire::http2::Step::{Block, Frame, Headers};
use crate::wire::http2::{
    self, CONTINUATION, DATA, END_HEADERS, END_STREAM, Line, PING, PRIORITY, SETTINGS, Step, field,
};

/// The first part of a request, and its rest.
const FRONT: &[Line] = &[field(":method", "GET"), field(":scheme", "{scheme}")];
const REST: &[Line] = &[field(":path", "{target}"), field(":authority", "{host}")];

const BEGUN: Step = Headers(END_STREAM, 1, &[FRONT]);
const DONE: Step = Block(CONTINUATION, END_HEADERS, 1, [b"", b""], &[REST]);

/// A request that waits for its body, before one in two frames.
const OPEN: Step = Headers(END_HEADERS, 1, &[POST]);
const BEGUN_THIRD: Step = Headers(END_STREAM, 3, &[FRONT]);
const DONE_THIRD: Step = Block(CONTINUATION, END_HEADERS, 3, [b"", b""], &[REST]);

const CLAUSE: crate::check::Clause = rfc9113(
    "6.10",
    "CONTINUATION follows HEADERS or CONTINUATION without END_HEADERS, on the same stream; else it \
     is a PROTOCOL_ERROR of the connection",
);

const MEANS: &str = "blocks of two requests are mixed, and one user's fields go to another's";

pub(in crate::checks) const CONTINUATIONS: &[Check] = &[
    Check {
        id: "H2-42",
        slug: "h2-block-in-pieces",
        title: "A field block in several frames is the same block",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("4.3", "a block is the fragments one after the other, cut anywhere"),
            CLAUSE,
        ],
        seeds: "",
        means: "requests with many fields fail",
        fix: "join the fragments, and decode the block as one",
        proof: Proof::Holds(in_pieces),
    },
    Check {
        id: "H2-43",
        slug: "h2-frame-within-a-block",
        title: "Another frame within a field block is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113(
            "6.2",
            "HEADERS without END_HEADERS is followed by CONTINUATION; any other frame, or another \
             stream, is a PROTOCOL_ERROR of the connection",
        )],
        seeds: "",
        means: MEANS,
        fix: "while a block is open, take nothing but its continuation",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[
                (&[BEGUN, Frame(PING, 0, 0, b"12345678"), DONE], &[BEGUN, DONE]),
                (&[BEGUN, Frame(SETTINGS, 0, 0, b""), DONE], &[BEGUN, DONE]),
                (&[BEGUN, Frame(PRIORITY, 0, 1, b"\0\0\0\0\x10"), DONE], &[BEGUN, DONE]),
                (&[BEGUN, Frame(0xBA, 0, 1, b"unknown"), DONE], &[BEGUN, DONE]),
                (
                    &[BEGUN, Headers(WHOLE, 3, &[GET]), DONE],
                    &[BEGUN, DONE, Headers(WHOLE, 3, &[GET])],
                ),
                (
                    &[OPEN, BEGUN_THIRD, Frame(DATA, END_STREAM, 1, b"hello"), DONE_THIRD],
                    &[OPEN, BEGUN_THIRD, DONE_THIRD, Frame(DATA, END_STREAM, 1, b"hello")],
                ),
            ]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-44",
        slug: "h2-continuation-of-another",
        title: "CONTINUATION of another stream's block is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[CLAUSE],
        seeds: "",
        means: MEANS,
        fix: "compare the stream with that of HEADERS",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[
                (
                    &[BEGUN, Block(CONTINUATION, END_HEADERS, 3, [b"", b""], &[REST])],
                    &[BEGUN, DONE],
                ),
                (
                    &[OPEN, BEGUN_THIRD, DONE],
                    &[OPEN, BEGUN_THIRD, DONE_THIRD, Frame(DATA, END_STREAM, 1, b"hello")],
                ),
            ]),
            error: Error::Connection,
        }),
    },
    Check {
        id: "H2-45",
        slug: "h2-continuation-of-nothing",
        title: "CONTINUATION where no block is open is an error of the connection",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[CLAUSE],
        seeds: "",
        means: "fields are added to a request that was already judged",
        fix: "forget the block at END_HEADERS",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[
                (
                    &[
                        Headers(END_HEADERS, 1, &[POST]),
                        Block(CONTINUATION, END_HEADERS, 1, [b"", b""], &[&[field("x-late", "y")]]),
                    ],
                    &[
                        Headers(0, 1, &[POST]),
                        Block(CONTINUATION, END_HEADERS, 1, [b"", b""], &[&[field("x-late", "y")]]),
                        Frame(DATA, END_STREAM, 1, b"hello"),
                    ],
                ),
                (
                    &[
                        BEGUN,
                        DONE,
                        Block(CONTINUATION, END_HEADERS, 1, [b"", b""], &[&[field("x-late", "y")]]),
                    ],
                    &[
                        BEGUN,
                        Block(CONTINUATION, 0, 1, [b"", b""], &[REST]),
                        Block(CONTINUATION, END_HEADERS, 1, [b"", b""], &[&[field("x-late", "y")]]),
                    ],
                ),
            ]),
            error: Error::Connection,
        }),
    },
];

/// The block is cut in three ways, so that names and values fall apart.
fn in_pieces(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let nonce = trial.nonce();
    let target = trial.target_of("echo", &nonce);
    let block = trial.fill(&target).block(&[GET]);
    // So few frames that nobody takes them for a flood.
    for size in [block.len().div_ceil(6), block.len().div_ceil(3), block.len()] {
        let stream = link.next_stream();
        let mut pieces = block.chunks(size);
        let first = pieces.next().unwrap_or_default();
        link.send(&http2::Frame::new(http2::HEADERS, END_STREAM, stream, first));
        for piece in pieces {
            link.send(&http2::Frame::new(CONTINUATION, 0, stream, piece));
        }
        link.send(&http2::Frame::new(CONTINUATION, END_HEADERS, stream, []));
        let answer = link.answer(stream)?;
        trial.is_an_app_s(&answer)?;
    }
    trial.goes_on(&mut link)
}
