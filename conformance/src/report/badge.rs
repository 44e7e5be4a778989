//! A badge: the counts of a report in one line.

use maud::html;
use serde_json::{Value, json};

use super::document::Document;
use crate::check::Level;
use crate::run::{Conclusion, Verdict};

/// What stands at the left.
const LABEL: &str = "OWIN MUST";

/// What a badge is shown as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tone {
    /// All that decides was proven.
    Good,
    /// Not everything was proven.
    Doubtful,
    /// Something that is demanded does not hold.
    Bad,
    /// The server was lost.
    Lost,
}

/// The line of a badge: each profile with how many of its applicable MUSTs hold, as
/// `required 17/17 · http1 21/21`. Other levels are not in it: they would have to be added up.
///
/// ```
/// use owin_conformance::report::{Document, badge_line};
/// use owin_conformance::run::{Plan, run};
///
/// let plan = Plan::new().with_only(["two-lengths"])?;
/// let document = Document::of(&run(&"http://127.0.0.1:1".parse()?, &plan, &|_| {}));
/// assert_eq!(badge_line(&document), "smuggling 0/1");
/// # Ok::<(), String>(())
/// ```
#[must_use]
pub fn badge_line(document: &Document) -> String {
    let parts = document.profiles.iter().filter_map(|tally| {
        let (held, all) = (tally.count(Level::Must, Verdict::Pass), tally.applicable(Level::Must));
        (all > 0).then(|| format!("{} {held}/{all}", tally.name))
    });
    let line = parts.collect::<Vec<_>>().join(" · ");
    if line.is_empty() { "nothing was tried".to_owned() } else { line }
}

/// A badge as shields.io takes it from an endpoint.
///
/// ```
/// use owin_conformance::report::{Document, badge_json};
/// use owin_conformance::run::{Plan, run};
///
/// let document = Document::of(&run(&"http://127.0.0.1:1".parse()?, &Plan::new(), &|_| {}));
/// assert_eq!(badge_json(&document)["schemaVersion"], 1);
/// # Ok::<(), String>(())
/// ```
#[must_use]
pub fn badge_json(document: &Document) -> Value {
    let colour = match tone(document) {
        Tone::Good => "brightgreen",
        Tone::Doubtful => "yellow",
        Tone::Bad => "red",
        Tone::Lost => "lightgrey",
    };
    json!({
        "schemaVersion": 1,
        "label": LABEL,
        "message": badge_line(document),
        "color": colour,
        "isError": tone(document) == Tone::Bad,
    })
}

/// A badge as a picture, in SVG.
///
/// ```
/// use owin_conformance::report::{Document, badge_svg};
/// use owin_conformance::run::{Plan, run};
///
/// let document = Document::of(&run(&"http://127.0.0.1:1".parse()?, &Plan::new(), &|_| {}));
/// assert!(badge_svg(&document).starts_with("<svg "));
/// # Ok::<(), String>(())
/// ```
#[must_use]
pub fn badge_svg(document: &Document) -> String {
    let line = badge_line(document);
    let colour = match tone(document) {
        Tone::Good => "#2e7d4f",
        Tone::Doubtful => "#8f6400",
        Tone::Bad => "#b3322b",
        Tone::Lost => "#5f6672",
    };
    let (left, right) = (width(LABEL), width(&line));
    let whole = left + right;
    let said = format!("{LABEL}: {line}");
    let text = |from: usize, width: usize, text: &str| {
        let (middle, length) = (from + width / 2, width.saturating_sub(2 * MARGIN));
        html! { text x=(middle) y="14" textLength=(length) lengthAdjust="spacingAndGlyphs" { (text) } }
    };
    let picture = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(whole) height="20" role="img"
            aria-label=(said) {
            title { (said) }
            clipPath id="round" { rect width=(whole) height="20" rx="4" {} }
            g clip-path="url(#round)" {
                rect width=(left) height="20" fill="#3a4150" {}
                rect x=(left) width=(right) height="20" fill=(colour) {}
            }
            g fill="#fff" text-anchor="middle" font-size="11"
                font-family="Verdana,Geneva,DejaVu Sans,sans-serif" {
                (text(0, left, LABEL))
                (text(left, right, &line))
            }
        }
    };
    format!("{}\n", picture.into_string())
}

/// How a report is to be shown as a whole.
///
/// ```
/// use owin_conformance::report::{Document, Tone, tone};
/// use owin_conformance::run::{Plan, run};
///
/// let document = Document::of(&run(&"http://127.0.0.1:1".parse()?, &Plan::new(), &|_| {}));
/// assert_eq!(tone(&document), Tone::Lost);
/// # Ok::<(), String>(())
/// ```
#[must_use]
pub fn tone(document: &Document) -> Tone {
    let has = |conclusion| document.profiles.iter().any(|own| own.conclusion == Some(conclusion));
    if document.lost.is_some() {
        Tone::Lost
    } else if has(Conclusion::Fails) {
        Tone::Bad
    } else if has(Conclusion::Conforms) && !has(Conclusion::Partial) {
        Tone::Good
    } else {
        Tone::Doubtful
    }
}

/// Left and right of a text.
const MARGIN: usize = 6;

/// How wide a text is in Verdana of 11 pixels, about; the picture then makes it exactly so.
fn width(text: &str) -> usize {
    let tenths = text.chars().map(|letter| match letter {
        'i' | 'l' | 'j' | '.' | ',' | ' ' | '·' => 38,
        'f' | 't' | 'r' | '/' => 46,
        'm' | 'w' | 'M' | 'W' => 100,
        'A'..='Z' => 78,
        _ => 68,
    });
    tenths.sum::<usize>() / 10 + 2 * MARGIN
}
