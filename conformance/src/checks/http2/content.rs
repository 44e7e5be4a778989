//! Bodies and trailers (RFC 9113 §8.1).

use crate::check::{Check, Clause, Level, Profile, Proof, rfc9110, rfc9113};
use crate::checks::http2::WHOLE;
use crate::judge::{Breach, Cases, Error, Judged, Lapse, POST, Trial, UNMEASURED, demand};
use crate::wire::Answer;
use crate::wire::http2::Step::{Frame, Headers};
use crate::wire::http2::{DATA, END_HEADERS, END_STREAM, Line, PADDED, Step, field};

const MALFORMED: Clause =
    rfc9113("8.1.1", "a malformed request is an error of the stream; an answer may come before");

/// How a server says that it takes no body without a length (RFC 9110 §15.5.12).
const LENGTH_REQUIRED: u16 = 411;

const HELLO: Step = Frame(DATA, END_STREAM, 1, b"hello");
const RIGHT: &[Step] = &[Headers(END_HEADERS, 1, &[POST]), HELLO];

pub(in crate::checks) const CONTENT: &[Check] = &[
    Check {
        id: "H2-81",
        slug: "h2-other-length",
        title: "A body that differs from its Content-Length makes a request malformed",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("8.1.1", "a length that is not the sum of the DATA is malformed"),
            MALFORMED,
        ],
        seeds: "",
        means: "a proxy that goes on in HTTP/1.1 forwards a part of the body as another request",
        fix: "count the content of DATA, and compare at each frame and at the end",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[
                (
                    &[
                        Headers(END_HEADERS, 1, &[UNMEASURED, &[field("content-length", "6")]]),
                        HELLO,
                    ],
                    RIGHT,
                ),
                (
                    &[
                        Headers(END_HEADERS, 1, &[UNMEASURED, &[field("content-length", "4")]]),
                        HELLO,
                    ],
                    RIGHT,
                ),
                (
                    &[
                        Headers(END_HEADERS, 1, &[UNMEASURED, &[field("content-length", "0")]]),
                        HELLO,
                    ],
                    RIGHT,
                ),
                (&[Headers(END_HEADERS, 1, &[POST]), Frame(DATA, END_STREAM, 1, b"")], RIGHT),
                (
                    &[
                        Headers(END_HEADERS, 1, &[POST]),
                        Frame(DATA, 0, 1, b"hel"),
                        Frame(DATA, END_STREAM, 1, b"lo!"),
                    ],
                    &[
                        Headers(END_HEADERS, 1, &[POST]),
                        Frame(DATA, 0, 1, b"hel"),
                        Frame(DATA, END_STREAM, 1, b"lo"),
                    ],
                ),
            ]),
            error: Error::Content,
        }),
    },
    Check {
        id: "H2-82",
        slug: "h2-length-without-body",
        title: "A Content-Length and no body make a request malformed",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("8.1.1", "a length that is not the sum of the DATA is malformed"),
            MALFORMED,
        ],
        seeds: "",
        means: "a proxy that goes on in HTTP/1.1 takes the next request for the body of this one",
        fix: "compare the length with nothing where HEADERS has END_STREAM",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(&[Headers(WHOLE, 1, &[POST])], RIGHT)]),
            error: Error::Content,
        }),
    },
    Check {
        id: "H2-83",
        slug: "h2-odd-length",
        title: "Lengths that differ or are no numbers make a request malformed",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9110("8.6", "a length is digits; several are valid only where they agree"),
            MALFORMED,
        ],
        seeds: "",
        means: "a proxy that goes on in HTTP/1.1 forwards a part of the body as another request",
        fix: "read the length as strictly as in HTTP/1.1",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[
                (
                    &[Headers(END_HEADERS, 1, &[POST, &[field("content-length", "6")]]), HELLO],
                    RIGHT,
                ),
                (
                    &[
                        Headers(END_HEADERS, 1, &[UNMEASURED, &[field("content-length", "+5")]]),
                        HELLO,
                    ],
                    RIGHT,
                ),
                (
                    &[
                        Headers(END_HEADERS, 1, &[UNMEASURED, &[field("content-length", "5x")]]),
                        HELLO,
                    ],
                    RIGHT,
                ),
            ]),
            error: Error::Content,
        }),
    },
    Check {
        id: "H2-84",
        slug: "h2-trailers-without-end",
        title: "A second HEADERS without END_STREAM makes a request malformed",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("8.1", "HEADERS behind the head without END_STREAM is malformed"),
            MALFORMED,
        ],
        seeds: "",
        means: "fields come at a time when nobody looks at them any more",
        fix: "ask for END_STREAM in any HEADERS on a stream that is open",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[(
                &[
                    Headers(END_HEADERS, 1, &[POST]),
                    Frame(DATA, 0, 1, b"hello"),
                    Headers(END_HEADERS, 1, &[TRAILER]),
                    Frame(DATA, END_STREAM, 1, b""),
                ],
                WITH_TRAILER,
            )]),
            error: Error::Content,
        }),
    },
    Check {
        id: "H2-85",
        slug: "h2-pseudo-field-in-trailers",
        title: "A pseudo-field in trailers makes a request malformed",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("8.1", "trailers must not have pseudo-fields"), MALFORMED],
        seeds: "",
        means: "a request changes its method or its path after it was judged",
        fix: "let trailers go through the rules of fields, without any name with a colon",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[
                (
                    &[
                        Headers(END_HEADERS, 1, &[POST]),
                        Frame(DATA, 0, 1, b"hello"),
                        Headers(WHOLE, 1, &[&[field(":path", "/other")], TRAILER]),
                    ],
                    WITH_TRAILER,
                ),
                (
                    &[
                        Headers(END_HEADERS, 1, &[POST]),
                        Frame(DATA, 0, 1, b"hello"),
                        Headers(WHOLE, 1, &[&[field(":x", "y")], TRAILER]),
                    ],
                    WITH_TRAILER,
                ),
            ]),
            error: Error::Content,
        }),
    },
    Check {
        id: "H2-86",
        slug: "h2-odd-trailers",
        title: "Trailers with upper-case names or odd values make a request malformed",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("8.2.1", "the rules of names and values are for all field sections"),
            MALFORMED,
        ],
        seeds: "",
        means: "what is kept out of a head comes in behind the body",
        fix: "let heads and trailers go through the same rules",
        proof: Proof::Breaks(Breach {
            cases: Cases::Frames(&[
                (
                    &[
                        Headers(END_HEADERS, 1, &[POST]),
                        Frame(DATA, 0, 1, b"hello"),
                        Headers(WHOLE, 1, &[&[field("X-Trailer", "y")]]),
                    ],
                    WITH_TRAILER,
                ),
                (
                    &[
                        Headers(END_HEADERS, 1, &[POST]),
                        Frame(DATA, 0, 1, b"hello"),
                        Headers(WHOLE, 1, &[&[field("x-trailer", "y\r\nz: a")]]),
                    ],
                    WITH_TRAILER,
                ),
            ]),
            error: Error::Content,
        }),
    },
    Check {
        id: "H2-87",
        slug: "h2-body-in-frames",
        title: "A body is the content of its DATA, without padding",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("8.1", "the content of a message is its DATA, one after the other"),
            rfc9113("6.1", "padding is no content; DATA may be empty"),
        ],
        seeds: "",
        means: "bodies are damaged",
        fix: "hand on what is between the length of the padding and the padding",
        proof: Proof::Holds(body_in_frames),
    },
    Check {
        id: "H2-88",
        slug: "h2-streams-interleaved",
        title: "Bodies whose frames alternate reach their own requests",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("5", "streams are independent, and their frames interleave")],
        seeds: "",
        means: "one user's body goes to another's request",
        fix: "find the stream by its number for each frame",
        proof: Proof::Holds(interleaved),
    },
];

const TRAILER: &[Line] = &[field("x-trailer", "y")];

const WITH_TRAILER: &[Step] =
    &[Headers(END_HEADERS, 1, &[POST]), Frame(DATA, 0, 1, b"hello"), Headers(WHOLE, 1, &[TRAILER])];

/// Fails where the app did not get these bytes; without the probe nobody knows.
fn has_body(trial: &Trial<'_>, answer: &Answer, right: &[u8]) -> Judged {
    trial.is_an_app_s(answer)?;
    if !trial.has_probe() {
        return Ok(());
    }
    let seen: serde_json::Value = serde_json::from_slice(&answer.body)
        .map_err(|error| Lapse::Failed(format!("the echo is no JSON: {error}")))?;
    let sum = <sha2::Sha256 as sha2::Digest>::digest(right);
    let right_sum = crate::probe::hex(&sum);
    let sum = seen.get("body_sha256").and_then(serde_json::Value::as_str);
    demand(sum == Some(right_sum.as_str()), || {
        let length = seen.get("body_length").cloned().unwrap_or_default();
        format!("of a body of {} bytes the app got {length}, or others", right.len())
    })
}

fn body_in_frames(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    for (lines, says_length) in [(POST, true), (UNMEASURED, false)] {
        let stream = trial.send_on(&mut link, 0, &[lines]);
        Trial::data(&mut link, 0, stream, b"he");
        Trial::data(&mut link, 0, stream, b"");
        Trial::data(&mut link, PADDED, stream, b"\x03l\0\0\0");
        Trial::data(&mut link, PADDED, stream, b"\0lo");
        Trial::data(&mut link, PADDED | END_STREAM, stream, b"\x02\0\0");
        let answer = link.answer(stream)?;
        if says_length || answer.status != LENGTH_REQUIRED {
            has_body(trial, &answer, b"hello")?;
        }
    }
    Ok(())
}

fn interleaved(trial: &Trial<'_>) -> Judged {
    let mut link = trial.http2()?;
    let (of_first, of_second) = (field("content-length", "15"), field("content-length", "25"));
    let first = trial.send_on(&mut link, 0, &[UNMEASURED, &[of_first]]);
    let second = trial.send_on(&mut link, 0, &[UNMEASURED, &[of_second]]);
    for _ in 0..5 {
        Trial::data(&mut link, 0, first, b"one");
        Trial::data(&mut link, 0, second, b"other");
    }
    Trial::data(&mut link, END_STREAM, second, b"");
    Trial::data(&mut link, END_STREAM, first, b"");
    has_body(trial, &link.answer(first)?, &b"one".repeat(5))?;
    has_body(trial, &link.answer(second)?, &b"other".repeat(5))
}
