//! What a `Transfer-Encoding` says (RFC 9112 §6.1): `chunked`, alone and once.

use super::{Fault, Group};

/// Other codings, and lists of them.
pub(crate) const CODINGS: Group = Group {
    frame: (
        b"POST /victim HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: ",
        b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ),
    fault: Fault::Head,
    body: "hello",
    pairs: &[
        (501, b"gzip, chunked", b"chunked"),
        (501, b"chunked, gzip", b"chunked"),
        (501, b"gzip", b"chunked"),
        (501, b"deflate, chunked", b"chunked"),
        (501, b"chunked, chunked", b"chunked"),
        (501, b"chunked,chunked", b"chunked"),
        (501, b"identity", b"chunked"),
        (501, b"identity, chunked", b"chunked"),
        (501, b"chunked, identity", b"chunked"),
        (501, b"xchunked", b"chunked"),
        (501, b"chunkedx", b"chunked"),
        (501, b"chunke", b"chunked"),
        (501, b"chun ked", b"chunked"),
        (501, b"chunked chunked", b"chunked"),
        (501, b"chunked;q=1", b"chunked"),
        (501, b"chunked;", b"chunked"),
        (501, b",chunked", b"chunked"),
        (501, b"chunked,", b"chunked"),
        (501, b", chunked", b"chunked"),
        (501, b"\"chunked\"", b"chunked"),
        (501, b"'chunked'", b"chunked"),
        (501, b"", b"chunked"),
        (501, b",", b"chunked"),
        (501, b"chunked\xA0", b"chunked"),
        (501, b"\xA0chunked", b"chunked"),
        (501, b"chun\xC4\xB7ed", b"chunked"),
        (400, b"chunked\x0B", b"chunked"),
        (400, b"\x0Bchunked", b"chunked"),
        (400, b"chunked\x0C", b"chunked"),
        (400, b"\x0Cchunked", b"chunked"),
        (400, b"chunked\x00", b"chunked"),
        (400, b"chunked\x7F", b"chunked"),
        (400, b"chunked\r\nTransfer-Encoding: chunked", b"chunked"),
        (400, b"chunked\r\ntransfer-encoding: Chunked", b"chunked"),
        (501, b"chunked\r\nTransfer-Encoding: identity", b"chunked"),
        (501, b"identity\r\nTransfer-Encoding: chunked", b"chunked"),
        (501, b"chunked\r\nTransfer-Encoding: x", b"chunked"),
        (501, b"chunked\r\nTransfer-Encoding:", b"chunked"),
    ],
};

/// `chunked` in a line that one reader takes and another does not, beside a length: where the line
/// is passed over, the length frames the body, and where it is taken, the chunks do.
pub(crate) const CODINGS_IN_DISGUISE: Group = Group {
    frame: (b"POST /victim HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n", b"\r\n\r\nhello"),
    fault: Fault::Head,
    body: "hello",
    pairs: &[
        (400, b"Transfer-Encoding : chunked", b"X-Encoding: chunked"),
        (400, b"Transfer-Encoding\t: chunked", b"X-Encoding: chunked"),
        (400, b" Transfer-Encoding: chunked", b"X-Encoding: chunked"),
        (400, b"\tTransfer-Encoding: chunked", b"X-Encoding: chunked"),
        (400, b"X: y\r\n Transfer-Encoding: chunked", b"X: y\r\nX-Encoding: chunked"),
        (400, b"Transfer-Encoding:\r\n chunked", b"X-Encoding: chunked"),
        (400, b"Transfer-Encoding: chunked\r\n ,identity", b"X-Encoding: chunked"),
        (400, b"X: y\nTransfer-Encoding: chunked", b"X: y\r\nX-Encoding: chunked"),
        (400, b"X: y\rTransfer-Encoding: chunked", b"X: y\r\nX-Encoding: chunked"),
        (400, b"X: y\n\nTransfer-Encoding: chunked", b"X: y\r\nX-Encoding: chunked"),
        (400, b"X: y\x00Transfer-Encoding: chunked", b"X: y\r\nX-Encoding: chunked"),
        (400, b"\"Transfer-Encoding\": chunked", b"X-Encoding: chunked"),
        (400, b"Transfer Encoding: chunked", b"X-Encoding: chunked"),
        (400, b"Transfer-Encoding\x00: chunked", b"X-Encoding: chunked"),
        (400, b"\x00Transfer-Encoding: chunked", b"X-Encoding: chunked"),
        (400, b"\xEF\xBB\xBFTransfer-Encoding: chunked", b"X-Encoding: chunked"),
        (400, b"Transfer\xC2\xADEncoding: chunked", b"X-Encoding: chunked"),
        (400, b"Transfer-Encoding chunked", b"X-Encoding: chunked"),
        (400, b"Transfer-Encoding=chunked", b"X-Encoding: chunked"),
        (400, b"Transfer-Encoding", b"X-Encoding: chunked"),
    ],
};

/// HTTP/1.0 knows no codings.
pub(crate) const CODINGS_OF_HTTP_10: Group = Group {
    frame: (b"POST /victim HTTP/1.0\r\nConnection: keep-alive\r\n", b"\r\n\r\nhello"),
    fault: Fault::Head,
    body: "hello",
    pairs: &[
        (400, b"Transfer-Encoding: chunked", b"Content-Length: 5"),
        (400, b"Transfer-Encoding: chunked\r\nContent-Length: 5", b"Content-Length: 5"),
        (400, b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"Content-Length: 5"),
        (501, b"Transfer-Encoding: identity\r\nContent-Length: 5", b"Content-Length: 5"),
        (501, b"Transfer-Encoding: gzip, chunked", b"Content-Length: 5"),
    ],
};
