//! Where a request ends and what follows begins (RFC 9112 §6.3, RFC 9110 §10.1.1).

use super::{Fault, Group, Taken, Then};

/// Expectations other than `100-continue`, and lines that only look like one.
pub(crate) const EXPECTATIONS: Group = Group {
    frame: (b"POST /victim HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n", b"\r\n\r\nhello"),
    fault: Fault::Head,
    body: "hello",
    pairs: &[
        (417, b"Expect: a-miracle", b"Expect: 100-continue"),
        (417, b"Expect: 100-continu", b"Expect: 100-continue"),
        (417, b"Expect: 100-continue1", b"Expect: 100-Continue"),
        (417, b"Expect: 100-continue, x", b"Expect: 100-continue"),
        (417, b"Expect: x, 100-continue", b"Expect: 100-continue"),
        (417, b"Expect: 100-continue;q=1", b"Expect: 100-continue"),
        (417, b"Expect: \"100-continue\"", b"Expect: 100-continue"),
        (417, b"Expect: 100 continue", b"Expect: 100-continue"),
        (417, b"Expect: 100", b"Expect: 100-continue"),
        (417, b"Expect: 101-continue", b"Expect: 100-continue"),
        (417, b"Expect: y 100-continue", b"Expect: 100-continue"),
        (417, b"Expect:", b"Expect: 100-continue"),
        (417, b"Expect: 100-continue\r\nExpect: x", b"Expect: 100-continue"),
        (417, b"Expect: \xA0100-continue", b"Expect: 100-continue"),
        (400, b"Expect : 100-continue", b"Expect: 100-continue"),
        (400, b"Expect:\r\n 100-continue", b"Expect: 100-continue"),
        (400, b"Expect: 100-continue\x00", b"Expect: 100-continue"),
    ],
};

/// Bodies where one would not look for them: a request that lies in a body stays there.
pub(crate) const BODIES: &[Taken] = &[
    Taken {
        bytes: b"GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 36\r\n\r\n\
            GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\nX\
            GET /b HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200, 200],
        seen: &[("/a", "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\nX"), ("/b", "")],
        then: Then::Open,
    },
    Taken {
        bytes: b"HEAD /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello\
            HEAD /b HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200, 200],
        seen: &[("/a", "hello"), ("/b", "")],
        then: Then::Open,
    },
    Taken {
        bytes: b"GET /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\
            23\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n\r\n0\r\n\r\n\
            DELETE /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n0\r\
            OPTIONS /c HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200, 200, 200],
        seen: &[("/a", "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"), ("/b", "0\r"), ("/c", "")],
        then: Then::Open,
    },
    Taken {
        bytes: b"HEAD /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\
            1\r\nx\r\n0\r\n\r\nTRACE /b HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx\
            GET /c HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200, 200, 200],
        seen: &[("/a", "x"), ("/b", "x"), ("/c", "")],
        then: Then::Open,
    },
    Taken {
        bytes: b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 005\r\n\r\nhello\
            POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 00000000000000000000000\r\n\r\n\
            GET /c HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200, 200, 200],
        seen: &[("/a", "hello"), ("/b", ""), ("/c", "")],
        then: Then::Open,
    },
    Taken {
        // Without a length there is no body: what follows is the next request.
        bytes: b"POST /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200, 200],
        seen: &[("/a", ""), ("/b", "")],
        then: Then::Open,
    },
    Taken {
        // These are other fields: what was meant as a body is no request.
        bytes: b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer_Encoding: chunked\r\n\
            Content_Length: 5\r\nX-Content-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n\
            GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200, 400],
        seen: &[("/a", "")],
        then: Then::Closed,
    },
];

/// Requests that are the last of their connection: what follows is nobody's.
pub(crate) const ENDS: &[Taken] = &[
    Taken {
        bytes: b"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n\
            GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200],
        seen: &[("/a", "")],
        then: Then::Closed,
    },
    Taken {
        bytes:
            b"POST /a HTTP/1.1\r\nHost: h\r\nConnection: x, CLOSE ,y\r\nContent-Length: 5\r\n\r\n\
            helloGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200],
        seen: &[("/a", "hello")],
        then: Then::Closed,
    },
    Taken {
        bytes: b"GET /a HTTP/1.0\r\nHost: h\r\n\r\nGET /smuggled HTTP/1.0\r\nHost: h\r\n\r\n",
        answers: &[200],
        seen: &[("/a", "")],
        then: Then::Closed,
    },
    Taken {
        // HTTP/1.0 without a length: nothing behind the head is a body, and nothing a request.
        bytes: b"POST /a HTTP/1.0\r\nHost: h\r\n\r\nGET /smuggled HTTP/1.0\r\nHost: h\r\n\r\n",
        answers: &[200],
        seen: &[("/a", "")],
        then: Then::Closed,
    },
    Taken {
        bytes: b"GET /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n\
            helloGET /b HTTP/1.0\r\nHost: h\r\n\r\nGET /smuggled HTTP/1.0\r\n\r\n",
        answers: &[200, 200],
        seen: &[("/a", "hello"), ("/b", "")],
        then: Then::Closed,
    },
    Taken {
        bytes: b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200, 200],
        seen: &[("/a", ""), ("/b", "")],
        then: Then::Open,
    },
];

/// Upgrades that nobody offered: the request is answered as any other, and the protocol stays.
pub(crate) const UPGRADES: &[Taken] = &[
    Taken {
        bytes: b"GET /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\n\
            Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n\
            GET /b HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200, 200],
        seen: &[("/a", ""), ("/b", "")],
        then: Then::Open,
    },
    Taken {
        bytes: b"GET /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\n\
            Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n\
            PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
        answers: &[200, 505],
        seen: &[("/a", "")],
        then: Then::Closed,
    },
    Taken {
        bytes: b"POST /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\
            Content-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[200, 200],
        seen: &[("/a", "hello"), ("/b", "")],
        then: Then::Open,
    },
    Taken {
        bytes: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
        answers: &[505],
        seen: &[],
        then: Then::Closed,
    },
];
