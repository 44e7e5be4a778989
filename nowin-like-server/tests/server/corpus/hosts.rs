//! `Host` (RFC 9112 §3.2): one, and legal.

use super::{Fault, Group, Taken, Then};

/// Hosts that are missing, doubled or illegal.
pub(crate) const HOSTS: Group = Group {
    frame: (b"GET /victim HTTP/1.1\r\n", b"\r\n\r\n"),
    fault: Fault::Head,
    body: "",
    pairs: &[
        (400, b"X: y", b"X: y\r\nHost: h"),
        (400, b"Host: a\r\nHost: b", b"Host: a"),
        (400, b"Host: a\r\nHost: a", b"Host: a"),
        (400, b"Host: a\r\nhOST: a", b"Host: a"),
        (400, b"Host: a\r\nX: y\r\nHost: b", b"Host: a\r\nX: y"),
        (400, b"Host: a\r\nHost:", b"Host: a"),
        (400, b"Host:\r\nHost: a", b"Host: a"),
        (400, b"Host:", b"Host: a"),
        (400, b"Host: \t ", b"Host: a"),
        (400, b"Host : a", b"Host: a"),
        (400, b"Host: a b", b"Host: a"),
        (400, b"Host: a, b", b"Host: a"),
        (400, b"Host: a/b", b"Host: a"),
        (400, b"Host: a\\b", b"Host: a"),
        (400, b"Host: a?b", b"Host: a"),
        (400, b"Host: a#b", b"Host: a"),
        (400, b"Host: u@a", b"Host: a"),
        (400, b"Host: u:p@a", b"Host: a"),
        (400, b"Host: http://a", b"Host: a"),
        (400, b"Host: a:b", b"Host: a:1"),
        (400, b"Host: a:65536", b"Host: a:65535"),
        (400, b"Host: a:-1", b"Host: a:1"),
        (400, b"Host: a:+80", b"Host: a:80"),
        (400, b"Host: a:80:80", b"Host: a:80"),
        (400, b"Host: a:80 ,b", b"Host: a:80"),
        (400, b"Host: :80", b"Host: a:80"),
        (400, b"Host: ::1", b"Host: [::1]"),
        (400, b"Host: [::1", b"Host: [::1]"),
        (400, b"Host: ::1]", b"Host: [::1]"),
        (400, b"Host: [::1]x", b"Host: [::1]"),
        (400, b"Host: [::1]:x", b"Host: [::1]:1"),
        (400, b"Host: [::1%25lo]", b"Host: [::1]"),
        (400, b"Host: [1.2.3.4]", b"Host: 1.2.3.4"),
        (400, b"Host: []", b"Host: [::]"),
        (400, b"Host: a%zz", b"Host: a%20"),
        (400, b"Host: a\"b", b"Host: a"),
        (400, b"Host: <a>", b"Host: a"),
        (400, b"Host: a|b", b"Host: a"),
        (400, b"Host: a^b", b"Host: a"),
        (400, b"Host: a\xE9", b"Host: a"),
        (400, b"Host: a\x00b", b"Host: a"),
        (400, b"Host: a\x1Bb", b"Host: a"),
        (400, b"Host: a\r\n b", b"Host: a"),
    ],
};

/// HTTP/1.0 needs no host, but one that is there is one and legal.
pub(crate) const HOSTS_OF_HTTP_10: Group = Group {
    frame: (b"GET /victim HTTP/1.0\r\nConnection: keep-alive\r\n", b"\r\n\r\n"),
    fault: Fault::Head,
    body: "",
    pairs: &[
        (400, b"Host: a\r\nHost: b", b"Host: a"),
        (400, b"Host:\r\nHost: b", b"Host:"),
        (400, b"Host: u@a", b"Host: a"),
        (400, b"Host: a/b", b"X: a"),
        (400, b"Host: a b", b"Host: \t "),
        (400, b"Host: a:65536", b"Host: a:"),
    ],
};

/// A `Host` beside an absolute target: the target names the host, but the line must be there and
/// legal all the same.
pub(crate) const HOSTS_BESIDE_A_TARGET: &[Taken] = &[
    Taken {
        bytes:
            b"GET http://real/a HTTP/1.1\r\nHost: other\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200, 200],
        seen: &[("http://real/a", ""), ("/b", "")],
        then: Then::Open,
    },
    Taken {
        bytes: b"GET http://real/a HTTP/1.1\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[400],
        seen: &[],
        then: Then::Closed,
    },
    Taken {
        bytes: b"GET http://real/a HTTP/1.1\r\nHost: u@real\r\n\r\n\
            GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[400],
        seen: &[],
        then: Then::Closed,
    },
    Taken {
        bytes: b"GET http://real/a HTTP/1.1\r\nHost: real\r\nHost: real\r\n\r\n\
            GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[400],
        seen: &[],
        then: Then::Closed,
    },
    Taken {
        bytes: b"GET http://real/a HTTP/1.0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200],
        seen: &[("http://real/a", "")],
        then: Then::Closed,
    },
];
