//! Pseudo-fields of requests (RFC 9113 §8.3).

use crate::check::{Check, Clause, Level, Profile, Proof, rfc9113};
use crate::judge::{Breach, Cases, Error};
use crate::wire::http2::{Line, field};

const MALFORMED: Clause =
    rfc9113("8.1.1", "a malformed request is an error of the stream; an answer may come before");

const MEANS: &str = "two parties see two requests, and one of them decides by the wrong one";

const METHOD: Line = field(":method", "GET");
const SCHEME: Line = field(":scheme", "{scheme}");
const PATH: Line = field(":path", "{target}");
const HOST: Line = field(":authority", "{host}");

pub(in crate::checks) const PSEUDO_FIELDS: &[Check] = &[
    Check {
        id: "H2-75",
        slug: "h2-unknown-pseudo-field",
        title: "A pseudo-field that no request has makes it malformed",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("8.3", "a request with undefined or invalid pseudo-fields is malformed"),
            MALFORMED,
        ],
        seeds: "",
        means: MEANS,
        fix: "know four names, and refuse any other that begins with a colon",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                &[],
                &[
                    (
                        &[METHOD, SCHEME, PATH, HOST, field(":x", "y")],
                        &[METHOD, SCHEME, PATH, HOST],
                    ),
                    (
                        &[field(":status", "200"), METHOD, SCHEME, PATH, HOST],
                        &[METHOD, SCHEME, PATH, HOST],
                    ),
                ],
            ),
            error: Error::Request,
        }),
    },
    Check {
        id: "H2-76",
        slug: "h2-pseudo-field-twice",
        title: "A pseudo-field that comes twice makes a request malformed",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("8.3", "the same pseudo-field must not appear more than once"),
            MALFORMED,
        ],
        seeds: "",
        means: MEANS,
        fix: "refuse the second one, also where both agree",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                &[],
                &[
                    (&[METHOD, METHOD, SCHEME, PATH, HOST], &[METHOD, SCHEME, PATH, HOST]),
                    (&[METHOD, SCHEME, SCHEME, PATH, HOST], &[METHOD, SCHEME, PATH, HOST]),
                    (&[METHOD, SCHEME, PATH, PATH, HOST], &[METHOD, SCHEME, PATH, HOST]),
                    (&[METHOD, SCHEME, PATH, HOST, HOST], &[METHOD, SCHEME, PATH, HOST]),
                ],
            ),
            error: Error::Request,
        }),
    },
    Check {
        id: "H2-77",
        slug: "h2-late-pseudo-field",
        title: "A pseudo-field behind a field makes a request malformed",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[rfc9113("8.3", "all pseudo-fields come before all other fields"), MALFORMED],
        seeds: "",
        means: MEANS,
        fix: "note that a field was read, and refuse a colon behind it",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                &[METHOD],
                &[
                    (
                        &[SCHEME, PATH, field("x", "y"), HOST],
                        &[SCHEME, PATH, HOST, field("x", "y")],
                    ),
                    (
                        &[field("x", "y"), SCHEME, PATH, HOST],
                        &[SCHEME, PATH, HOST, field("x", "y")],
                    ),
                ],
            ),
            error: Error::Request,
        }),
    },
    Check {
        id: "H2-78",
        slug: "h2-pseudo-field-missing",
        title: "A request without :method, :scheme or :path is malformed",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("8.3.1", "a request has exactly one :method, :scheme and :path, but CONNECT"),
            MALFORMED,
        ],
        seeds: "",
        means: "an app gets a request with a made-up method or path",
        fix: "look at all three once the block is read",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                &[],
                &[
                    (&[SCHEME, PATH, HOST], &[METHOD, SCHEME, PATH, HOST]),
                    (&[METHOD, PATH, HOST], &[METHOD, SCHEME, PATH, HOST]),
                    (&[METHOD, SCHEME, HOST], &[METHOD, SCHEME, PATH, HOST]),
                ],
            ),
            error: Error::Request,
        }),
    },
    Check {
        id: "H2-79",
        slug: "h2-empty-path",
        title: "A request with an empty :path is malformed",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("8.3.1", ":path must not be empty for http and https; it is / or * at least"),
            MALFORMED,
        ],
        seeds: "",
        means: "what guards `/` does not guard the empty path",
        fix: "refuse an empty value as one that is missing",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                &[],
                &[(&[METHOD, SCHEME, field(":path", ""), HOST], &[METHOD, SCHEME, PATH, HOST])],
            ),
            error: Error::Request,
        }),
    },
    Check {
        id: "H2-80",
        slug: "h2-connect-with-path",
        title: "CONNECT with :scheme and :path is refused",
        level: Level::Must,
        profile: Profile::Http2,
        clauses: &[
            rfc9113("8.5", "CONNECT has no :scheme and no :path; else it is malformed"),
            MALFORMED,
        ],
        seeds: "",
        means: "a tunnel is opened by who was asked for a page, or the other way round",
        fix: "hold CONNECT to its own rules, unless :protocol says that it is extended",
        proof: Proof::Breaks(Breach {
            cases: Cases::Lines(
                &[],
                &[(
                    &[field(":method", "CONNECT"), SCHEME, PATH, HOST],
                    &[METHOD, SCHEME, PATH, HOST],
                )],
            ),
            error: Error::Asked,
        }),
    },
];
