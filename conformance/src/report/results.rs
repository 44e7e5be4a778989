//! Many reports as one page: servers beside profiles, and what does not hold with its judgement.

use std::fmt::Write as _;

use super::document::{Case, Document};
use super::markdown::escaped;
use crate::check::{Level, Profile};
use crate::run::Verdict;

/// What stands in the place of a judgement that is in no expectation file.
pub const UNJUDGED: &str = "nobody has judged it";

const HEAD: &str = "# What other servers do

Written by `bash conformance/servers/run.sh`, which starts each server with its configuration in
`conformance/servers/` and tries it. A cell says how many checks of a level hold, of those that are
applicable; `–` stands for a profile that was not tried, as those that need the probe are not without.
Below it is every check that does not hold: what was seen, and what a person found who compared it
with the clause. A check that varies comes out one way or the other by chance, and counts as one that
does not hold. `owin-conformance explain H1-01` shows the clauses of a check.
";

/// The report of one server, and which expectations it was compared with.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The name of its expectation file, without folder and ending.
    pub file: String,
    /// The report.
    pub document: Document,
}

/// The page of many servers, in Markdown. Chance writes none of it: of a check that varies it does not
/// say what it came to.
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
    let is_tried = |own: &Profile| all.iter().any(|one| one.of(*own).next().is_some());
    let profiles: Vec<Profile> = Profile::all().into_iter().filter(is_tried).collect();
    let names: Vec<_> = profiles.iter().map(|profile| format!("`{profile}`")).collect();
    let line = "---|".repeat(profiles.len() + 1);
    let _infallible = writeln!(text, "\n| server | {} |\n|{line}", names.join(" | "));
    for one in all {
        let cells: Vec<_> =
            profiles.iter().map(|profile| cell(&one.of(*profile).collect::<Vec<_>>())).collect();
        let _infallible = writeln!(text, "| {} | {} |", one.document.name(), cells.join(" | "));
    }
    for one in all {
        one.section(&mut text);
    }
    text
}

impl Tried {
    fn of(&self, profile: Profile) -> impl Iterator<Item = &Case> {
        self.document.of_profile(profile.name())
    }

    /// The checks that do not hold, with a judgement for each.
    fn section(&self, text: &mut String) {
        let _infallible = writeln!(text, "\n## {}\n", self.document.name());
        let is_bad = |case: &&Case| certain(case).is_none_or(Verdict::is_bad);
        let mut bad = self.document.checks.iter().filter(is_bad).peekable();
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
            let (id, slug, level) = (&case.id, &case.slug, case.level);
            let (came, seen) = match certain(case) {
                Some(verdict) => (verdict.name(), seen(&case.reason)),
                None => ("varies", "–".to_owned()),
            };
            let judgement = judgement(case);
            let _infallible =
                writeln!(text, "| {id} `{slug}` | {level} | {came} | {seen} | {judgement} |");
        }
    }
}

/// What a check came to; `None` where chance has decided it.
fn certain(case: &Case) -> Option<Verdict> {
    case.varies.is_none().then_some(case.verdict)
}

/// How many checks of each level hold, of those that are applicable, and how many are not.
fn cell(cases: &[&Case]) -> String {
    if cases.is_empty() {
        return "–".to_owned();
    }
    let count = |is: &dyn Fn(&Case) -> bool| cases.iter().filter(|case| is(case)).count();
    let is_skipped = |case: &Case| certain(case) == Some(Verdict::Skipped);
    let counted = Level::all().into_iter().map(|level| {
        let all = count(&|case| case.level == level && !is_skipped(case));
        let held = count(&|case| case.level == level && certain(case) == Some(Verdict::Pass));
        (level, held, all)
    });
    let applicable = counted.filter(|(_, _, all)| *all > 0);
    let mut parts: Vec<_> =
        applicable.map(|(level, held, all)| format!("{held}/{all} {level}")).collect();
    let skipped = count(&is_skipped);
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
    let known = case.expected.as_ref().filter(|known| known.verdict == case.verdict);
    match case.varies.as_ref().or(known.map(|known| &known.reason)) {
        Some(reason) => reason.replace('|', "\\|"),
        None => format!("**{UNJUDGED}**"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::check;
    use crate::run::{Expectation, Outcome, Report, Transcript};

    fn page(verdict: Verdict, known: Option<Option<Verdict>>) -> String {
        let outcome = Outcome {
            check: check::find("two-lengths").unwrap(),
            verdict,
            reason: "it was <taken>; sent was a|b".to_owned(),
            transcript: Transcript::new(),
            took: Duration::ZERO,
            expected: known
                .map(|verdict| Expectation { verdict, reason: "right: `so`".to_owned() }),
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
        let page = page(Verdict::Fail, Some(Some(Verdict::Fail)));
        let row = "| SM-02 `two-lengths` | MUST | fail | it was &lt;taken&gt;; sent was `a\\|b` | \
                   right: `so` |\n";
        assert!(page.ends_with(row), "{page}");
        assert!(page.contains("`conformance/servers/x.expect`"), "{page}");
    }

    #[test]
    fn what_came_otherwise_than_expected_is_not_judged() {
        for known in [None, Some(Some(Verdict::Fail))] {
            assert!(page(Verdict::Blocked, known).contains(UNJUDGED));
        }
    }

    #[test]
    fn chance_writes_none_of_the_page() {
        let varies = Some(None);
        let first = page(Verdict::Fail, varies);
        assert!(first.contains("\n| x 1 | 0/1 MUST |\n"), "{first}");
        let row = "| SM-02 `two-lengths` | MUST | varies | – | right: `so` |\n";
        assert!(first.ends_with(row), "{first}");
        for verdict in Verdict::all() {
            assert_eq!(page(verdict, varies), first, "{verdict}");
        }
    }
}
