//! Reports as one page of HTML that needs nothing besides itself: no network, no other file.
//!
//! The page is whole without its script; the script filters it. What comes from a server or a
//! report stands in it as text only, escaped by the templates, and the page's own policy lets a
//! browser run and load nothing but the style and the script that are here.

mod card;
mod finding;
mod matrix;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::document::{Case, Document};
use crate::run::Verdict;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// One page of reports: each server is a column, each check a row, and what did not hold is told
/// with its evidence.
///
/// ```
/// use owin_conformance::report::{Document, page};
/// use owin_conformance::run::{Plan, run};
///
/// let report = run(&"http://127.0.0.1:1".parse()?, &Plan::new(), &|_| {});
/// let document = Document::of(&report).with_name("<script>alert(1)</script>");
/// let page = page(&[document]);
/// assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script>alert"));
/// # Ok::<(), String>(())
/// ```
#[must_use]
pub fn page(documents: &[Document]) -> String {
    let groups = matrix::groups(documents);
    let checks: usize = groups.iter().map(|group| group.rows.len()).sum();
    let body = html! {
        a class="skip" href="#matrix" { "Skip to the checks" }
        header class="top" {
            p class="mark" { "owin-conformance" }
            h1 { (title(documents)) }
            p class="lede" {
                (counted(documents.len(), "server")) " · " (counted(checks, "check"))
                " · " (counted(findings(documents).count(), "finding"))
            }
        }
        main {
            section aria-labelledby="servers" {
                h2 id="servers" { "Servers" }
                div class="cards" {
                    @for (number, document) in documents.iter().enumerate() {
                        (card::card(number, document))
                    }
                }
            }
            (matrix::section(documents, &groups))
            (finding::section(documents))
        }
        footer { "Levels are counted apart: a SHOULD does not make up for a MUST." }
        script { (PreEscaped(SCRIPT)) }
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" { (head(documents)) body { (body) } }
    };
    page.into_string()
}

fn head(documents: &[Document]) -> Markup {
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        source(STYLE),
        source(SCRIPT)
    );
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="referrer" content="no-referrer";
            title { (title(documents)) }
            style { (PreEscaped(STYLE)) }
        }
    }
}

/// The source of a policy for exactly this text.
fn source(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

fn title(documents: &[Document]) -> String {
    match documents {
        [one] => format!("Conformance of {}", one.name()),
        _ => "Conformance of HTTP servers".to_owned(),
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What there is to tell of, with the number of its server.
fn findings(documents: &[Document]) -> impl Iterator<Item = (usize, &Document, &Case)> {
    documents.iter().enumerate().flat_map(|(number, document)| {
        let telling = document.checks.iter().filter(|case| case.is_telling());
        telling.map(move |case| (number, document, case))
    })
}

/// The name of a finding in the page's fragments.
fn anchor(number: usize, case: &Case) -> String {
    let id: String =
        case.id.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
    format!("show={id}.{number}")
}

/// A verdict as it is shown: a sign for the eye, a word for everybody.
fn badge(case: &Case) -> Markup {
    let verdict = case.verdict;
    let sign = match verdict {
        Verdict::Pass => "✓",
        Verdict::Fail => "✕",
        Verdict::Blocked => "⊘",
        Verdict::Inconclusive => "?",
        Verdict::Skipped => "–",
        Verdict::Error => "!",
    };
    let known = match (case.is_expected(), &case.varies) {
        (true, _) => ", known",
        (_, Some(_)) => ", varies",
        _ => "",
    };
    let weight = if case.breaks_the_run { "hard" } else { "soft" };
    html! {
        span class=(format!("v {verdict} {weight}")) {
            span class="sign" aria-hidden="true" { (sign) }
            span class="word" { (verdict) (known) }
        }
    }
}
