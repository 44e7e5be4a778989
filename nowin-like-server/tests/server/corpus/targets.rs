//! Targets (RFC 9112 §3.2): four forms, and what may stand in them.

use super::{Fault, Group, Taken, Then};

const AFTER: &[u8] = b" HTTP/1.1\r\nHost: h\r\n\r\n";

/// Targets in none of the forms, or in a form that the method does not have.
pub(crate) const FORMS: Group = Group {
    frame: (b"", AFTER),
    fault: Fault::Head,
    body: "",
    pairs: &[
        (400, b"GET victim", b"GET /victim"),
        (400, b"GET ?victim", b"GET /victim"),
        (400, b"GET ./victim", b"GET /victim"),
        (400, b"GET \\victim", b"GET /victim"),
        (400, b"GET %2Fvictim", b"GET /victim"),
        (400, b"GET *", b"GET /victim"),
        (400, b"OPTIONS *x", b"OPTIONS /victim"),
        (400, b"OPTIONS *?x", b"OPTIONS /victim"),
        (400, b"OPTIONS **", b"OPTIONS /victim"),
        (400, b"GET h:80", b"GET /victim"),
        (400, b"GET h", b"GET /victim"),
        (501, b"CONNECT h:80", b"GET /victim"),
        (400, b"CONNECT /victim", b"GET /victim"),
        (400, b"CONNECT http://h/victim", b"GET http://h/victim"),
        (400, b"CONNECT *", b"GET /victim"),
        (400, b"GET /victim#there", b"GET /victim"),
        (400, b"GET #victim", b"GET /victim"),
        (400, b"GET /victim?a#b", b"GET /victim?a"),
        (400, b"GET /%00victim", b"GET /%20victim"),
        (400, b"GET /victim/%00", b"GET /victim/%01"),
        (400, b"GET http://h/victim%00", b"GET http://h/victim"),
    ],
};

/// Absolute targets with an authority that is none, and of schemes that are not served.
pub(crate) const SCHEMES: Group = Group {
    frame: (b"GET ", AFTER),
    fault: Fault::Head,
    body: "",
    pairs: &[
        (400, b"ftp://h/victim", b"http://h/victim"),
        (400, b"ws://h/victim", b"http://h/victim"),
        (400, b"file:///victim", b"http://h/victim"),
        (400, b"javascript:alert(1)", b"http://h/victim"),
        (400, b"://h/victim", b"http://h/victim"),
        (400, b"http:/victim", b"http://h/victim"),
        (400, b"http:victim", b"http://h/victim"),
        (400, b"http:///victim", b"http://h/victim"),
        (400, b"http://", b"http://h/victim"),
        (400, b"http://?victim", b"http://h?victim"),
        (400, b"http://u@h/victim", b"http://h/victim"),
        (400, b"http://u:p@h/victim", b"http://h/victim"),
        (400, b"http://@h/victim", b"http://h/victim"),
        (400, b"http://h:x/victim", b"http://h:1/victim"),
        (400, b"http://h:65536/victim", b"http://h:65535/victim"),
        (400, b"http://h:-1/victim", b"http://h:1/victim"),
        (400, b"http://h:80:80/victim", b"http://h:80/victim"),
        (400, b"http://:80/victim", b"http://h:80/victim"),
        (400, b"http://[::1/victim", b"http://[::1]/victim"),
        (400, b"http://::1/victim", b"http://[::1]/victim"),
        (400, b"http://[::1]x/victim", b"http://[::1]/victim"),
        (400, b"http://h\\other/victim", b"http://h/victim"),
        (400, b"http://h%zz/victim", b"http://h/victim"),
        (421, b"https://h/victim", b"http://h/victim"),
        (421, b"HTTPS://h/victim", b"HTTP://h/victim"),
        (421, b"https://h:80/victim", b"http://h:80/victim"),
    ],
};

/// Bytes in a target that must not reach a path, a log or a page.
pub(crate) const CONTROLS: Group = Group {
    frame: (b"GET /victim", AFTER),
    fault: Fault::Head,
    body: "",
    pairs: &[
        (400, b"\x00", b"%01"),
        (400, b"\x01", b"%01"),
        (400, b"\x07", b"%07"),
        (400, b"\x08", b"%08"),
        (400, b"\t", b"%09"),
        (400, b"\x0B", b"%0B"),
        (400, b"\x0C", b"%0C"),
        (400, b"\x1B[2J", b"%1B[2J"),
        (400, b"\x1B]0;title\x07", b"%1B]0;title%07"),
        (400, b"\x7F", b"%7F"),
        (400, b"\xE9", b"%E9"),
        (400, b"\xC2\x9B2J", b"%C2%9B2J"),
        (400, b"\xE2\x80\xAE", b"%E2%80%AE"),
        (400, b"?a\x1B", b"?a%1B"),
        (400, b"\r\nX: y", b"%0D%0AX:y"),
        (400, b"\nX: y", b"%0AX:y"),
        (400, b"\rX: y", b"%0DX:y"),
    ],
};

/// What is encoded is taken as it was sent: none of it becomes a line, a request or another target.
pub(crate) const ENCODED: &[Taken] = &[
    Taken {
        bytes: b"GET /a%20HTTP/1.1%0D%0AHost:%20h%0D%0A%0D%0AGET%20/smuggled HTTP/1.1\r\n\
            Host: h\r\n\r\n",
        answers: &[200],
        seen: &[("/a%20HTTP/1.1%0D%0AHost:%20h%0D%0A%0D%0AGET%20/smuggled", "")],
        then: Then::Open,
    },
    Taken {
        bytes: b"GET /a?%0D%0ASet-Cookie:%20a=b%00 HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200],
        seen: &[("/a?%0D%0ASet-Cookie:%20a=b%00", "")],
        then: Then::Open,
    },
    Taken {
        bytes: b"GET /%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200],
        seen: &[("/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "")],
        then: Then::Open,
    },
    Taken {
        bytes: b"GET //other/a HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200],
        seen: &[("//other/a", "")],
        then: Then::Open,
    },
    Taken {
        bytes: b"GET /{\"a\":\"b\"} HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200],
        seen: &[("/{\"a\":\"b\"}", "")],
        then: Then::Open,
    },
];
