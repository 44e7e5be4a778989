//! The lines of a chunked body (RFC 9112 §7.1).

use super::{Fault, Group, Taken, Then};

const HEAD: &[u8] = b"POST /victim HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Sizes that are not one hexadecimal number.
pub(crate) const SIZES: Group = Group {
    frame: (HEAD, b"\r\nhello\r\n0\r\n\r\n"),
    fault: Fault::Body,
    body: "hello",
    pairs: &[
        (400, b"-5", b"5"),
        (400, b"+5", b"5"),
        (400, b"0x5", b"5"),
        (400, b"x5", b"5"),
        (400, b"5h", b"5"),
        (400, b" 5", b"5"),
        (400, b"\t5", b"5"),
        (400, b"5 ", b"5"),
        (400, b"5\t", b"5"),
        (400, b"5 ;a", b"5;a"),
        (400, b"5 5", b"5"),
        (400, b"5,5", b"5"),
        (400, b"5.0", b"5"),
        (400, b"5_5", b"5"),
        (400, b"\"5\"", b"5"),
        (400, b"", b"5"),
        (400, b";a", b"5;a"),
        (400, b"five", b"5"),
        (400, b"5\x00", b"5"),
        (400, b"5\x0B", b"5"),
        (400, b"5\xA0", b"5"),
        (400, b"\xEF\xBC\x95", b"5"),
    ],
};

/// Sizes that a number of 64 bits does not hold, or with more digits than one needs.
pub(crate) const LONG_SIZES: Group = Group {
    frame: (HEAD, b"\r\nhello\r\n0\r\n\r\n"),
    fault: Fault::Body,
    body: "hello",
    pairs: &[
        (400, b"10000000000000005", b"0000000000000005"),
        (400, b"fffffffffffffffff", b"0000000000000005"),
        (400, b"00000000000000005", b"0000000000000005"),
        (400, b"100000000000000000000000000000005", b"5"),
    ],
};

/// Line ends that are not CRLF, and data of another length than was said.
pub(crate) const LINE_ENDS: Group = Group {
    frame: (HEAD, b""),
    fault: Fault::Body,
    body: "hello",
    pairs: &[
        (400, b"5\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\rhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\r\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\n\rhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"\r\n5\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\r\nhello\n0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\r\nhello\r0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\r\nhello\n\r0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\r\nhello0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\r\nhello!\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\r\nhell\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\r\nhello\r\n\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\r\nhello \r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\r\nhello\r\n0\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\r\nhello\r\n0\r\n\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\r\nhello\r\n0\n\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\r\nhello\r\n0\r\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\r\nhello\r\n0\r\n\r", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\r\nhello\r\n0\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\r\nhello\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
    ],
};

/// Bytes in extensions that one reader may take for a line end.
pub(crate) const EXTENSIONS: Group = Group {
    frame: (HEAD, b"\r\nhello\r\n0\r\n\r\n"),
    fault: Fault::Body,
    body: "hello",
    pairs: &[
        (400, b"5;\n", b"5;a"),
        (400, b"5;a\nb", b"5;a"),
        (400, b"5;a=\nb", b"5;a=b"),
        (400, b"5;a=\"\n\"", b"5;a=\" \""),
        (400, b"5;a\rb", b"5;a"),
        (400, b"5;a\r", b"5;a"),
        (400, b"5;\r", b"5;a"),
        (400, b"5;a=\"\r\"", b"5;a=\" \""),
        (400, b"5;a=\"\r\n\"", b"5;a=\" \""),
        (400, b"5;a\x00", b"5;a"),
        (400, b"5;a\x0B", b"5;a"),
        (400, b"5;a\x1B[0m", b"5;a"),
        (400, b"5;a\x7F", b"5;a"),
        (400, b"5:a", b"5;a"),
        (400, b"5=a", b"5;a"),
        (400, b"5 a", b"5;a"),
        (400, b"5a;\n", b"5;a"),
        (400, b"0;\n", b"5;a"),
    ],
};

/// Extensions of no legal form; in some a reader that knows quotes reads beyond the line's end.
pub(crate) const EXTENSION_GRAMMAR: Group = Group {
    frame: (HEAD, b"\r\nhello\r\n0\r\n\r\n"),
    fault: Fault::Body,
    body: "hello",
    pairs: &[
        (400, b"5;", b"5;a"),
        (400, b"5;;a", b"5;a"),
        (400, b"5;a;", b"5;a"),
        (400, b"5;=b", b"5;a=b"),
        (400, b"5;a=", b"5;a=b"),
        (400, b"5;a=b=c", b"5;a=b"),
        (400, b"5;a b", b"5;a"),
        (400, b"5;a=b c", b"5;a=b"),
        (400, b"5;a,b", b"5;a;b"),
        (400, b"5;a=\"b", b"5;a=\"b\""),
        (400, b"5;a=\"b\\\"", b"5;a=\"b\\\"\""),
        (400, b"5;a=\"b\"c", b"5;a=\"b\""),
        (400, b"5;a=b\"c\"", b"5;a=\"c\""),
        (400, b"5;\"a\"", b"5;a"),
        (400, b"5;\xE9", b"5;a"),
    ],
};

/// Lines behind the last chunk that are no fields, or that nobody may send there.
pub(crate) const TRAILERS: Group = Group {
    frame: (
        b"POST /victim HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        b"\r\n\r\n",
    ),
    fault: Fault::Body,
    body: "hello",
    pairs: &[
        (400, b"A : b", b"A: b"),
        (400, b"A", b"A: b"),
        (400, b": b", b"A: b"),
        (400, b" A: b", b"A: b"),
        (400, b"A: b\r\n c", b"A: b"),
        (400, b"A: b\nC: d", b"A: b\r\nC: d"),
        (400, b"A: b\rC: d", b"A: b\r\nC: d"),
        (400, b"A: b\n", b"A: b"),
        (400, b"A: b\x00", b"A: b"),
        (400, b"A: \x1B", b"A: b"),
        (400, b"A(: b", b"A: b"),
        (400, b"GET /smuggled HTTP/1.1", b"A: b"),
        (400, b"Content-Length: 5", b"X-Length: 5"),
        (400, b"Transfer-Encoding: chunked", b"X-Encoding: chunked"),
        (400, b"Host: other", b"X-Host: other"),
        (400, b"Connection: close", b"X-Connection: close"),
        (400, b"Trailer: A", b"X-Trailer: A"),
    ],
};

/// Chunks that look odd and are legal.
pub(crate) const LAST_CHUNKS: &[Taken] = &[
    Taken {
        bytes: b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\
            005\r\nhello\r\n0000\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200, 200],
        seen: &[("/a", "hello"), ("/b", "")],
        then: Then::Open,
    },
    Taken {
        bytes: b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\
            a\r\n0\r\n\r\nGET /\r\nA;x=\"0\\\"\";y\r\n0123456789\r\n0;last\r\n\r\n\
            GET /b HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200, 200],
        seen: &[("/a", "0\r\n\r\nGET /0123456789"), ("/b", "")],
        then: Then::Open,
    },
    Taken {
        bytes: b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \t chunked \t\r\n\r\n\
            0\r\nX: 0\r\nY:\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200, 200],
        seen: &[("/a", ""), ("/b", "")],
        then: Then::Open,
    },
];
