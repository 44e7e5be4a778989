//! What GitHub shows of a run: annotations, and the summary of a step.

use std::fmt::Write as _;

use super::document::{Case, Document, Loss};
use super::markdown::{escaped, for_html, markdown};

/// How many annotations GitHub shows of a step.
const MAX_ANNOTATIONS: usize = 10;

/// How many findings a summary tells in full; a step may write 1 MiB.
const MAX_FINDINGS: usize = 20;

/// How much of a transcript a summary has.
const MAX_TRANSCRIPT: usize = 8 * 1024;

/// The lines by which a run tells GitHub what breaks it: one for each check, ten at most.
///
/// ```
/// use owin_conformance::report::{Document, annotations};
/// use owin_conformance::run::{Plan, run};
///
/// let plan = Plan::new().with_only(["two-lengths"])?;
/// let document = Document::of(&run(&"http://127.0.0.1:1".parse()?, &plan, &|_| {}));
/// assert!(annotations(&document).contains("::error title=SM-02 two-lengths (MUST)::blocked: "));
/// # Ok::<(), String>(())
/// ```
#[must_use]
pub fn annotations(document: &Document) -> String {
    let mut all: Vec<(String, String)> = Vec::new();
    match &document.lost {
        Some(Loss::Unreachable(why)) => {
            all.push(("the server cannot be reached".to_owned(), why.clone()));
        }
        Some(Loss::DiedIn(ids)) => {
            all.push(("the server died".to_owned(), format!("in {}", ids.join(", "))));
        }
        None => {}
    }
    all.extend(document.breaking().map(|case| (case.heading(), told(case))));
    if all.len() > MAX_ANNOTATIONS {
        let more = all.len() - (MAX_ANNOTATIONS - 1);
        all.truncate(MAX_ANNOTATIONS - 1);
        all.push((format!("{more} more"), document.ending()));
    }
    let lines = all.into_iter().map(|(title, message)| {
        format!("::error title={}::{}\n", property(&title), data(&message))
    });
    lines.collect()
}

/// The summary of a step, as Markdown: the counts, and what breaks the run with its evidence.
///
/// ```
/// use owin_conformance::report::{Document, step_summary};
/// use owin_conformance::run::{Plan, run};
///
/// let document = Document::of(&run(&"http://127.0.0.1:1".parse()?, &Plan::new(), &|_| {}));
/// assert!(step_summary(&document).starts_with("## owin-conformance: "));
/// # Ok::<(), String>(())
/// ```
#[must_use]
pub fn step_summary(document: &Document) -> String {
    let mut text = format!("## owin-conformance: {}\n\n", escaped(document.name()));
    text.push_str(&markdown(document));
    let _infallible = writeln!(text, "\n{}", escaped(&document.ending()));
    for case in document.breaking().take(MAX_FINDINGS) {
        finding(&mut text, case);
    }
    let more = document.breaking().count().saturating_sub(MAX_FINDINGS);
    if more > 0 {
        let _infallible = writeln!(text, "\n… and {more} more.");
    }
    text.push('\n');
    text
}

/// The words that stop GitHub obeying what is printed between them, as a transcript may have a line
/// that looks like a command of its; nobody else can know the token.
pub(crate) fn fenced(text: &str, token: &str) -> String {
    format!("::stop-commands::{token}\n{text}::{token}::\n")
}

fn told(case: &Case) -> String {
    let (verdict, remark) = (case.verdict, case.remark());
    let reason = if case.reason.is_empty() { &case.title } else { &case.reason };
    let clauses: String = case.clauses.iter().map(|clause| format!("\n{clause}")).collect();
    format!("{verdict}{remark}: {reason}{clauses}\nto mend it: {}", case.fix)
}

fn finding(text: &mut String, case: &Case) {
    let heading = escaped(&case.heading());
    let (verdict, remark) = (case.verdict, escaped(&case.remark()));
    let _infallible = writeln!(
        text,
        "\n<details><summary><b>{verdict}</b> {heading}{remark}</summary>\n\n{}.\n",
        escaped(&case.title)
    );
    if !case.reason.is_empty() {
        let _infallible = writeln!(text, "* seen: {}", escaped(&case.reason));
    }
    for clause in &case.clauses {
        let _infallible = writeln!(text, "* {}", escaped(&clause.to_string()));
    }
    let _infallible = writeln!(text, "* if it stays: {}", escaped(&case.means));
    let _infallible = writeln!(text, "* to mend it: {}", escaped(&case.fix));
    if let Some(evidence) = &case.transcript {
        let shown: String = evidence.to_text().chars().take(MAX_TRANSCRIPT).collect();
        let _infallible = writeln!(text, "\n<pre>{}</pre>", for_html(&shown));
    }
    text.push_str("\n</details>\n");
}

/// What stands behind the second `::` of a command, by GitHub's rules.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property of a command, by GitHub's rules.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        assert_eq!(data("100%\r\na:b,c"), "100%25%0D%0Aa:b,c");
        assert_eq!(property("100%\r\na:b,c"), "100%25%0D%0Aa%3Ab%2Cc");
    }

    #[test]
    fn between_the_fences_nothing_is_obeyed() {
        assert_eq!(fenced("::error::no\n", "x7"), "::stop-commands::x7\n::error::no\n::x7::\n");
    }
}
