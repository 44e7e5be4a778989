//! The counts of a report as Markdown.

use std::fmt::Write as _;

use super::document::Document;
use crate::check::Level;
use crate::run::Verdict;

/// The counts of a report as a table in Markdown: a row for each profile, a column for each level,
/// as `17 of 17`.
///
/// ```
/// use owin_conformance::report::{Document, markdown};
/// use owin_conformance::run::{Plan, run};
///
/// let plan = Plan::new().with_only(["two-lengths"])?;
/// let document = Document::of(&run(&"http://127.0.0.1:1".parse()?, &plan, &|_| {}));
/// let row = "| smuggling | partial: not everything was proven | 0 of 1, 1 blocked |";
/// assert!(markdown(&document).contains(row), "{}", markdown(&document));
/// # Ok::<(), String>(())
/// ```
#[must_use]
pub fn markdown(document: &Document) -> String {
    let has = |level: &Level| document.profiles.iter().any(|tally| tally.all(*level) > 0);
    let levels: Vec<Level> = Level::all().into_iter().filter(has).collect();
    let names: String = levels.iter().map(|level| format!(" {level} |")).collect();
    let rules = "--:|".repeat(levels.len());
    let mut text = format!("| profile | |{names}\n|---|---|{rules}\n");
    for tally in &document.profiles {
        let cells: String = levels
            .iter()
            .map(|level| {
                if tally.all(*level) == 0 {
                    return " |".to_owned();
                }
                let (passed, all) = (tally.count(*level, Verdict::Pass), tally.all(*level));
                format!(" {passed} of {all}{} |", tally.others(*level))
            })
            .collect();
        let _infallible = writeln!(text, "| {} | {} |{cells}", escaped(&tally.name), tally.words());
    }
    let (name, version) = (escaped(document.name()), escaped(&document.suite.version));
    let _infallible =
        writeln!(text, "\n{name}, owin-conformance {version}, {}", escaped(&document.run.begun));
    text
}

/// Text that Markdown and HTML take for nothing else.
pub(super) fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '\r' | '\n' => shown.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => {
                shown.push('\\');
                shown.push(letter);
            }
            '@' => shown.push_str("&#64;"),
            _ => shown.push(letter),
        }
    }
    shown
}

/// Text for an element of HTML in Markdown: a blank line would end it, and Markdown go on.
pub(super) fn for_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "&#10;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_to_markdown_is_escaped() {
        assert_eq!(escaped("a|b\n<i>*x*"), "a\\|b &lt;i&gt;\\*x\\*");
        assert_eq!(for_html("</pre>\n\n# x"), "&lt;/pre&gt;&#10;&#10;# x");
    }
}
