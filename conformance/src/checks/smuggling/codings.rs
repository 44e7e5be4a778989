//! `Transfer-Encoding` (RFC 9112 §6.1): `chunked`, alone and once.

use crate::check::{Check, Level, Profile, Proof, incident, rfc9112};
use crate::judge::{Or, Refusal, Where};

const FRAME: (&[u8], &[u8]) = (
    b"POST {target} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: ",
    b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
);

/// A line that some would read as `Transfer-Encoding: chunked` beside a length: where it is passed
/// over, the length frames the body, and where it is taken, the chunks do.
const DISGUISE: (&[u8], &[u8]) = (
    b"POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 15\r\n",
    b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
);

const MEANS: &str = "a proxy that reads the coding otherwise takes another end of the message, and \
                     what is left becomes the next request";

pub(in crate::checks) const CODINGS: &[Check] = &[
    Check {
        id: "SM-06",
        slug: "unknown-coding",
        title: "A coding that is not known is refused, and not passed over",
        level: Level::Must,
        profile: Profile::Smuggling,
        clauses: &[
            rfc9112("6.1", "a coding that a server does not understand is answered by 501"),
            rfc9112("6.3", "where chunked is not the last coding: 400, and the connection closes"),
        ],
        seeds: "HT-04, attack 1",
        means: MEANS,
        fix: "compare the whole value with `chunked`; do not look for the word in it",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[
                (b"xchunked", b"chunked"),
                (b"chunkedx", b"chunked"),
                (b"chunke", b"chunked"),
                (b"chun ked", b"chunked"),
                (b"cow", b"chunked"),
                (b"\"chunked\"", b"chunked"),
            ],
            defect_in: Where::Framing,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "SM-07",
        slug: "chunked-not-last",
        title: "A list of codings that does not end with chunked is refused",
        level: Level::Must,
        profile: Profile::Smuggling,
        clauses: &[rfc9112(
            "6.3",
            "where chunked is not the last coding of a request its length is not known: 400, and \
             the connection closes; 501 says as much where the coding is not known",
        )],
        seeds: "HT-04, attack 1",
        means: MEANS,
        fix: "look at the last coding of all lines together, and refuse all but chunked",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[
                (b"chunked, gzip", b"chunked"),
                (b"chunked, identity", b"chunked"),
                (b"chunked\r\nTransfer-Encoding: gzip", b"chunked"),
            ],
            defect_in: Where::Framing,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "SM-08",
        slug: "chunked-twice",
        title: "Chunks that are said to be chunked twice are refused",
        level: Level::DeFacto,
        profile: Profile::Smuggling,
        clauses: &[
            rfc9112("6.1", "nobody may apply chunked to a message more than once"),
            incident("HTTP Desync Attacks (2019)", "one of two readers stopped at the first line"),
        ],
        seeds: "HT-04, attack 1",
        means: MEANS,
        fix: "refuse every value but a single `chunked`, and a second line",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[
                (b"chunked, chunked", b"chunked"),
                (b"chunked\r\nTransfer-Encoding: chunked", b"chunked"),
            ],
            defect_in: Where::Framing,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "SM-09",
        slug: "coding-in-http-10",
        title: "A coding in an HTTP/1.0 request is refused, or the connection ends after it",
        level: Level::Must,
        profile: Profile::Smuggling,
        clauses: &[rfc9112(
            "6.1",
            "a coding in an HTTP/1.0 message means that its framing is faulty: the connection \
             closes after it, even where there is a length",
        )],
        seeds: "HT-05, attack 1",
        means: MEANS,
        fix: "look at the version before the coding; 1.0 knows none",
        proof: Proof::Refuses(Refusal {
            frame: (
                b"POST {target} HTTP/1.0\r\nHost: {host}\r\nConnection: keep-alive\r\n",
                b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            ),
            pairs: &[
                (b"Transfer-Encoding: chunked", b"Content-Length: 15"),
                (b"Content-Length: 15\r\nTransfer-Encoding: chunked", b"Content-Length: 15"),
            ],
            defect_in: Where::Framing,
            or: Or::Ends,
        }),
    },
    Check {
        id: "SM-10",
        slug: "coding-behind-a-blank",
        title: "A coding whose name has a blank before its colon is refused",
        level: Level::Must,
        profile: Profile::Smuggling,
        clauses: &[rfc9112("5.1", "whitespace between a field name and its colon: 400")],
        seeds: "HT-04, HT-11, attack 1, attack 3",
        means: MEANS,
        fix: "refuse every name that is no token, whatever the field is",
        proof: Proof::Refuses(Refusal {
            frame: DISGUISE,
            pairs: &[
                (b"Transfer-Encoding : chunked", b"X: chunked"),
                (b"Transfer-Encoding\t: chunked", b"X: chunked"),
            ],
            defect_in: Where::Framing,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "SM-11",
        slug: "coding-in-disguise",
        title: "A line that only some would read as a coding is refused",
        level: Level::Should,
        profile: Profile::Smuggling,
        clauses: &[
            rfc9112("2.2", "what does not match the grammar of a message: 400, and it closes"),
            incident(
                "HTTP Desync Attacks (2019)",
                "each of these was read in two ways by somebody",
            ),
        ],
        seeds: "HT-04, HT-10, attack 1, attack 3",
        means: MEANS,
        fix: "refuse control bytes in names and values; trim nothing but blanks and tabs",
        proof: Proof::Refuses(Refusal {
            frame: DISGUISE,
            pairs: &[
                (b"Transfer-Encoding: \x0Bchunked", b"X: chunked"),
                (b"Transfer-Encoding: chunked\x0C", b"X: chunked"),
                (b"\x00Transfer-Encoding: chunked", b"X: chunked"),
                (b"Transfer-Encoding\x00: chunked", b"X: chunked"),
                (b"Transfer Encoding: chunked", b"X: chunked"),
            ],
            defect_in: Where::Framing,
            or: Or::Nothing,
        }),
    },
];
