//! The part of the catalogue of checks that a lint answers for.

/// The checks that oblige an app or a middleware, or that can be made inside an app.
#[rustfmt::skip]
pub(crate) const LINT_AND_PROBE: &[&str] = &[
    "OWIN-001", "OWIN-004", "OWIN-005", "OWIN-006a", "OWIN-006b", "OWIN-006c", "OWIN-006d",
    "OWIN-006e", "OWIN-006f", "OWIN-006g", "OWIN-006h", "OWIN-006i", "OWIN-006j",
    "OWIN-006k", "OWIN-006l", "OWIN-007", "OWIN-008", "OWIN-009", "OWIN-010", "OWIN-012",
    "OWIN-020", "OWIN-021", "OWIN-022", "OWIN-023", "OWIN-024", "OWIN-025", "OWIN-030",
    "OWIN-031", "OWIN-032", "OWIN-036", "OWIN-042", "OWIN-043", "OWIN-044", "OWIN-046",
    "OWIN-055", "OWIN-056", "OWIN-061", "OWIN-081", "OWIN-115", "OWIN-121", "CK-001",
    "CK-002", "CK-004", "CK-005", "CK-007", "CK-008", "CK-009", "CK-011", "CK-014",
    "CK-016", "CK-017", "CK-018", "CK-022", "CK-024", "CK-025", "CK-028", "SF-001",
    "SF-003", "SF-006", "SF-014", "SF-016", "SF-017", "SF-019", "OP-001", "OP-003",
    "OP-005", "OP-006", "OP-009", "OP-010", "OP-011", "OP-012", "OP-015", "OP-016",
    "OP-019", "WS-001", "WS-003", "WS-005", "WS-006", "WS-010", "WS-011", "WS-012",
    "WS-013", "WS-014", "WS-017", "WS-018", "WS-020", "WS-026", "WS-034", "WS-035",
    "WS-038", "WS-040", "WS-043", "MW-001", "MW-007", "MW-008", "MW-009", "MW-010", "DF-11",
];

/// The checks of the wire of which a lint sees enough to judge them too.
#[rustfmt::skip]
pub(crate) const BEYOND: &[&str] = &[
    "OWIN-034", "OWIN-057", "OWIN-059", "OWIN-068", "OWIN-091", "OWIN-092", "OWIN-093",
    "OWIN-097", "OWIN-098", "OWIN-099", "OWIN-100", "OWIN-110", "OWIN-113", "CK-029",
    "CK-030", "CK-031", "CK-032", "OP-004", "WS-004", "DF-12", "DF-13", "DF-14",
];
