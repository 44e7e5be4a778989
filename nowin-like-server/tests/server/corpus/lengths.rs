//! What a `Content-Length` says, and what stands beside it (RFC 9112 §6.2 and §6.3).

use super::{Fault, Group};

/// Lengths that are not one decimal number.
pub(crate) const LENGTHS: Group = Group {
    frame: (b"POST /victim HTTP/1.1\r\nHost: h\r\nContent-Length: ", b"\r\n\r\nhello"),
    fault: Fault::Head,
    body: "hello",
    pairs: &[
        (400, b"+5", b"5"),
        (400, b"-5", b"5"),
        (400, b"+0", b"5"),
        (400, b"-0", b"5"),
        (400, b"0x5", b"5"),
        (400, b"5h", b"5"),
        (400, b"5,5", b"5"),
        (400, b"5, 5", b"5"),
        (400, b",5", b"5"),
        (400, b"5,", b"5"),
        (400, b"5 5", b"5"),
        (400, b"5\t0", b"5"),
        (400, b"5;", b"5"),
        (400, b"5;q=1", b"5"),
        (400, b"\"5\"", b"5"),
        (400, b"5.0", b"5"),
        (400, b"1e1", b"5"),
        (400, b"5_0", b"5"),
        (400, b"five", b"5"),
        (400, b"", b"5"),
        (400, b" ", b"5"),
        (400, b"18446744073709551616", b"5"),
        (400, b"18446744073709551621", b"5"),
        (400, b"99999999999999999999999999999999999999", b"5"),
        (400, b"5\xD9\xA3", b"5"),
        (400, b"\xEF\xBC\x95", b"5"),
        (400, b"5\xA0", b"5"),
        (400, b"5\x0B", b"5"),
        (400, b"5\x0C", b"5"),
        (400, b"5\x00", b"5"),
    ],
};

/// More than one length, whether or not they agree.
pub(crate) const REPEATED: Group = Group {
    frame: (b"POST /victim HTTP/1.1\r\nHost: h\r\n", b"\r\n\r\nhello"),
    fault: Fault::Head,
    body: "hello",
    pairs: &[
        (400, b"Content-Length: 5\r\nContent-Length: 6", b"Content-Length: 5"),
        (400, b"Content-Length: 6\r\nContent-Length: 5", b"Content-Length: 5"),
        (400, b"Content-Length: 5\r\nContent-Length: 5", b"Content-Length: 5"),
        (400, b"Content-Length: 5\r\ncontent-LENGTH: 5", b"Content-Length: 5"),
        (400, b"Content-Length: 5\r\nX: y\r\nContent-Length: 5", b"X: y\r\nContent-Length: 5"),
        (400, b"Content-Length: 0\r\nContent-Length: 5", b"Content-Length: 5"),
        (400, b"Content-Length: 5\r\nContent-Length: 0", b"Content-Length: 5"),
        (400, b"Content-Length: 5\r\nContent-Length: +5", b"Content-Length: 5"),
        (400, b"Content-Length: 5\r\nContent-Length:", b"Content-Length: 5"),
        (400, b"Content-Length: 5\r\nContent-Length : 0", b"Content-Length: 5"),
        (400, b"Content-Length : 0\r\nContent-Length: 5", b"Content-Length: 5"),
        (400, b"X: y\r\n Content-Length: 0\r\nContent-Length: 5", b"Content-Length: 5"),
        (400, b"X: y\nContent-Length: 0\r\nContent-Length: 5", b"Content-Length: 5"),
    ],
};

/// A length beside chunks. `0\r\n\r\n` are five bytes: each of two readers finds a whole body.
pub(crate) const BOTH: Group = Group {
    frame: (b"POST /victim HTTP/1.1\r\nHost: h\r\n", b"\r\n\r\n0\r\n\r\n"),
    fault: Fault::Head,
    body: "",
    pairs: &[
        (400, b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        (400, b"Transfer-Encoding: chunked\r\nContent-Length: 5", b"Transfer-Encoding: chunked"),
        (400, b"Content-Length: 0\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        (400, b"Transfer-Encoding: chunked\r\nContent-Length: 0", b"Transfer-Encoding: chunked"),
        (400, b"Content-Length: 40\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        (400, b"Transfer-Encoding: chunked\r\nContent-Length: 40", b"Transfer-Encoding: chunked"),
        (400, b"content-length: 5\r\nTRANSFER-ENCODING: CHUNKED", b"TRANSFER-ENCODING: CHUNKED"),
        (
            400,
            b"Content-Length: 5\r\nX: y\r\nTransfer-Encoding: chunked",
            b"X: y\r\nTransfer-Encoding: chunked",
        ),
        (400, b"Content-Length: +5\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        (400, b"Transfer-Encoding: chunked\r\nContent-Length: x", b"Transfer-Encoding: chunked"),
        (501, b"Content-Length: 5\r\nTransfer-Encoding: xchunked", b"Transfer-Encoding: chunked"),
        (501, b"Transfer-Encoding: identity\r\nContent-Length: 5", b"Transfer-Encoding: chunked"),
        (
            400,
            b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: Transfer-Encoding",
            b"Transfer-Encoding: chunked\r\nConnection: Transfer-Encoding",
        ),
    ],
};

/// Lengths in HTTP/1.0, on a connection that the client keeps.
pub(crate) const LENGTHS_OF_HTTP_10: Group = Group {
    frame: (b"POST /victim HTTP/1.0\r\nConnection: keep-alive\r\n", b"\r\n\r\nhello"),
    fault: Fault::Head,
    body: "hello",
    pairs: &[
        (400, b"Content-Length: +5", b"Content-Length: 5"),
        (400, b"Content-Length: 5,5", b"Content-Length: 5"),
        (400, b"Content-Length: 5\r\nContent-Length: 6", b"Content-Length: 5"),
        (400, b"Content-Length: 5\r\nContent-Length: 5", b"Content-Length: 5"),
    ],
};
