//! Fields of requests (RFC 9113 §8.2).

use crate::check::{Check, Clause, Level, Profile, Proof, incident, rfc9113};
use crate::judge::{Breach, Cases, Error, GET};
use crate::wire::http2::{Line, field};

const MALFORMED: Clause =
    rfc9113("8.1.1", "a malformed request is an error of the stream; an answer may come before");

const MEANS: &str = "a proxy that goes on in HTTP/1.1 forwards what looks like another request";

const METHOD: Line = field(":method", "GET");
const SCHEME: Line = field(":scheme", "{scheme}");
const PATH: Line = field(":path", "{target}");
const HOST: Line = field(":authority", "{host}");

pub(in crate::checks) const FIELDS: &[Check] = &[
    Check {
        id: "H2-66",
        slug: "h2-upper-case",
        title: "A name with upper-case letters makes a request malformed",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("8.2.1", "a name must not have bytes from 0x41 to 0x5A"), MALFORMED],
        seeds: "",
        means: "rules of a proxy that look for one form of a name are passed by",
        fix: "look at each byte of a name; a table of 256 says which may be there",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                GET,
                &[
                    (&[field("X-Upper", "y")], &[field("x-upper", "y")]),
                    (&[field("x-uppeR", "y")], &[field("x-upper", "y")]),
                ],
            ),
            error: Error::Request,
        }),
    },
    Check {
        id: "H2-67",
        slug: "h2-odd-name",
        title: "A name with blanks, controls, colons or bytes above 0x7E makes a request malformed",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113(
                "8.2.1",
                "a name must not have bytes up to 0x20 or from 0x7F on, nor a colon but the first \
                 of a pseudo-field",
            ),
            MALFORMED,
        ],
        seeds: "",
        means: MEANS,
        fix: "look at each byte of a name; a table of 256 says which may be there",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                GET,
                &[
                    (&[field("x y", "z")], &[field("xy", "z")]),
                    (&[field("x\0y", "z")], &[field("xy", "z")]),
                    (&[field("x\r\ny", "z")], &[field("xy", "z")]),
                    (&[field("x:y", "z")], &[field("xy", "z")]),
                    (&[field("x\u{7F}y", "z")], &[field("xy", "z")]),
                    (&[field("x\u{E9}y", "z")], &[field("xy", "z")]),
                ],
            ),
            error: Error::Request,
        }),
    },
    Check {
        id: "H2-68",
        slug: "h2-odd-value",
        title: "A value with NUL, CR or LF makes a request malformed",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("8.2.1", "a value must not have NUL, LF or CR anywhere"), MALFORMED],
        seeds: "",
        means: MEANS,
        fix: "look at each byte of a value, also of pseudo-fields",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                GET,
                &[
                    (&[field("x", "y\0z")], &[field("x", "yz")]),
                    (&[field("x", "y\rz")], &[field("x", "yz")]),
                    (&[field("x", "y\nz")], &[field("x", "yz")]),
                    (
                        &[field("x", "y\r\ntransfer-encoding: chunked")],
                        &[field("x", "y transfer-encoding: chunked")],
                    ),
                ],
            ),
            error: Error::Request,
        }),
    },
    Check {
        id: "H2-69",
        slug: "h2-blanks-around",
        title: "A value that begins or ends with a blank makes a request malformed",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("8.2.1", "a value must not begin or end with a space or a tab"),
            MALFORMED,
        ],
        seeds: "",
        means: "who compares values takes two that are the same for different ones",
        fix: "look at the first and the last byte of a value",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                GET,
                &[
                    (&[field("x", " y")], &[field("x", "y")]),
                    (&[field("x", "y ")], &[field("x", "y")]),
                    (&[field("x", "\ty")], &[field("x", "y")]),
                    (&[field("x", "y\t")], &[field("x", "y")]),
                ],
            ),
            error: Error::Request,
        }),
    },
    Check {
        id: "H2-70",
        slug: "h2-connection-fields",
        title: "Fields of a connection of HTTP/1.1 make a request malformed",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113(
                "8.2.2",
                "a message with Connection, Proxy-Connection, Keep-Alive, Transfer-Encoding or \
                 Upgrade is malformed",
            ),
            MALFORMED,
        ],
        seeds: "",
        means: MEANS,
        fix: "refuse these five names before anything else looks at the fields",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                GET,
                &[
                    (&[field("connection", "keep-alive")], &[field("x-connection", "keep-alive")]),
                    (&[field("proxy-connection", "x")], &[field("x-connection", "x")]),
                    (&[field("keep-alive", "timeout=5")], &[field("x-alive", "timeout=5")]),
                    (&[field("transfer-encoding", "chunked")], &[field("x-encoding", "chunked")]),
                    (&[field("upgrade", "websocket")], &[field("x-upgrade", "websocket")]),
                ],
            ),
            error: Error::Request,
        }),
    },
    Check {
        id: "H2-71",
        slug: "h2-te",
        title: "TE with anything but trailers makes a request malformed",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("8.2.2", "TE may be there, but with no other value than `trailers`"),
            MALFORMED,
        ],
        seeds: "",
        means: "a server behind a proxy sends a coding that HTTP/2 does not have",
        fix: "compare the whole value",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                GET,
                &[
                    (&[field("te", "gzip")], &[field("te", "trailers")]),
                    (&[field("te", "trailers, gzip")], &[field("te", "trailers")]),
                ],
            ),
            error: Error::Request,
        }),
    },
    Check {
        id: "H2-72",
        slug: "h2-other-host",
        title: "A Host that differs from :authority makes a request malformed",
        level: Level::Should,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("8.3.1", "a Host that names another entity than :authority is malformed"),
            MALFORMED,
        ],
        seeds: "attack 4",
        means: "who decides by one of them and who serves by the other see two sites",
        fix: "compare both before one of them is dropped",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                GET,
                &[(&[field("host", "other.example")], &[field("host", "{host}")])],
            ),
            error: Error::Request,
        }),
    },
    Check {
        id: "H2-73",
        slug: "h2-lines-in-pseudo-fields",
        title: "CR, LF or NUL in :path, :method or :authority makes a request malformed",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("8.2.1", "a value must not have NUL, LF or CR anywhere"),
            incident("HTTP/2: The Sequel is Always Worse", "proxies wrote them into request lines"),
            MALFORMED,
        ],
        seeds: "",
        means: MEANS,
        fix: "look at each byte of a value, also of pseudo-fields",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                &[],
                &[
                    (
                        &[METHOD, SCHEME, field(":path", "{target}\r\nx: y"), HOST],
                        &[METHOD, SCHEME, PATH, HOST],
                    ),
                    (
                        &[METHOD, SCHEME, field(":path", "{target}\0"), HOST],
                        &[METHOD, SCHEME, PATH, HOST],
                    ),
                    (
                        &[field(":method", "GET\r\nx: y"), SCHEME, PATH, HOST],
                        &[METHOD, SCHEME, PATH, HOST],
                    ),
                    (
                        &[METHOD, SCHEME, PATH, field(":authority", "{host}\r\nx: y")],
                        &[METHOD, SCHEME, PATH, HOST],
                    ),
                ],
            ),
            error: Error::Request,
        }),
    },
    Check {
        id: "H2-74",
        slug: "h2-blanks-in-pseudo-fields",
        title: "A blank in :path or :method is refused",
        level: Level::DeFacto,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("8.3.1", ":path is the path and the query of a URI, which have no blanks"),
            incident("HTTP/2: The Sequel is Always Worse", "proxies wrote them into request lines"),
        ],
        seeds: "",
        means: MEANS,
        fix: "hold the method to the grammar of a token and the path to that of a URI",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                &[],
                &[
                    (
                        &[METHOD, SCHEME, field(":path", "{target} HTTP/1.1"), HOST],
                        &[METHOD, SCHEME, PATH, HOST],
                    ),
                    (
                        &[field(":method", "GET / HTTP/1.1"), SCHEME, PATH, HOST],
                        &[METHOD, SCHEME, PATH, HOST],
                    ),
                ],
            ),
            error: Error::Asked,
        }),
    },
];
