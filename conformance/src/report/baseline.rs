//! What changed since an earlier report, and which changes break a run.

use super::document::{Baseline, Case, Document};
use crate::check::Level;
use crate::run::Verdict;

impl Document {
    /// Compares the report with an earlier one, so that only what became worse breaks the run.
    ///
    /// A check breaks it
    ///
    /// * where it came to something else than an expectation says: that goes before the baseline, and
    ///   what varies breaks nothing;
    /// * where it is a MUST that is bad and was not: it held, was not applicable, or is not in the
    ///   baseline;
    /// * where it is a MUST that held and is skipped now: what was proven is no more;
    /// * where it is of another level, held, and fails now.
    ///
    /// What was bad before and is bad still does not, however it is bad. A server that is lost makes
    /// a run end with 3 whatever the baseline says.
    ///
    /// ```
    /// use owin_conformance::report::Document;
    /// use owin_conformance::run::{Plan, run};
    ///
    /// let plan = Plan::new().with_only(["two-lengths"])?;
    /// let target = "http://127.0.0.1:1".parse()?;
    /// let earlier = Document::of(&run(&target, &plan, &|_| {}));
    /// let now = Document::of(&run(&target, &plan, &|_| {})).compared_with(&earlier);
    /// assert_eq!(now.breaking().count(), 0);
    /// assert_eq!(now.exit_code, 3);
    /// # Ok::<(), String>(())
    /// ```
    #[must_use]
    pub fn compared_with(mut self, earlier: &Self) -> Self {
        let before = |case: &Case| {
            let own = earlier.checks.iter().find(|own| own.id == case.id);
            own.map(|own| own.verdict)
        };
        for case in &mut self.checks {
            case.before = before(case);
            case.breaks_the_run = is_worse(case);
        }
        let is_made = |case: &&Case| self.checks.iter().any(|own| own.id == case.id);
        self.baseline = Some(Baseline {
            name: earlier.name().to_owned(),
            begun: earlier.run.begun.clone(),
            not_made: earlier.checks.len() - earlier.checks.iter().filter(is_made).count(),
        });
        if self.lost.is_none() {
            self.exit_code = u8::from(self.checks.iter().any(|case| case.breaks_the_run));
        }
        self
    }
}

fn is_worse(case: &Case) -> bool {
    if case.varies.is_some() {
        return false;
    }
    if let Some(known) = &case.expected {
        return known.verdict != case.verdict;
    }
    let (is_must, now) = (case.level == Level::Must, case.verdict);
    match case.before {
        Some(before) if before.is_bad() => false,
        Some(Verdict::Pass) if is_must => now != Verdict::Pass,
        Some(Verdict::Pass) => now == Verdict::Fail,
        _ => is_must && now.is_bad(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Plan, unreachable};

    /// A report in which one check came to that.
    fn report(name: &str, verdict: Verdict) -> Document {
        let plan = Plan::new().with_only([name]).unwrap();
        let mut report = unreachable("", &plan, "");
        report.lost = None;
        report.outcomes[0].verdict = verdict;
        Document::of(&report)
    }

    /// The exit codes of all verdicts, where it was that before.
    fn codes(name: &str, before: Verdict) -> [u8; 6] {
        let earlier = report(name, before);
        Verdict::all().map(|now| report(name, now).compared_with(&earlier).exit_code)
    }

    #[test]
    fn a_must_that_held_has_to_hold() {
        // pass, fail, blocked, inconclusive, skipped, error
        assert_eq!(codes("two-lengths", Verdict::Pass), [0, 1, 1, 1, 1, 1]);
    }

    #[test]
    fn a_must_that_was_not_applicable_must_not_be_bad() {
        assert_eq!(codes("two-lengths", Verdict::Skipped), [0, 1, 1, 1, 0, 1]);
    }

    #[test]
    fn what_was_bad_may_be_bad() {
        assert_eq!(codes("two-lengths", Verdict::Fail), [0; 6]);
        assert_eq!(codes("two-lengths", Verdict::Blocked), [0; 6]);
    }

    #[test]
    fn a_should_that_held_must_not_fail() {
        assert_eq!(codes("odd-name", Verdict::Pass), [0, 1, 0, 0, 0, 0]);
        assert_eq!(codes("odd-name", Verdict::Fail), [0; 6]);
    }

    #[test]
    fn what_varies_is_never_worse() {
        let earlier = report("two-lengths", Verdict::Pass);
        for verdict in Verdict::all() {
            let mut now = report("two-lengths", verdict);
            now.checks[0].varies = Some("by chance".to_owned());
            assert_eq!(now.compared_with(&earlier).exit_code, 0, "{verdict}");
        }
    }

    #[test]
    fn what_the_baseline_does_not_have_is_judged_as_without_one() {
        let earlier = report("no-host", Verdict::Pass);
        for (name, codes) in [("two-lengths", [0, 1, 1, 1, 0, 1]), ("odd-name", [0; 6])] {
            let now = Verdict::all().map(|now| report(name, now).compared_with(&earlier));
            assert_eq!(now.clone().map(|now| now.exit_code), codes);
            assert!(now.iter().all(|now| now.baseline.as_ref().unwrap().not_made == 1));
        }
    }
}
