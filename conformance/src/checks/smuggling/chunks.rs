//! The lines of a chunked body (RFC 9112 §7.1).

use crate::check::{Check, Level, Profile, Proof, incident, rfc9112};
use crate::judge::{Or, Refusal, Where};

const HEAD: &[u8] = b"POST {target} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n";

const GRAMMAR: crate::check::Clause =
    rfc9112("2.2", "what does not match the grammar of a message: 400, and it closes");

const MEANS: &str = "a proxy that reads the chunk otherwise takes other bytes for the next request";

pub(in crate::checks) const CHUNKS: &[Check] = &[
    Check {
        id: "SM-12",
        slug: "odd-chunk-size",
        title: "A chunk size that is not all hexadecimal digits is refused",
        level: Level::Should,
        profile: Profile::Smuggling,
        clauses: &[GRAMMAR, rfc9112("7.1", "a size is one or more hexadecimal digits")],
        seeds: "HT-06, attack 1",
        means: MEANS,
        fix: "test each byte for being a digit; number parsers take signs, blanks and prefixes",
        proof: Proof::Refuses(Refusal {
            frame: (HEAD, b"\r\nhello\r\n0\r\n\r\n"),
            pairs: &[
                (b"+5", b"5"),
                (b"-5", b"5"),
                (b"0x5", b"5"),
                (b"5x", b"5"),
                (b"5_", b"5"),
                (b"5.0", b"5"),
                (b"5 5", b"5"),
                (b"5,5", b"5"),
                (b";a", b"5;a"),
                (b"", b"5"),
            ],
            defect_in: Where::Body,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "SM-13",
        slug: "huge-chunk-size",
        title: "A chunk size over 64 bits does not wrap to a small one",
        level: Level::Must,
        profile: Profile::Smuggling,
        clauses: &[
            rfc9112("7.1", "a recipient must anticipate large sizes and prevent overflows"),
            incident("CVE-2021-32714", "a size that overflowed made a long chunk a short one"),
        ],
        seeds: "HT-06, attack 1",
        means: MEANS,
        fix: "count the digits, or use checked arithmetic",
        proof: Proof::Refuses(Refusal {
            frame: (HEAD, b"\r\nhello\r\n0\r\n\r\n"),
            pairs: &[(b"10000000000000005", b"5"), (b"100000000000000000000000000000005", b"5")],
            defect_in: Where::Body,
            or: Or::Waits,
        }),
    },
    Check {
        id: "SM-14",
        slug: "chunk-without-its-end",
        title: "Data of a chunk that no CRLF follows is refused",
        level: Level::Should,
        profile: Profile::Smuggling,
        clauses: &[GRAMMAR, rfc9112("7.1", "a CRLF follows the data of a chunk")],
        seeds: "HT-07, attack 2",
        means: MEANS,
        fix: "compare the two bytes behind the data, and do not only step over them",
        proof: Proof::Refuses(Refusal {
            frame: (HEAD, b"0\r\n\r\n"),
            pairs: &[
                (b"5\r\nhelloXX", b"5\r\nhello\r\n"),
                (b"4\r\nhello\r\n", b"5\r\nhello\r\n"),
                (b"5\r\nhello\rX", b"5\r\nhello\r\n"),
            ],
            defect_in: Where::Body,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "SM-15",
        slug: "line-feed-in-an-extension",
        title: "A line feed alone in a chunk extension is refused",
        level: Level::Should,
        profile: Profile::Smuggling,
        clauses: &[
            GRAMMAR,
            incident(
                "CVE-2025-55315",
                "an LF in an extension was passed over by one of two readers",
            ),
        ],
        seeds: "HT-06, attack 2",
        means: MEANS,
        fix: "end a line of chunks with CRLF and nothing else",
        proof: Proof::Refuses(Refusal {
            frame: (HEAD, b"hello\r\n0\r\n\r\n"),
            pairs: &[(b"5;\n\r\n", b"5;a\r\n"), (b"5;a\nb\r\n", b"5;ab\r\n")],
            defect_in: Where::Body,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "SM-16",
        slug: "line-feed-behind-a-chunk",
        title: "A line of chunks that ends with a line feed alone is refused",
        level: Level::Should,
        profile: Profile::Smuggling,
        clauses: &[
            GRAMMAR,
            rfc9112(
                "7.1",
                "a line of chunks ends with CRLF; only those of heads may be read otherwise",
            ),
        ],
        seeds: "HT-06, attack 2",
        means: MEANS,
        fix: "end a line of chunks with CRLF and nothing else",
        proof: Proof::Refuses(Refusal {
            frame: (HEAD, b""),
            pairs: &[
                (b"5\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
                (b"5\rhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
                (b"5\r\nhello\n0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
            ],
            defect_in: Where::Body,
            or: Or::Nothing,
        }),
    },
];
