//! The field lines of a head (RFC 9112 §5).

use super::{Fault, Group};

const BEFORE: &[u8] = b"GET /victim HTTP/1.1\r\nHost: h\r\n";
const AFTER: &[u8] = b"\r\n\r\n";

/// Names that are no tokens, and lines without one.
pub(crate) const NAMES: Group = Group {
    frame: (BEFORE, AFTER),
    fault: Fault::Head,
    body: "",
    pairs: &[
        (400, b"Foo : x", b"Foo: x"),
        (400, b"Foo\t: x", b"Foo: x"),
        (400, b"Foo \t : x", b"Foo: x"),
        (400, b"Fo o: x", b"Foo: x"),
        (400, b": x", b"Foo: x"),
        (400, b" : x", b"Foo: x"),
        (400, b":", b"Foo:"),
        (400, b"Foo", b"Foo:"),
        (400, b"Foo x", b"Foo: x"),
        (400, b"Foo=x", b"Foo: x"),
        (400, b"Foo(: x", b"Foo: x"),
        (400, b"Foo/1: x", b"Foo-1: x"),
        (400, b"Foo[0]: x", b"Foo0: x"),
        (400, b"{Foo}: x", b"Foo: x"),
        (400, b"\"Foo\": x", b"Foo: x"),
        (400, b"Foo@h: x", b"Foo: x"),
        (400, b"Foo,Bar: x", b"Foo: x"),
        (400, b"Foo;: x", b"Foo: x"),
        (400, b"<Foo>: x", b"Foo: x"),
        (400, b"Foo?: x", b"Foo: x"),
        (400, b"Foo\\: x", b"Foo: x"),
        (400, b"Foo\x00: x", b"Foo: x"),
        (400, b"Foo\x0B: x", b"Foo: x"),
        (400, b"Foo\x7F: x", b"Foo: x"),
        (400, b"F\xC3\xB6\xC3\xB6: x", b"Foo: x"),
        (400, b"\xEF\xBB\xBFFoo: x", b"Foo: x"),
        (400, b"GET /smuggled HTTP/1.1", b"Foo: x"),
    ],
};

/// Lines that go on in the next (RFC 9112 §5.2).
pub(crate) const FOLDS: Group = Group {
    frame: (BEFORE, AFTER),
    fault: Fault::Head,
    body: "",
    pairs: &[
        (400, b"X: a\r\n b", b"X: a\r\nY: b"),
        (400, b"X: a\r\n\tb", b"X: a\r\nY: b"),
        (400, b"X:\r\n a", b"X: a"),
        (400, b"X: a\r\n ", b"X: a"),
        (400, b"X: a\r\n \r\n b", b"X: a\r\nY: b"),
        (400, b"X: a\r\n Host: other", b"X: a\r\nY: other"),
        (400, b"X: a\r\n Content-Length: 40", b"X: a\r\nY: 40"),
        (400, b"X: a\r\n\tTransfer-Encoding: chunked", b"X: a\r\nY: chunked"),
        (400, b"Content-Length:\r\n 0", b"Content-Length: 0"),
        (400, b"Connection: x,\r\n close", b"Connection: x"),
    ],
};

/// A first line of the header that begins with a blank (RFC 9112 §2.2).
pub(crate) const FIRST_LINES: Group = Group {
    frame: (b"GET /victim HTTP/1.1\r\n", b"\r\nHost: h\r\n\r\n"),
    fault: Fault::Head,
    body: "",
    pairs: &[
        (400, b" Host: other", b"X: other"),
        (400, b"\tX: a", b"X: a"),
        (400, b" ", b"X:"),
        (400, b" X: a", b"X: a"),
    ],
};

/// Line ends that are not CRLF, and CRs on their own.
pub(crate) const LINE_ENDS_OF_HEADS: Group = Group {
    frame: (b"", b""),
    fault: Fault::Head,
    body: "",
    pairs: &[
        (400, b"GET /victim HTTP/1.1\nHost: h\r\n\r\n", b"GET /victim HTTP/1.1\r\nHost: h\r\n\r\n"),
        (400, b"GET /victim HTTP/1.1\rHost: h\r\n\r\n", b"GET /victim HTTP/1.1\r\nHost: h\r\n\r\n"),
        (400, b"GET /victim HTTP/1.1\r\nHost: h\n\r\n", b"GET /victim HTTP/1.1\r\nHost: h\r\n\r\n"),
        (400, b"GET /victim HTTP/1.1\r\nHost: h\r\n\n", b"GET /victim HTTP/1.1\r\nHost: h\r\n\r\n"),
        (400, b"GET /victim HTTP/1.1\r\nHost: h\n\n", b"GET /victim HTTP/1.1\r\nHost: h\r\n\r\n"),
        (400, b"GET /victim HTTP/1.1\nHost: h\n\n", b"GET /victim HTTP/1.1\r\nHost: h\r\n\r\n"),
        (
            400,
            b"GET /victim HTTP/1.1\r\nHost: h\r\r\n\r\n",
            b"GET /victim HTTP/1.1\r\nHost: h\r\n\r\n",
        ),
        (
            400,
            b"GET /victim HTTP/1.1\r\r\nHost: h\r\n\r\n",
            b"GET /victim HTTP/1.1\r\nHost: h\r\n\r\n",
        ),
        (
            400,
            b"GET /victim HTTP/1.1\r\nHost: h\r\n\r\r\n\r\n",
            b"GET /victim HTTP/1.1\r\nHost: h\r\n\r\n",
        ),
        (
            400,
            b"\nGET /victim HTTP/1.1\r\nHost: h\r\n\r\n",
            b"GET /victim HTTP/1.1\r\nHost: h\r\n\r\n",
        ),
        (
            400,
            b"\rGET /victim HTTP/1.1\r\nHost: h\r\n\r\n",
            b"GET /victim HTTP/1.1\r\nHost: h\r\n\r\n",
        ),
        (
            400,
            b"GET /victim HTTP/1.1\r\nHost: h\r\nX: a\nY: b\r\n\r\n",
            b"GET /victim HTTP/1.1\r\nHost: h\r\nX: a\r\nY: b\r\n\r\n",
        ),
        (
            400,
            b"GET /victim HTTP/1.1\r\nHost: h\r\nX: a\rY: b\r\n\r\n",
            b"GET /victim HTTP/1.1\r\nHost: h\r\nX: a\r\nY: b\r\n\r\n",
        ),
        (
            400,
            b"GET /victim HTTP/1.1\r\nHost: h\r\nX\r: a\r\n\r\n",
            b"GET /victim HTTP/1.1\r\nHost: h\r\nX: a\r\n\r\n",
        ),
        (
            400,
            b"GET /victim HTTP/1.1\r\nHost: h\r\n\rX: a\r\n\r\n",
            b"GET /victim HTTP/1.1\r\nHost: h\r\nX: a\r\n\r\n",
        ),
        (
            400,
            b"GET /victim HTTP/1.1\r\nHost: h\r\nX: a\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
            b"GET /victim HTTP/1.1\r\nHost: h\r\nX: a\r\n\r\n",
        ),
    ],
};

/// Bytes in values that a reader may stop at.
pub(crate) const VALUES: Group = Group {
    frame: (b"GET /victim HTTP/1.1\r\nHost: h\r\nX: ", AFTER),
    fault: Fault::Head,
    body: "",
    pairs: &[
        (400, b"a\x00b", b"ab"),
        (400, b"\x00", b""),
        (400, b"a\x01b", b"ab"),
        (400, b"a\x08b", b"ab"),
        (400, b"a\x0Bb", b"a\tb"),
        (400, b"a\x0Cb", b"a\tb"),
        (400, b"\x1B[31m", b"[31m"),
        (400, b"a\x7Fb", b"a\xFFb"),
        (400, b"a\rb", b"a b"),
    ],
};
