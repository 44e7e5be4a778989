//! `Content-Length` (RFC 9110 §8.6, RFC 9112 §6.3).

use crate::check::{Check, Level, Profile, Proof, incident, rfc9110, rfc9112};
use crate::judge::{Or, Refusal, Where};

const HEAD: &[u8] = b"POST {target} HTTP/1.1\r\nHost: {host}\r\n";

/// A body of five bytes, whose length is the part that differs.
const FRAME: (&[u8], &[u8]) =
    (b"POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length:", b"\r\n\r\nhello");

const INVALID: crate::check::Clause = rfc9112(
    "6.3",
    "an invalid Content-Length without Transfer-Encoding is an error nobody can recover from: 400, \
     and the connection closes",
);

const MEANS: &str = "a proxy that reads the length otherwise forwards a part of the body as the \
                     next request, with somebody else's rights";

pub(in crate::checks) const LENGTHS: &[Check] = &[
    Check {
        id: "SM-01",
        slug: "length-beside-chunks",
        title: "A length beside chunks is refused, or the chunks count and the connection ends",
        level: Level::Must,
        profile: Profile::Smuggling,
        clauses: &[rfc9112(
            "6.1",
            "a request with Content-Length and Transfer-Encoding is refused, or read by its coding \
             alone; either way the connection closes after the answer",
        )],
        seeds: "HT-01, attack 1",
        means: MEANS,
        fix: "refuse a head with both fields before anything else looks at them",
        proof: Proof::Refuses(Refusal {
            frame: (HEAD, b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
            pairs: &[
                (b"Content-Length: 15\r\n", b""),
                (b"Content-Length: 5\r\n", b""),
                (b"Content-Length: 0\r\n", b""),
            ],
            defect_in: Where::Framing,
            or: Or::Ends,
        }),
    },
    Check {
        id: "SM-02",
        slug: "two-lengths",
        title: "Two lengths that differ are refused",
        level: Level::Must,
        profile: Profile::Smuggling,
        clauses: &[INVALID, rfc9110("8.6", "several lengths are valid only where they agree")],
        seeds: "HT-02, attack 1",
        means: MEANS,
        fix: "count the lines of Content-Length; a map that keeps the last one hides the others",
        proof: Proof::Refuses(Refusal {
            frame: (HEAD, b"\r\n\r\nhello"),
            pairs: &[
                (b"Content-Length: 6\r\nContent-Length: 5", b"Content-Length: 5"),
                (b"Content-Length: 5\r\nContent-Length: 6", b"Content-Length: 5"),
                (b"Content-Length: 0\r\nX: y\r\ncontent-length: 5", b"X: y\r\ncontent-length: 5"),
            ],
            defect_in: Where::Framing,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "SM-03",
        slug: "listed-lengths",
        title: "A list of lengths that differ is refused",
        level: Level::Must,
        profile: Profile::Smuggling,
        clauses: &[INVALID, rfc9110("8.6", "a list is valid only where all its lengths agree")],
        seeds: "HT-03, attack 1",
        means: MEANS,
        fix: "let nothing but digits be a length; a parser that stops at the comma takes the first",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            // `5,` would be no list of lengths that differ: empty elements count for nothing.
            pairs: &[(b" 5, 6", b" 5"), (b" 6,5", b" 5"), (b" 5,5,6", b" 5")],
            defect_in: Where::Framing,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "SM-04",
        slug: "odd-length",
        title: "A length that is not all digits is refused",
        level: Level::Must,
        profile: Profile::Smuggling,
        clauses: &[INVALID, rfc9110("8.6", "a length is one or more decimal digits")],
        seeds: "HT-03, attack 1",
        means: MEANS,
        fix: "test each byte for being a digit; number parsers take signs, blanks and prefixes",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[
                (b" +5", b" 5"),
                (b" -5", b" 5"),
                (b" 0x5", b" 5"),
                (b" 5x", b" 5"),
                (b" 5.0", b" 5"),
                (b" 5e0", b" 5"),
                (b" 1_0", b" 5"),
                (b" 5 5", b" 5"),
                (b" \"5\"", b" 5"),
                (b" five", b" 5"),
                (b"", b" 5"),
            ],
            defect_in: Where::Framing,
            or: Or::Nothing,
        }),
    },
    Check {
        id: "SM-05",
        slug: "huge-length",
        title: "A length over 64 bits does not wrap to a small one",
        level: Level::Must,
        profile: Profile::Smuggling,
        clauses: &[
            rfc9110("8.6", "a recipient must anticipate large numbers and prevent overflows"),
            incident("CVE-2021-32714", "a sum that overflowed made a long message a short one"),
        ],
        seeds: "HT-03, attack 1",
        means: MEANS,
        fix: "use checked arithmetic, and refuse what does not fit",
        proof: Proof::Refuses(Refusal {
            frame: FRAME,
            pairs: &[(b" 18446744073709551621", b" 5"), (b" 4294967296000000000005", b" 5")],
            defect_in: Where::Framing,
            or: Or::Waits,
        }),
    },
];
