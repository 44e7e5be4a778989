//! What is told of the checks themselves.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::check::Check;

/// A line for each check.
pub fn listed<'a>(checks: impl IntoIterator<Item = &'a Check>) -> String {
    let mut text = String::new();
    for check in checks {
        let (id, level, slug) = (check.id(), check.level().name(), check.slug());
        let _infallible = writeln!(text, "{id}  {level:<8}  {slug:<30}  {}", check.title());
    }
    text
}

/// The records of checks as JSON.
pub fn listed_as_json<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Value {
    checks.into_iter().map(record).collect()
}

/// All that the record of a check says.
#[must_use]
pub fn explained(check: &Check) -> String {
    let mut text = format!("{} {} ({})\n", check.id(), check.slug(), check.level());
    let _infallible = writeln!(text, "{}", check.title());
    let _infallible =
        writeln!(text, "profile: {}; a duty of the {}", check.profile(), check.party());
    for clause in check.clauses() {
        let _infallible = writeln!(text, "{clause}");
    }
    let _infallible = writeln!(text, "if not: {}", check.means());
    let _infallible = writeln!(text, "to mend it: {}", check.fix());
    if !check.seeds().is_empty() {
        let _infallible = writeln!(text, "a part of: {}", check.seeds());
    }
    text
}

fn record(check: &Check) -> Value {
    let clauses = check.clauses().iter().map(|clause| {
        json!({
            "document": clause.document(),
            "section": clause.section(),
            "says": clause.says(),
        })
    });
    json!({
        "id": check.id(),
        "slug": check.slug(),
        "title": check.title(),
        "level": check.level().name(),
        "party": check.party().name(),
        "profile": check.profile().name(),
        "clauses": clauses.collect::<Vec<_>>(),
        "means": check.means(),
        "fix": check.fix(),
        "seeds": check.seeds(),
        "negative": check.is_negative(),
        "needs_probe": check.needs_probe(),
    })
}
