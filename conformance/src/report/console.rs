//! A report for people: what did not hold, with its evidence, and a line for each profile.

use std::fmt::Write as _;

use anstream::adapter::strip_str;
use anstyle::{AnsiColor, Style};

use super::document::{Case, Document, Loss, Tally};
use crate::check::Profile;
use crate::run::{Conclusion, Outcome, Report, Verdict};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DOUBT: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();
const SENT: Style = AnsiColor::Cyan.on_default();
const LOUD: Style = Style::new().bold();

/// A report for people, without colours.
///
/// ```
/// use owin_conformance::report::console;
/// use owin_conformance::run::{Plan, run};
///
/// let report = run(&"http://127.0.0.1:1".parse()?, &Plan::new(), &|_| {});
/// assert!(console(&report).contains("exit code 3: the server cannot be reached"));
/// # Ok::<(), String>(())
/// ```
#[must_use]
pub fn console(report: &Report) -> String {
    strip_str(&coloured(&Document::of(report))).to_string()
}

/// What is told of one check, whatever it came to; without colours.
///
/// ```
/// use owin_conformance::report::outcome;
/// use owin_conformance::run::{Plan, run};
///
/// let plan = Plan::new().with_only(["two-lengths"])?;
/// let report = run(&"http://127.0.0.1:1".parse()?, &plan, &|_| {});
/// assert!(outcome(&report.outcomes[0]).starts_with("blocked SM-02 two-lengths (MUST)\n"));
/// # Ok::<(), String>(())
/// ```
#[must_use]
pub fn outcome(outcome: &Outcome) -> String {
    let mut text = String::new();
    one(&mut text, &Case::of(outcome));
    strip_str(&text).to_string()
}

/// A report for people, with the escapes of a terminal for its colours.
///
/// ```
/// use owin_conformance::report::{Document, coloured};
/// use owin_conformance::run::{Plan, run};
///
/// let report = run(&"http://127.0.0.1:1".parse()?, &Plan::new(), &|_| {});
/// assert!(coloured(&Document::of(&report)).contains("\u{1b}["));
/// # Ok::<(), String>(())
/// ```
#[must_use]
pub fn coloured(document: &Document) -> String {
    let mut text = String::new();
    for case in document.checks.iter().filter(|case| case.is_telling()) {
        one(&mut text, case);
    }
    changes(&mut text, document);
    for tally in &document.profiles {
        profile(&mut text, tally);
    }
    let middleware = Profile::Middleware.name();
    let probe = match document.target.probe {
        true => " with the probe",
        false if document.profiles.iter().all(|tally| tally.name == middleware) => "",
        false => " without the probe",
    };
    let (name, url, seconds) = (document.name(), &document.target.url, document.run.seconds);
    let url = if name == url { String::new() } else { format!(" at {url}") };
    let _infallible = writeln!(text, "{name}{url}{probe}, in {seconds:.1} s");
    let _infallible = writeln!(text, "random values by seed {}", document.run.seed);
    for remark in &document.run.remarks {
        let _infallible = writeln!(text, "{remark}");
    }
    lost(&mut text, document);
    let style = if document.exit_code == 0 { GOOD } else { BAD };
    let _infallible = writeln!(text, "{style}{}{style:#}", document.ending());
    text
}

fn one(text: &mut String, case: &Case) {
    let (verdict, style) = (case.verdict, of_verdict(case));
    let (heading, remark) = (case.heading(), case.remark());
    let _infallible = writeln!(text, "{style}{verdict}{style:#} {LOUD}{heading}{LOUD:#}{remark}");
    let is_as_before = case.before == Some(case.verdict) && !case.breaks_the_run;
    if case.is_expected() || case.varies.is_some() || is_as_before {
        return;
    }
    let _infallible = writeln!(text, "  {}", case.title);
    if !case.reason.is_empty() {
        let _infallible = writeln!(text, "  seen: {}", case.reason);
    }
    if case.verdict == Verdict::Fail {
        for clause in &case.clauses {
            let _infallible = writeln!(text, "  {clause}");
        }
        let _infallible = writeln!(text, "  if it stays: {}", case.means);
        let _infallible = writeln!(text, "  to mend it: {}", case.fix);
    }
    let evidence = case.transcript.as_ref().map(super::document::Evidence::to_text);
    for line in evidence.unwrap_or_default().lines() {
        let style = match line.get(8..9) {
            Some(">") => SENT,
            Some("-") => FAINT,
            _ => Style::new(),
        };
        let _infallible = writeln!(text, "    {style}{line}{style:#}");
    }
    text.push('\n');
}

/// What changed since the baseline, and not by chance.
fn changes(text: &mut String, document: &Document) {
    let Some(baseline) = &document.baseline else { return };
    let _infallible = writeln!(text, "compared with {} of {}:", baseline.name, baseline.begun);
    let certain = document.checks.iter().filter(|case| case.varies.is_none());
    let changed = certain.filter_map(|case| {
        let before = case.before.filter(|before| *before != case.verdict)?;
        Some((case, before))
    });
    let (mut better, mut worse) = (0, 0);
    for (case, before) in changed {
        let (word, style) = if case.breaks_the_run {
            worse += 1;
            ("worse", BAD)
        } else if before.is_bad() && case.verdict == Verdict::Pass {
            better += 1;
            ("better", GOOD)
        } else {
            ("other", DOUBT)
        };
        let (heading, now) = (case.heading(), case.verdict);
        let _infallible =
            writeln!(text, "  {style}{word}{style:#}: {heading}: {before}, now {now}");
    }
    let fresh = document.checks.iter().filter(|case| case.before.is_none()).count();
    let gone = baseline.not_made;
    let _infallible = writeln!(
        text,
        "  {better} better, {worse} worse; {fresh} not in the baseline, {gone} of it not made"
    );
}

fn profile(text: &mut String, tally: &Tally) {
    let style = of_conclusion(tally.conclusion);
    let _infallible = writeln!(text, "{}: {style}{}{style:#}", tally.name, tally.words());
    for level in tally.levels() {
        let (passed, all) = (tally.count(level, Verdict::Pass), tally.all(level));
        let _infallible = writeln!(text, "  {level}: {passed} of {all}{}", tally.others(level));
    }
}

fn lost(text: &mut String, document: &Document) {
    let Some(Loss::DiedIn(ids)) = &document.lost else { return };
    let suspects = ids.iter().map(|id| {
        let case = document.checks.iter().find(|case| case.id == *id);
        case.map_or_else(|| id.clone(), |case| format!("{id} {}", case.slug))
    });
    let suspects = suspects.collect::<Vec<_>>().join(", ");
    let _infallible = writeln!(text, "{BAD}the server died in: {suspects}{BAD:#}");
}

fn of_verdict(case: &Case) -> Style {
    match case.verdict {
        Verdict::Pass => GOOD,
        Verdict::Fail | Verdict::Error if case.breaks_the_run => BAD,
        Verdict::Skipped => FAINT,
        _ => DOUBT,
    }
}

fn of_conclusion(conclusion: Option<Conclusion>) -> Style {
    match conclusion {
        Some(Conclusion::Conforms) => GOOD,
        Some(Conclusion::Partial) => DOUBT,
        Some(Conclusion::Fails) => BAD,
        Some(Conclusion::NotApplicable) | None => FAINT,
    }
}
