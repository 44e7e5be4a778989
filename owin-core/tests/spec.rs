//! SPEC.md is written from the tables that the code runs on, and is in step with them.
#![expect(clippy::unwrap_used, reason = "a helper of tests may stop the test")]

use std::fmt::Write as _;
use std::path::Path;

use http::{Method, StatusCode};
use owin_core::keys::{self, KeyInfo, Party, Presence, Scope};
use owin_core::{Value, lint};

#[test]
fn the_spec_says_what_the_code_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("SPEC.md");
    let written = spec();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let first = kept.lines().zip(written.lines()).find(|(kept, written)| kept != written);
    assert!(kept == written, "SPEC.md is out of step, see its beginning: {first:?}");
}

#[test]
fn every_key_has_a_paragraph_with_its_type_its_conditions_and_its_meaning() {
    // CK-003, CK-012, CK-015.
    let spec = spec();
    for info in keys::all() {
        assert!(spec.contains(&format!("### `{}`\n", info.name())), "{}", info.name());
        assert!(spec.contains(&paragraph(info)), "{}", info.name());
        let told = [info.type_name(), info.source(), info.doc().trim()];
        assert!(told.iter().all(|text| !text.is_empty()), "{info:?}");
    }
}

#[test]
fn the_spec_says_which_documents_it_implements() {
    // OWIN-122, OWIN-123.
    assert!(spec().contains("OWIN 1.0 with the additions of 1.0.1\nand 1.1"));
    assert_eq!(owin_core::Version::V1_0.to_string(), "1.0");
}

#[test]
fn every_key_has_a_name_of_its_own() {
    let mut names: Vec<_> = keys::all().map(|info| info.name().to_ascii_lowercase()).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    // CK-009: unique under case folding.
    assert_eq!(names.len(), count);
}

fn spec() -> String {
    let mut spec = include_str!("spec/intro.md").to_owned();
    for (scope, title) in SCOPES {
        write!(spec, "\n## {title}\n").unwrap();
        for info in keys::all().filter(|info| info.scope() == scope) {
            spec += &paragraph(info);
        }
    }
    spec += "\n## Rules of the lint\n\n";
    spec +=
        "`Lint::new()` checks these at run time and names them. A MUST that is broken fails the ";
    spec += "call; the\nothers are reported.\n\n";
    spec += "| Rule | Level | Whose | Expected | Key | Source |\n|---|---|---|---|---|---|\n";
    for rule in lint::rules() {
        let (level, party) = (rule.level().to_string(), rule.party().to_string());
        let key = rule.key().unwrap_or_default();
        spec += &row(&[rule.id(), &level, &party, rule.title(), key, rule.source()]);
    }
    spec += "\n## Rules that the lint does not judge\n\n| Rule | Why |\n|---|---|\n";
    for (id, why) in lint::NOT_JUDGED {
        spec += &row(&[id, why]);
    }
    spec
}

/// The scopes in the order of the chapters.
const SCOPES: [(Scope, &str); 7] = [
    (Scope::Call, "Keys of a call"),
    (Scope::CallAndStartup, "Keys of a call and of the start-up"),
    (Scope::Startup, "Keys of the start-up"),
    (Scope::Capabilities, "Keys of the capabilities"),
    (Scope::OpaqueCall, "Keys of an opaque connection"),
    (Scope::WebSocketAccept, "Parameters of `websocket.Accept`"),
    (Scope::WebSocketCall, "Keys of a WebSocket"),
];

fn paragraph(info: &KeyInfo) -> String {
    let presence = match info.presence() {
        Presence::Required => "required",
        _ => "optional",
    };
    let party = match info.set_by() {
        Party::App => "the application or a middleware",
        Party::Host => "the host",
        _ => "the server",
    };
    let doc: Vec<_> = info.doc().lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    format!(
        "\n### `{}`\n\n`keys::{}`: `{}`, {presence}, set by {party}. Source: {}.\n\n{}\n",
        info.name(),
        info.constant(),
        type_name(info),
        info.source(),
        doc.join("\n"),
    )
}

/// The name of the type; those that `http` has too come with their crate.
fn type_name(info: &KeyInfo) -> &'static str {
    let foreign = [
        (Value::new(Method::GET), "http::Method"),
        (Value::new(StatusCode::OK), "http::StatusCode"),
        (Value::new(http::Version::HTTP_11), "http::Version"),
    ];
    let found = foreign.iter().find(|(value, _)| info.accepts(value));
    found.map_or_else(|| info.type_name(), |(_, name)| name)
}

/// A row of a table; a bar in a cell would end it.
fn row(cells: &[&str]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}
