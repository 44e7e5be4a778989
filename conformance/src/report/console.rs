//! A report for people: a line for each profile, and what did not hold, with its evidence.

use std::fmt::Write as _;

use crate::check::{Level, Profile};
use crate::run::{Conclusion, Lost, Outcome, Report, Verdict};

/// A report for people.
#[must_use]
pub fn console(report: &Report) -> String {
    let mut text = String::new();
    let shown = |outcome: &&Outcome| outcome.verdict.is_bad() || outcome.expected.is_some();
    for outcome in report.outcomes.iter().filter(shown) {
        one(&mut text, outcome);
    }
    for profile in Profile::all() {
        if let Some(conclusion) = report.conclusion(profile) {
            let _infallible = writeln!(text, "{profile}: {}", word(conclusion));
            for level in Level::all() {
                counts(&mut text, report, profile, level);
            }
        }
    }
    let probe = if report.has_probe { "with" } else { "without" };
    let seconds = report.took.as_secs_f64();
    let _infallible = writeln!(text, "{} {probe} the probe, in {seconds:.1} s", report.target);
    match &report.lost {
        Some(Lost::Unreachable(why)) => {
            let _infallible = writeln!(text, "the server cannot be reached: {why}");
        }
        Some(Lost::Died(suspects)) => {
            let names: Vec<String> =
                suspects.iter().map(|check| format!("{} {}", check.id(), check.slug())).collect();
            let _infallible = writeln!(text, "the server died in: {}", names.join(", "));
        }
        None => {}
    }
    text
}

/// What is told of one check, whatever it came to.
///
/// ```
/// use nowin_like_server::NowinServer;
/// use owin_conformance::run::Plan;
/// use owin_conformance::{in_process, report};
///
/// let plan = Plan::new().with_only(["method"])?;
/// let made = in_process::tried(NowinServer::new(), &plan)?;
/// let text = made.outcomes.iter().map(report::outcome).collect::<String>();
/// assert!(text.starts_with("pass RQ-01 method (MUST)\n"), "{text}");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn outcome(outcome: &Outcome) -> String {
    let mut text = String::new();
    one(&mut text, outcome);
    text
}

fn one(text: &mut String, outcome: &Outcome) {
    let check = outcome.check;
    let known = match &outcome.expected {
        Some((verdict, reason)) if *verdict == outcome.verdict => format!(", as known: {reason}"),
        Some((verdict, _)) => format!(", but {verdict} was expected"),
        None => String::new(),
    };
    let (id, level, slug) = (check.id(), check.level(), check.slug());
    let _infallible = writeln!(text, "{} {id} {slug} ({level}){known}", outcome.verdict);
    if outcome.is_expected() {
        return;
    }
    let _infallible = writeln!(text, "  {}", check.title());
    if !outcome.reason.is_empty() {
        let _infallible = writeln!(text, "  seen: {}", outcome.reason);
    }
    if outcome.verdict == Verdict::Fail {
        for clause in check.clauses() {
            let _infallible = writeln!(text, "  {clause}");
        }
        let _infallible = writeln!(text, "  if it stays: {}", check.means());
        let _infallible = writeln!(text, "  to mend it: {}", check.fix());
    }
    for line in outcome.transcript.to_string().lines() {
        let _infallible = writeln!(text, "    {line}");
    }
    text.push('\n');
}

fn counts(text: &mut String, report: &Report, profile: Profile, level: Level) {
    let counted = Verdict::all().map(|verdict| (verdict, report.count(profile, level, verdict)));
    let all: usize = counted.iter().map(|(_, count)| count).sum();
    if all == 0 {
        return;
    }
    let others = counted.iter().filter(|(verdict, count)| *verdict != Verdict::Pass && *count > 0);
    let others: String = others.map(|(verdict, count)| format!(", {count} {verdict}")).collect();
    let passed = report.count(profile, level, Verdict::Pass);
    let _infallible = writeln!(text, "  {level}: {passed} of {all}{others}");
}

fn word(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Conforms => "conforms",
        Conclusion::Partial => "partial: not everything was proven",
        Conclusion::Fails => "does not conform",
        Conclusion::NotApplicable => "not applicable",
    }
}
