//! Many reports as one page: servers beside profiles, and what does not hold with its judgement.

use std::fmt::Write as _;

use super::document::{Case, Document, Tally};
use super::markdown::escaped;
use crate::check::Profile;
use crate::run::Verdict;

/// What stands in the place of a judgement that is in no expectation file.
pub const UNJUDGED: &str = "nobody has judged it";

const HEAD: &str = "# What other servers do

Written by `bash conformance/servers/run.sh`, which starts each server with its configuration in
`conformance/servers/` and tries it. A cell says how many checks of a level hold, of those that are
applicable; `–` stands for a profile that was not tried, as those that need the probe are not without.
Below it is every check that does not hold: what was seen, and what a person found who compared it
with the clause. `owin-conformance explain H1-01` shows the clauses of a check.
";

/// The report of one server, and which expectations it was compared with.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The name of its expectation file, without folder and ending.
    pub file: String,
    /// The report.
    pub document: Document,
}

/// The page of many servers, in Markdown.
///
/// ```
/// use owin_conformance::report::{Document, Tried, UNJUDGED, results};
/// use owin_conformance::run::{Plan, run};
///
/// let plan = Plan::new().with_only(["two-lengths"])?;
/// let report = run(&"http://127.0.0.1:1".parse()?, &plan, &|_| {});
/// let document = Document::of(&report).with_name("nobody");
/// let page = results(&[Tried { file: "nobody".to_owned(), document }]);
/// assert!(page.contains("| server | `smuggling` |\n|---|---|\n| nobody | 0/1 MUST |\n"), "{page}");
/// assert!(page.contains("| SM-02 `two-lengths` | MUST | blocked |"), "{page}");
/// assert!(page.ends_with(&format!("| **{UNJUDGED}** |\n")), "{page}");
/// # Ok::<(), String>(())
/// ```
#[must_use]
pub fn results(all: &[Tried]) -> String {
    let mut text = HEAD.to_owned();
    let is_tried = |own: &Profile| all.iter().any(|one| one.tally(*own).is_some());
    let profiles: Vec<Profile> = Profile::all().into_iter().filter(is_tried).collect();
    let names: Vec<_> = profiles.iter().map(|profile| format!("`{profile}`")).collect();
    let line = "---|".repeat(profiles.len() + 1);
    let _infallible = writeln!(text, "\n| server | {} |\n|{line}", names.join(" | "));
    for one in all {
        let cells: Vec<_> = profiles.iter().map(|profile| cell(one.tally(*profile))).collect();
        let _infallible = writeln!(text, "| {} | {} |", one.document.name(), cells.join(" | "));
    }
    for one in all {
        one.section(&mut text);
    }
    text
}

impl Tried {
    fn tally(&self, profile: Profile) -> Option<&Tally> {
        self.document.profiles.iter().find(|tally| tally.name == profile.name())
    }

    /// The checks that do not hold, with a judgement for each.
    fn section(&self, text: &mut String) {
        let _infallible = writeln!(text, "\n## {}\n", self.document.name());
        let mut bad = self.document.checks.iter().filter(|case| case.verdict.is_bad()).peekable();
        if bad.peek().is_none() {
            text.push_str("All that is applicable holds.\n");
            return;
        }
        let _infallible = writeln!(
            text,
            "The judgements are those of `conformance/servers/{}.expect`.\n\n| check | level | came \
             to | what was seen | judgement |\n|---|---|---|---|---|",
            self.file
        );
        for case in bad {
            let (id, slug, level, verdict) = (&case.id, &case.slug, case.level, case.verdict);
            let (seen, judgement) = (seen(&case.reason), judgement(case));
            let _infallible =
                writeln!(text, "| {id} `{slug}` | {level} | {verdict} | {seen} | {judgement} |");
        }
    }
}

/// How many checks of each level hold, and how many are not applicable.
fn cell(tally: Option<&Tally>) -> String {
    let Some(tally) = tally else { return "–".to_owned() };
    let levels = tally.levels().filter(|level| tally.applicable(*level) > 0);
    let count = |level| (tally.count(level, Verdict::Pass), tally.applicable(level));
    let mut parts: Vec<String> = levels
        .map(|level| (level, count(level)))
        .map(|(level, (passed, applicable))| format!("{passed}/{applicable} {level}"))
        .collect();
    let skipped: usize = tally.levels().map(|level| tally.count(level, Verdict::Skipped)).sum();
    if skipped > 0 {
        parts.push(format!("{skipped} skipped"));
    }
    parts.join("<br>")
}

/// What was seen, with what was sent as code.
fn seen(reason: &str) -> String {
    match reason.split_once("; sent was ") {
        Some((seen, sent)) => format!("{}; sent was `{}`", escaped(seen), sent.replace('|', "\\|")),
        None => escaped(reason),
    }
}

fn judgement(case: &Case) -> String {
    match &case.expected {
        Some(known) if known.verdict == case.verdict => known.reason.replace('|', "\\|"),
        _ => format!("**{UNJUDGED}**"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::check;
    use crate::run::{Outcome, Report, Transcript};

    fn page(verdict: Verdict, expected: Option<Verdict>) -> String {
        let outcome = Outcome {
            check: check::find("two-lengths").unwrap(),
            verdict,
            reason: "it was <taken>; sent was a|b".to_owned(),
            transcript: Transcript::new(),
            took: Duration::ZERO,
            expected: expected.map(|verdict| (verdict, "right: `so`".to_owned())),
        };
        let (target, took) = (String::new(), Duration::ZERO);
        let report = Report {
            seed: 7,
            remarks: Vec::new(),
            target,
            has_probe: true,
            outcomes: vec![outcome],
            claims: Vec::new(),
            lost: None,
            took,
        };
        let document = Document::of(&report).with_name("x 1");
        results(&[Tried { file: "x".to_owned(), document }])
    }

    #[test]
    fn what_holds_and_what_is_not_applicable_is_counted_and_not_listed() {
        for (verdict, cell) in [(Verdict::Pass, "1/1 MUST"), (Verdict::Skipped, "1 skipped")] {
            let page = page(verdict, None);
            assert!(page.contains(&format!("\n| x 1 | {cell} |\n")), "{page}");
            assert!(page.ends_with("## x 1\n\nAll that is applicable holds.\n"), "{page}");
        }
    }

    #[test]
    fn what_does_not_hold_is_listed_with_its_judgement() {
        let page = page(Verdict::Fail, Some(Verdict::Fail));
        let row = "| SM-02 `two-lengths` | MUST | fail | it was &lt;taken&gt;; sent was `a\\|b` | \
                   right: `so` |\n";
        assert!(page.ends_with(row), "{page}");
        assert!(page.contains("`conformance/servers/x.expect`"), "{page}");
    }

    #[test]
    fn what_came_otherwise_than_expected_is_not_judged() {
        for expected in [None, Some(Verdict::Fail)] {
            assert!(page(Verdict::Blocked, expected).contains(UNJUDGED));
        }
    }
}
