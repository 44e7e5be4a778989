//! Many reports as one page: servers beside profiles, and what does not hold with its judgement.

use std::fmt::Write as _;

use serde_json::Value;

use crate::check::{Level, Profile};

/// What stands in the place of a judgement that is in no expectation file.
pub const UNJUDGED: &str = "nobody has judged it";

const HEAD: &str = "# What other servers do

Written by `bash conformance/servers/run.sh`, which starts each server with its configuration in
`conformance/servers/` and tries it. A cell says how many checks of a level hold, of those that are
applicable; `–` stands for a profile that was not tried, as those that need the probe are not without.
Below it is every check that does not hold: what was seen, and what a person found who compared it
with the clause. `owin-conformance explain H1-01` shows the clauses of a check.
";

/// The report of one server, with what it is called.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The name, as that of its expectation file.
    pub name: String,
    /// What it is and which version, as `nginx 1.22.1`.
    pub version: String,
    /// The report, as [`Document::to_json`](crate::report::Document::to_json) has it.
    pub report: Value,
}

/// The page of many servers, in Markdown.
///
/// ```
/// use owin_conformance::report::{Tried, results};
///
/// let check = serde_json::json!({
///     "id": "H1-29", "slug": "date", "level": "MUST", "profile": "http1", "verdict": "fail",
///     "reason": "its Date is \"\"", "expected": {"verdict": "fail", "reason": "it sends none"},
/// });
/// let report = serde_json::json!({ "checks": [check] });
/// let (name, version) = ("other".to_owned(), "other 1.0".to_owned());
/// let page = results(&[Tried { name, version, report }]);
/// assert!(page.contains("| other 1.0 | 0/1 MUST |"));
/// assert!(page.contains("| H1-29 `date` | MUST | fail | its Date is \"\" | it sends none |"));
/// ```
#[must_use]
pub fn results(all: &[Tried]) -> String {
    let mut text = HEAD.to_owned();
    let profiles: Vec<Profile> =
        Profile::all().into_iter().filter(|own| all.iter().any(|one| one.has(*own))).collect();
    let names: Vec<_> = profiles.iter().map(|profile| format!("`{profile}`")).collect();
    let line = "---|".repeat(profiles.len() + 1);
    let _infallible = writeln!(text, "\n| server | {} |\n|{line}", names.join(" | "));
    for one in all {
        let cells: Vec<_> = profiles.iter().map(|profile| one.cell(*profile)).collect();
        let _infallible = writeln!(text, "| {} | {} |", one.version, cells.join(" | "));
    }
    for one in all {
        one.section(&mut text);
    }
    text
}

impl Tried {
    fn checks(&self) -> impl Iterator<Item = &Value> {
        self.report.get("checks").and_then(Value::as_array).into_iter().flatten()
    }

    fn has(&self, profile: Profile) -> bool {
        self.checks().any(|check| member(check, "profile") == profile.name())
    }

    /// How many checks of each level hold, and how many are not applicable.
    fn cell(&self, profile: Profile) -> String {
        if !self.has(profile) {
            return "–".to_owned();
        }
        let own = || self.checks().filter(|check| member(check, "profile") == profile.name());
        let mut parts = Vec::new();
        for level in Level::all() {
            let of_it = || own().filter(|check| member(check, "level") == level.name());
            let applicable = of_it().filter(|check| member(check, "verdict") != "skipped").count();
            let passed = of_it().filter(|check| member(check, "verdict") == "pass").count();
            if applicable > 0 {
                parts.push(format!("{passed}/{applicable} {level}"));
            }
        }
        let skipped = own().filter(|check| member(check, "verdict") == "skipped").count();
        if skipped > 0 {
            parts.push(format!("{skipped} skipped"));
        }
        parts.join("<br>")
    }

    /// The checks that do not hold, with a judgement for each.
    fn section(&self, text: &mut String) {
        let _infallible = writeln!(text, "\n## {}\n", self.version);
        let bad = |check: &&Value| !matches!(member(check, "verdict"), "pass" | "skipped");
        let mut bad = self.checks().filter(bad).peekable();
        if bad.peek().is_none() {
            text.push_str("All that is applicable holds.\n");
            return;
        }
        let _infallible = writeln!(
            text,
            "The judgements are those of `conformance/servers/{}.expect`.\n\n| check | level | came \
             to | what was seen | judgement |\n|---|---|---|---|---|",
            self.name
        );
        for check in bad {
            let _infallible = writeln!(
                text,
                "| {} `{}` | {} | {} | {} | {} |",
                member(check, "id"),
                member(check, "slug"),
                member(check, "level"),
                member(check, "verdict"),
                seen(member(check, "reason")),
                judgement(check),
            );
        }
    }
}

/// What was seen, with what was sent as code.
fn seen(reason: &str) -> String {
    match reason.split_once("; sent was ") {
        Some((seen, sent)) => format!("{}; sent was `{}`", plain(seen), sent.replace('|', "\\|")),
        None => plain(reason),
    }
}

fn judgement(check: &Value) -> String {
    let expected = check.get("expected").filter(|own| !own.is_null());
    let verdict = expected.map(|own| member(own, "verdict"));
    match expected {
        Some(own) if verdict == Some(member(check, "verdict")) => plain(member(own, "reason")),
        _ => format!("**{UNJUDGED}**"),
    }
}

/// Text that Markdown shows as it is.
fn plain(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

fn member<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(id: &str, verdict: &str, expected: &Value) -> Value {
        json!({
            "id": id, "slug": "a-b", "level": "MUST", "profile": "smuggling", "verdict": verdict,
            "reason": "it was <taken>; sent was a|b", "expected": expected,
        })
    }

    fn page(checks: &[Value]) -> String {
        let report = json!({ "checks": checks });
        results(&[Tried { name: "x".to_owned(), version: "x 1".to_owned(), report }])
    }

    #[test]
    fn what_holds_and_what_is_not_applicable_is_counted_and_not_listed() {
        let none = Value::Null;
        let page = page(&[check("SM-01", "pass", &none), check("SM-02", "skipped", &none)]);
        assert!(page.contains("| server | `smuggling` |\n|---|---|\n"), "{page}");
        assert!(page.contains("| x 1 | 1/1 MUST<br>1 skipped |"), "{page}");
        assert!(page.ends_with("## x 1\n\nAll that is applicable holds.\n"), "{page}");
    }

    #[test]
    fn what_does_not_hold_is_listed_with_its_judgement() {
        let page = page(&[check("SM-01", "fail", &json!({"verdict": "fail", "reason": "so"}))]);
        let row = "| SM-01 `a-b` | MUST | fail | it was &lt;taken>; sent was `a\\|b` | so |\n";
        assert!(page.ends_with(row), "{page}");
        assert!(page.contains("`conformance/servers/x.expect`"), "{page}");
    }

    #[test]
    fn what_came_otherwise_than_expected_is_not_judged() {
        for expected in [Value::Null, json!({"verdict": "fail", "reason": "so"})] {
            assert!(page(&[check("SM-01", "blocked", &expected)]).contains(UNJUDGED), "{expected}");
        }
    }
}
