//! The page of all checks, `CASES.md`, written from the records.

use std::fmt::Write as _;

use crate::check::{self, Check, Level, Profile};

/// The text of `CASES.md`.
#[must_use]
pub fn page() -> String {
    let mut text = "# The checks\n\nWritten from the records; `UPDATE_GOLDEN=1 cargo test -p \
                    owin-conformance --test cases` rewrites it. `owin-conformance explain ID` shows \
                    one of them.\n\n"
        .to_owned();
    count(&mut text);
    for profile in Profile::all() {
        if !check::all().any(|check| check.profile() == profile) {
            continue;
        }
        let _infallible = write!(
            text,
            "\n## `{profile}`\n\n{} Its checks are duties of the {}.\n",
            profile.about(),
            profile.party()
        );
        for check in check::all().filter(|check| check.profile() == profile) {
            let _infallible = write!(text, "\n### {}\n\n{}", heading(check), particulars(check));
        }
    }
    text
}

fn heading(check: &Check) -> String {
    format!("{} `{}` ({})", check.id(), check.slug(), check.level())
}

/// What a record says, as a list.
fn particulars(check: &Check) -> String {
    let mut text = format!("{}\n\n", check.title());
    for clause in check.clauses() {
        let _infallible = writeln!(text, "* {clause}");
    }
    let _infallible = writeln!(text, "* if not: {}", check.means());
    let _infallible = writeln!(text, "* how to mend it: {}", check.fix());
    if !check.seeds().is_empty() {
        let _infallible = writeln!(text, "* a part of: {}", check.seeds());
    }
    text
}

fn count(text: &mut String) {
    let names = Level::all().map(Level::name).join(" | ");
    let _infallible = writeln!(text, "| profile | {names} |\n|---|--:|--:|--:|--:|");
    for profile in Profile::all() {
        if !check::all().any(|check| check.profile() == profile) {
            continue;
        }
        let counts = Level::all().map(|level| {
            let own = check::all().filter(|c| c.profile() == profile && c.level() == level);
            own.count().to_string()
        });
        let _infallible = writeln!(text, "| `{profile}` | {} |", counts.join(" | "));
    }
}
