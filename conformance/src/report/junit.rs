//! A report as JUnit XML, which most CI services read.

use std::time::Duration;

use chrono::DateTime;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::document::{Case, Document, Loss};
use crate::run::Verdict;

/// A report as JUnit XML: a suite for each profile, a case for each check, called by its id and slug.
///
/// What breaks the run is a failure, or an error where nothing was proven; nothing else is one.
/// What is not applicable, known by an expectation, known to vary, as in the baseline, or no MUST,
/// is skipped, and the message says which; what varies and holds has passed. A server that was lost
/// is an error in a suite `target`.
///
/// ```
/// use owin_conformance::report::{Document, junit};
/// use owin_conformance::run::{Plan, run};
///
/// let report = run(&"http://127.0.0.1:1".parse()?, &Plan::new(), &|_| {});
/// assert!(junit(&Document::of(&report)).contains("<testsuite name=\"smuggling\""));
/// # Ok::<(), String>(())
/// ```
#[must_use]
pub fn junit(document: &Document) -> String {
    let mut report = Report::new(format!("{} {}", document.suite.name, document.suite.version));
    report.set_time(seconds(document.run.seconds));
    let begun = DateTime::parse_from_rfc3339(&document.run.begun).ok();
    if let Some(begun) = begun {
        report.set_timestamp(begun);
    }
    for tally in &document.profiles {
        let mut suite = TestSuite::new(tally.name.as_str());
        suite.add_property(("target", document.name()));
        suite.add_property(("conclusion", tally.words()));
        let cases: Vec<&Case> = document.of_profile(&tally.name).collect();
        suite.set_time(seconds(cases.iter().map(|case| case.seconds).sum()));
        if let Some(begun) = begun {
            suite.set_timestamp(begun);
        }
        suite.add_test_cases(cases.into_iter().map(one));
        report.add_test_suite(suite);
    }
    if let Some(loss) = &document.lost {
        report.add_test_suite(lost(loss));
    }
    report.to_string().unwrap_or_default()
}

fn one(case: &Case) -> TestCase {
    let mut status = status(case);
    status.set_message(message(case));
    if case.verdict.is_bad() {
        status.set_description(description(case));
    }
    let mut test = TestCase::new(format!("{} {}", case.id, case.slug), status);
    let place = case.clauses.first().map_or_else(|| case.profile.clone(), super::Quote::place);
    test.set_classname(place).set_time(seconds(case.seconds));
    if let Some(evidence) = &case.transcript {
        test.set_system_out(evidence.to_text());
    }
    test
}

fn status(case: &Case) -> TestCaseStatus {
    let mut status = match case.verdict {
        Verdict::Pass if !case.breaks_the_run => return TestCaseStatus::success(),
        _ if !case.breaks_the_run => TestCaseStatus::skipped(),
        Verdict::Blocked | Verdict::Inconclusive | Verdict::Error => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
        _ => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    if case.breaks_the_run {
        status.set_type(case.verdict.name());
    }
    status
}

fn message(case: &Case) -> String {
    let (verdict, remark) = (case.verdict, case.remark());
    let reason = if case.reason.is_empty() { String::new() } else { format!(": {}", case.reason) };
    if verdict == Verdict::Skipped && !case.breaks_the_run {
        return case.reason.clone();
    }
    format!("{} {verdict}{remark}{reason}", case.level)
}

fn description(case: &Case) -> String {
    let clauses: Vec<String> = case.clauses.iter().map(ToString::to_string).collect();
    let (title, clauses) = (&case.title, clauses.join("\n"));
    format!("{title}\n{clauses}\nif it stays: {}\nto mend it: {}", case.means, case.fix)
}

fn lost(loss: &Loss) -> TestSuite {
    let message = match loss {
        Loss::Unreachable(why) => format!("the server cannot be reached: {why}"),
        Loss::DiedIn(ids) => format!("the server died in {}", ids.join(", ")),
    };
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("lost").set_message(message);
    let mut suite = TestSuite::new("target");
    suite.add_test_case(TestCase::new("the server stays alive", status));
    suite
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
