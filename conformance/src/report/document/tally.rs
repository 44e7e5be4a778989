//! What is known of a profile, and how many of its checks came to what.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::words;
use crate::check::{Level, Profile};
use crate::run::{Conclusion, Report, Verdict};

/// What is known of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tally {
    /// Its name.
    pub name: String,
    /// What follows from its checks; `None` where no MUST of it was selected.
    #[serde(with = "words::conclusion")]
    pub conclusion: Option<Conclusion>,
    /// How many checks came to what, by level and verdict. Levels are never added up: a SHOULD does
    /// not make up for a MUST.
    pub counts: BTreeMap<String, BTreeMap<String, usize>>,
}

impl Tally {
    /// Those of all profiles that have a check in the report.
    pub(super) fn all_of(report: &Report, checks: &[Case]) -> Vec<Self> {
        let all = Profile::all().into_iter().map(|profile| Self {
            name: profile.name().to_owned(),
            conclusion: report.conclusion(profile),
            counts: counts(checks.iter().filter(|case| case.profile == profile.name())),
        });
        all.filter(|tally| !tally.counts.is_empty()).collect()
    }

    /// How many checks of a level came to that.
    #[must_use]
    pub fn count(&self, level: Level, verdict: Verdict) -> usize {
        let own = self.counts.get(level.name()).and_then(|own| own.get(verdict.name()));
        own.copied().unwrap_or_default()
    }

    /// How many checks of a level there are.
    #[must_use]
    pub fn all(&self, level: Level) -> usize {
        self.counts.get(level.name()).map_or(0, |own| own.values().sum())
    }

    /// How many checks of a level are applicable to the server.
    #[must_use]
    pub fn applicable(&self, level: Level) -> usize {
        self.all(level).saturating_sub(self.count(level, Verdict::Skipped))
    }

    /// The levels of its checks, from the strongest on.
    pub fn levels(&self) -> impl Iterator<Item = Level> + '_ {
        Level::all().into_iter().filter(|level| self.all(*level) > 0)
    }

    /// What came to something else than `pass`, as `, 1 fail, 2 skipped`.
    #[must_use]
    pub fn others(&self, level: Level) -> String {
        let others = Verdict::all().into_iter().filter(|verdict| *verdict != Verdict::Pass);
        let counted = others.map(|verdict| (self.count(level, verdict), verdict));
        let shown = counted.filter(|(count, _)| *count > 0);
        shown.map(|(count, verdict)| format!(", {count} {verdict}")).collect()
    }

    /// What is known of it, in words.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self.conclusion {
            Some(Conclusion::Conforms) => "conforms",
            Some(Conclusion::Partial) => "partial: not everything was proven",
            Some(Conclusion::Fails) => "does not conform",
            Some(Conclusion::NotApplicable) => "not applicable",
            None => "nothing that decides was selected",
        }
    }
}

fn counts<'a>(cases: impl Iterator<Item = &'a Case>) -> BTreeMap<String, BTreeMap<String, usize>> {
    let mut counts = BTreeMap::<String, BTreeMap<String, usize>>::new();
    for case in cases {
        let level = counts.entry(case.level.name().to_owned()).or_default();
        *level.entry(case.verdict.name().to_owned()).or_default() += 1;
    }
    counts
}
