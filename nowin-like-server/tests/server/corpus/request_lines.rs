//! Request lines (RFC 9112 §3): a method, a blank, a target, a blank, a version.

use super::{Fault, Group};

const AFTER: &[u8] = b"\r\nHost: h\r\n\r\n";

/// Lines that do not have these three words.
pub(crate) const REQUEST_LINES: Group = Group {
    frame: (b"", AFTER),
    fault: Fault::Head,
    body: "",
    pairs: &[
        (400, b"GET  /victim HTTP/1.1", b"GET /victim HTTP/1.1"),
        (400, b"GET /victim  HTTP/1.1", b"GET /victim HTTP/1.1"),
        (400, b"GET /victim HTTP/1.1 ", b"GET /victim HTTP/1.1"),
        (400, b"GET /victim HTTP/1.1\t", b"GET /victim HTTP/1.1"),
        (400, b" GET /victim HTTP/1.1", b"GET /victim HTTP/1.1"),
        (400, b"\tGET /victim HTTP/1.1", b"GET /victim HTTP/1.1"),
        (400, b"GET\t/victim HTTP/1.1", b"GET /victim HTTP/1.1"),
        (400, b"GET\t/victim\tHTTP/1.1", b"GET /victim HTTP/1.1"),
        (400, b"GET\x0B/victim HTTP/1.1", b"GET /victim HTTP/1.1"),
        (400, b"GET\xA0/victim HTTP/1.1", b"GET /victim HTTP/1.1"),
        (400, b"GET /victim\x0CHTTP/1.1", b"GET /victim HTTP/1.1"),
        (400, b"GET /victim /other HTTP/1.1", b"GET /victim HTTP/1.1"),
        (400, b"GET /victim HTTP/1.1 HTTP/1.1", b"GET /victim HTTP/1.1"),
        (400, b"GET /victim", b"GET /victim HTTP/1.1"),
        (400, b"GET /victim ", b"GET /victim HTTP/1.1"),
        (400, b"GET  HTTP/1.1", b"GET /victim HTTP/1.1"),
        (400, b"GET HTTP/1.1", b"GET /victim HTTP/1.1"),
        (400, b"GET", b"GET /victim HTTP/1.1"),
        (400, b"/victim GET HTTP/1.1", b"GET /victim HTTP/1.1"),
        (400, b"HTTP/1.1 200 OK", b"GET /victim HTTP/1.1"),
        (400, b"GET /victim HTTP/1.1\x00", b"GET /victim HTTP/1.1"),
        (400, b"\x00GET /victim HTTP/1.1", b"GET /victim HTTP/1.1"),
        (400, b"\xEF\xBB\xBFGET /victim HTTP/1.1", b"GET /victim HTTP/1.1"),
        (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03", b"GET /victim HTTP/1.1"),
    ],
};

/// Methods that are no tokens.
pub(crate) const METHODS: Group = Group {
    frame: (b"", b" /victim HTTP/1.1\r\nHost: h\r\n\r\n"),
    fault: Fault::Head,
    body: "",
    pairs: &[
        (400, b"", b"GET"),
        (400, b"G(T", b"GET"),
        (400, b"G,T", b"GET"),
        (400, b"G/T", b"GET"),
        (400, b"GET:", b"GET"),
        (400, b"\"GET\"", b"GET"),
        (400, b"GE\xC3\x89", b"GET"),
        (400, b"GET\x7F", b"GET"),
        (400, b"G\x1BET", b"GET"),
    ],
};

/// Versions that are none, and those that are not spoken.
pub(crate) const VERSIONS: Group = Group {
    frame: (b"GET /victim ", AFTER),
    fault: Fault::Head,
    body: "",
    pairs: &[
        (400, b"http/1.1", b"HTTP/1.1"),
        (400, b"Http/1.1", b"HTTP/1.1"),
        (400, b"HTTPS/1.1", b"HTTP/1.1"),
        (400, b"HTTP/1.x", b"HTTP/1.1"),
        (400, b"HTTP/1.", b"HTTP/1.1"),
        (400, b"HTTP/.1", b"HTTP/1.1"),
        (400, b"HTTP/1", b"HTTP/1.1"),
        (400, b"HTTP/", b"HTTP/1.1"),
        (400, b"HTTP", b"HTTP/1.1"),
        (400, b"HTTP/11", b"HTTP/1.1"),
        (400, b"HTTP/1.10", b"HTTP/1.1"),
        (400, b"HTTP/01.1", b"HTTP/1.1"),
        (400, b"HTTP/1.01", b"HTTP/1.1"),
        (400, b"HTTP/1.1.1", b"HTTP/1.1"),
        (400, b"HTTP/-1.1", b"HTTP/1.1"),
        (400, b"HTTP/+1.1", b"HTTP/1.1"),
        (400, b"HTTP/1,1", b"HTTP/1.1"),
        (400, b"HTTP /1.1", b"HTTP/1.1"),
        (400, b"HTTP/ 1.1", b"HTTP/1.1"),
        (400, b"HTTP\\1.1", b"HTTP/1.1"),
        (400, b"ICAP/1.0", b"HTTP/1.1"),
        (400, b"HTTP/2.0 x", b"HTTP/1.1"),
        (505, b"HTTP/0.9", b"HTTP/1.1"),
        (505, b"HTTP/1.2", b"HTTP/1.1"),
        (505, b"HTTP/1.9", b"HTTP/1.1"),
        (505, b"HTTP/2.0", b"HTTP/1.1"),
        (505, b"HTTP/3.0", b"HTTP/1.1"),
        (505, b"HTTP/9.9", b"HTTP/1.1"),
    ],
};
