//! The checks that a lint leaves to others.

/// The checks of the catalogue that oblige an app or can be made inside one, and that no lint can
/// judge honestly; each with the reason.
///
/// ```
/// use owin_core::lint::{self, NOT_JUDGED};
///
/// assert!(lint::rules().all(|rule| NOT_JUDGED.iter().all(|(id, _)| *id != rule.id())));
/// ```
pub const NOT_JUDGED: &[(&str, &str)] = &[
    ("OWIN-004", "impossible by construction: an app takes an Environment, which is never empty"),
    ("OWIN-006a", ALWAYS_THERE),
    ("OWIN-006b", ALWAYS_THERE),
    ("OWIN-006c", ALWAYS_THERE),
    ("OWIN-006d", ALWAYS_THERE),
    ("OWIN-006e", ALWAYS_THERE),
    ("OWIN-006f", ALWAYS_THERE),
    ("OWIN-006g", ALWAYS_THERE),
    ("OWIN-006h", ALWAYS_THERE),
    ("OWIN-006i", ALWAYS_THERE),
    ("OWIN-006j", ALWAYS_THERE),
    ("OWIN-006k", ALWAYS_THERE),
    ("OWIN-006l", ALWAYS_THERE),
    ("OWIN-007", ORDINAL),
    (
        "OWIN-008",
        "impossible by construction: a dictionary has no null, a key is absent or has a value",
    ),
    ("OWIN-009", "impossible by construction: during a call only the app holds the environment"),
    (
        "OWIN-010",
        "a lint that stores 10,000 keys would change the call; the conformance suite does",
    ),
    ("OWIN-012", "judged by the type system: the slot holds Headers, which gives lines by name"),
    ("OWIN-020", PERMISSION),
    ("OWIN-021", PERMISSION),
    ("OWIN-024", PERMISSION),
    ("OWIN-031", "judged by the type system: a Version cannot have another form"),
    ("OWIN-032", "impossible by construction: the header of a request lies in the environment"),
    ("OWIN-036", "impossible by construction: Headers compares names without case"),
    ("OWIN-042", NEEDS_THE_WIRE),
    ("OWIN-043", NEEDS_THE_WIRE),
    ("OWIN-044", NEEDS_THE_WIRE),
    ("CK-001", ORDINAL),
    (
        "CK-002",
        "needs calls from which each extension key was taken; the conformance suite makes them",
    ),
    ("CK-011", "impossible by construction: a dictionary holds one value for a key"),
    ("CK-014", "needs calls with empty values; the tests of the bundled middlewares make them"),
    ("CK-017", "impossible by construction: typed getters give None, or an error on request"),
    ("CK-022", "needs a value that counts its drops; the conformance suite puts one in"),
    ("SF-001", "judged by the type system: the function is read as an Option"),
    ("SF-003", PERMISSION),
    ("SF-017", PERMISSION),
    ("SF-019", PERMISSION),
    ("OP-003", PERMISSION),
    ("OP-006", "impossible by construction: accept refuses a started response and a second call"),
    ("OP-009", "judged by the type system: the callback takes a Dictionary of its own"),
    ("OP-010", "impossible by construction: a Dictionary is mutable and compares byte by byte"),
    ("OP-015", "judged by the type system: the parameters are an Option of a Dictionary"),
    ("OP-016", PERMISSION),
    ("WS-003", PERMISSION),
    ("WS-006", "impossible by construction: accept refuses a started response and a second call"),
    ("WS-010", "judged by the type system: the callback takes a Dictionary of its own"),
    ("WS-011", "impossible by construction: a Dictionary is mutable and compares byte by byte"),
    ("WS-017", "judged by the type system: the parameters are an Option of a Dictionary"),
    ("WS-018", "judged by the type system: there is no null callback"),
    ("WS-026", "judged by the type system: an Opcode is text, binary or close"),
    ("WS-043", "judged by the type system: a call is cancelled by dropping its future"),
    ("MW-001", "judged by the type system: that is what the trait Middleware says"),
    ("DF-11", "judged by the type system: a phrase is a ReasonPhrase"),
];

const ALWAYS_THERE: &str =
    "impossible by construction: Environment::new fills the key in, and removing it is an error";

const ORDINAL: &str = "impossible by construction: keys compare byte by byte";

const PERMISSION: &str = "a permission: there is nothing that could break it";

const NEEDS_THE_WIRE: &str =
    "needs the wire: the lint sees what the server has parsed, not what was sent";
