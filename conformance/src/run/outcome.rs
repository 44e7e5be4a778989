//! What a run comes to.

use std::time::Duration;

use crate::check::{self, Check, Feature, Level, Profile};
use crate::run::expectation::Expectation;
use crate::wire::Transcript;

/// What a check comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// What must hold first does not, as the twin of a bad message, so that nothing was proven.
    Blocked,
    /// The evidence contradicts itself, twice.
    Inconclusive,
    /// It is not applicable to this server, and the reason says why.
    Skipped,
    /// The suite itself could not go on.
    Error,
}

/// What one check came to, and the evidence.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The check.
    pub check: &'static Check,
    /// What it came to.
    pub verdict: Verdict,
    /// Why, in a sentence; empty where it holds.
    pub reason: String,
    /// What went over the connection that decided; empty where it holds.
    pub transcript: Transcript,
    /// How long it took.
    pub took: Duration,
    /// What an expectation file says of it.
    pub expected: Option<Expectation>,
}

/// What a run came to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The URL of the server.
    pub target: String,
    /// Whether it hosts the probe contract.
    pub has_probe: bool,
    /// What it says that it can do.
    pub claims: Vec<Feature>,
    /// Which random values were tried: the same seed gives the same ones.
    pub seed: u32,
    /// What a reader has to know of how the run was made, each in a sentence.
    pub remarks: Vec<String>,
    /// One for each check that was selected, in the order of the catalogue.
    pub outcomes: Vec<Outcome>,
    /// Why the server could not be tried, or how it died.
    pub lost: Option<Lost>,
    /// How long all of it took.
    pub took: Duration,
}

/// How a server was lost.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Lost {
    /// It could not be tried at all.
    Unreachable(String),
    /// It answers no more since one of these checks was made.
    Died(Vec<&'static Check>),
}

/// What is known of a profile after a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Conclusion {
    /// Every MUST holds that is applicable, and one does at least.
    Conforms,
    /// No MUST failed but such as were expected to, or some were not proven, as what chance decides
    /// never is.
    Partial,
    /// A MUST failed.
    Fails,
    /// None of its checks was applicable, as the server does not claim what they are about.
    NotApplicable,
}

impl Verdict {
    /// The name, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Blocked => "blocked",
            Self::Inconclusive => "inconclusive",
            Self::Skipped => "skipped",
            Self::Error => "error",
        }
    }

    /// All, in the order in which they are counted.
    #[must_use]
    pub fn all() -> [Self; 6] {
        use Verdict::{Blocked, Error, Fail, Inconclusive, Pass, Skipped};
        [Pass, Fail, Blocked, Inconclusive, Skipped, Error]
    }

    /// Whether a check that must hold has not been seen to.
    #[must_use]
    pub fn is_bad(self) -> bool {
        !matches!(self, Self::Pass | Self::Skipped)
    }
}

impl Outcome {
    /// Whether an expectation says so, or that it varies.
    #[must_use]
    pub fn is_expected(&self) -> bool {
        self.expected.as_ref().is_some_and(|known| known.allows(self.verdict))
    }

    /// Whether an expectation says that chance decides what it comes to.
    #[must_use]
    pub fn varies(&self) -> bool {
        self.expected.as_ref().is_some_and(Expectation::varies)
    }

    fn is_skipped(&self) -> bool {
        self.verdict == Verdict::Skipped
    }

    /// Whether it makes the run fail: a MUST that is bad and not expected to be, or any check that
    /// came to something else than was expected of it.
    #[must_use]
    pub fn breaks_the_run(&self) -> bool {
        match &self.expected {
            Some(known) => !known.allows(self.verdict),
            None => self.verdict.is_bad() && self.check.level() == Level::Must,
        }
    }
}

impl Report {
    /// How many checks of a profile and a level came to that.
    #[must_use]
    pub fn count(&self, profile: Profile, level: Level, verdict: Verdict) -> usize {
        let own = self.of(profile).filter(|o| o.check.level() == level && o.verdict == verdict);
        own.count()
    }

    /// The outcomes of a profile.
    pub fn of(&self, profile: Profile) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(move |outcome| outcome.check.profile() == profile)
    }

    /// What is known of a profile; `None` where none of its checks was selected.
    #[must_use]
    pub fn conclusion(&self, profile: Profile) -> Option<Conclusion> {
        if self.of(profile).next().is_some() && self.of(profile).all(Outcome::is_skipped) {
            return Some(Conclusion::NotApplicable);
        }
        let mut own = self.of(profile).filter(|o| o.check.level() == Level::Must).peekable();
        own.peek()?;
        let (mut held, mut conclusion) = (false, Conclusion::Conforms);
        for outcome in own {
            held |= outcome.verdict == Verdict::Pass;
            if outcome.verdict == Verdict::Fail && !outcome.is_expected() {
                return Some(Conclusion::Fails);
            }
            if outcome.verdict.is_bad() || outcome.varies() {
                conclusion = Conclusion::Partial;
            }
        }
        let is_whole = self.of(profile).count() == all_of(profile);
        Some(if held && is_whole { conclusion } else { Conclusion::Partial })
    }

    /// The exit code of the program: 0 conforms, 1 a selected MUST does not hold or another check
    /// came to something else than was expected, 3 the server could not be reached or died.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.lost.is_some() {
            return 3;
        }
        u8::from(self.outcomes.iter().any(Outcome::breaks_the_run))
    }
}

fn all_of(profile: Profile) -> usize {
    check::all().filter(|check| check.profile() == profile).count()
}

impl std::str::FromStr for Verdict {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::all().into_iter().find(|verdict| verdict.name() == name);
        found.ok_or_else(|| format!("{name:?} is no verdict"))
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(verdict: Verdict, expected: Option<Expectation>, name: &str) -> Outcome {
        Outcome {
            check: check::find(name).unwrap(),
            verdict,
            reason: String::new(),
            transcript: Transcript::new(),
            took: Duration::ZERO,
            expected,
        }
    }

    fn of(outcomes: Vec<Outcome>) -> Report {
        let (target, took) = (String::new(), Duration::ZERO);
        Report {
            target,
            has_probe: true,
            claims: Vec::new(),
            seed: 7,
            remarks: Vec::new(),
            outcomes,
            lost: None,
            took,
        }
    }

    fn report(verdict: Verdict, expected: Option<Expectation>, name: &str) -> Report {
        of(vec![outcome(verdict, expected, name)])
    }

    /// What an expectation file says.
    fn known(verdict: Option<Verdict>) -> Option<Expectation> {
        Some(Expectation { verdict, reason: "known".to_owned() })
    }

    #[test]
    fn a_must_that_was_not_seen_to_hold_makes_the_run_fail() {
        let code = |verdict| report(verdict, None, "two-lengths").exit_code();
        assert_eq!(Verdict::all().map(code), [0, 1, 1, 1, 0, 1]);
    }

    #[test]
    fn a_should_does_not() {
        let code = |verdict| report(verdict, None, "odd-name").exit_code();
        assert_eq!(Verdict::all().map(code), [0; 6]);
    }

    #[test]
    fn what_comes_otherwise_than_expected_makes_the_run_fail() {
        let expected = || known(Some(Verdict::Fail));
        let code = |verdict| report(verdict, expected(), "two-lengths").exit_code();
        assert_eq!(Verdict::all().map(code), [1, 0, 1, 1, 1, 1]);
    }

    #[test]
    fn what_varies_may_come_out_in_any_way() {
        for name in ["two-lengths", "odd-name"] {
            let code = |verdict| report(verdict, known(None), name).exit_code();
            assert_eq!(Verdict::all().map(code), [0; 6], "{name}");
        }
    }

    #[test]
    fn a_server_that_is_lost_is_lost_by_what_varies_too() {
        let mut report = report(Verdict::Fail, known(None), "two-lengths");
        report.lost = Some(Lost::Died(vec![report.outcomes[0].check]));
        assert_eq!(report.exit_code(), 3);
    }

    #[test]
    fn a_profile_does_not_conform_by_chance() {
        let conclusion = |last: Verdict, expected: Option<Expectation>| {
            let own = check::all().filter(|check| check.profile() == Profile::Smuggling);
            let mut all: Vec<_> = own.map(|c| outcome(Verdict::Pass, None, c.id())).collect();
            let place = all.iter().position(|one| one.check.slug() == "two-lengths").unwrap();
            (all[place].verdict, all[place].expected) = (last, expected);
            of(all).conclusion(Profile::Smuggling).unwrap()
        };
        assert_eq!(conclusion(Verdict::Pass, None), Conclusion::Conforms);
        assert_eq!(conclusion(Verdict::Fail, None), Conclusion::Fails);
        for verdict in Verdict::all() {
            assert_eq!(conclusion(verdict, known(None)), Conclusion::Partial, "{verdict}");
        }
    }

    #[test]
    fn a_part_of_a_profile_never_shows_that_it_conforms() {
        let conclusion = |verdict, expected| {
            report(verdict, expected, "two-lengths").conclusion(Profile::Smuggling)
        };
        assert_eq!(conclusion(Verdict::Pass, None), Some(Conclusion::Partial));
        assert_eq!(conclusion(Verdict::Fail, None), Some(Conclusion::Fails));
        assert_eq!(
            conclusion(Verdict::Fail, known(Some(Verdict::Fail))),
            Some(Conclusion::Partial)
        );
        assert_eq!(conclusion(Verdict::Skipped, None), Some(Conclusion::NotApplicable));
        assert_eq!(report(Verdict::Pass, None, "two-lengths").conclusion(Profile::Http1), None);
    }
}
