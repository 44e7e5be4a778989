//! What is known of a server before it is tried: the lines of an expectation file.

use std::collections::BTreeMap;

use crate::check::{self, Check};
use crate::run::outcome::Verdict;

/// What stands in the place of a verdict where chance decides.
const VARIES: &str = "varies";

/// What an expectation file says of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Expectation {
    /// The verdict that is known; `None` where the check varies: it comes out one way or the other, by
    /// chance.
    pub verdict: Option<Verdict>,
    /// Why.
    pub reason: String,
}

impl Expectation {
    /// Whether the check comes out by chance.
    #[must_use]
    pub fn varies(&self) -> bool {
        self.verdict.is_none()
    }

    /// Whether a check may come to that.
    #[must_use]
    pub fn allows(&self, verdict: Verdict) -> bool {
        self.verdict.is_none_or(|known| known == verdict)
    }
}

/// What is known, by the ids of the checks.
#[derive(Clone, Debug, Default)]
pub(super) struct Expectations(BTreeMap<&'static str, Expectation>);

impl Expectations {
    /// Adds the lines of a text; they go before what is there.
    pub(super) fn add(&mut self, text: &str) -> Result<(), String> {
        let mut own = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let at = |why| format!("line {}: {why}", number + 1);
            let (id, expectation) = expectation(line).map_err(at)?;
            if own.insert(id, expectation).is_some() {
                return Err(at(format!("there is another line for {id}")));
            }
        }
        self.0.extend(own);
        Ok(())
    }

    pub(super) fn of(&self, check: &Check) -> Option<Expectation> {
        self.0.get(check.id()).cloned()
    }
}

fn expectation(line: &str) -> Result<(&'static str, Expectation), String> {
    let mut words = line.splitn(3, ' ');
    let mut word = || words.next().filter(|word| !word.trim().is_empty());
    let (Some(id), Some(verdict), Some(reason)) = (word(), word(), word()) else {
        return Err("an expectation has an id, a verdict and a reason".to_owned());
    };
    let check = check::find(id).ok_or_else(|| format!("there is no check {id:?}"))?;
    let verdict = if verdict == VARIES { None } else { Some(verdict.parse()?) };
    Ok((check.id(), Expectation { verdict, reason: reason.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Expectations, String> {
        let mut all = Expectations::default();
        all.add(text).map(|()| all)
    }

    fn known(all: &Expectations, id: &str) -> Option<(Option<Verdict>, String)> {
        all.of(check::find(id).unwrap()).map(|own| (own.verdict, own.reason))
    }

    #[test]
    fn an_expectation_has_an_id_a_verdict_and_a_reason() {
        let all = read("# known\n\nSM-02 fail as before\ntwo-hosts varies by chance\n").unwrap();
        assert_eq!(known(&all, "SM-02"), Some((Some(Verdict::Fail), "as before".to_owned())));
        assert_eq!(known(&all, "H1-02"), Some((None, "by chance".to_owned())));
        assert_eq!(known(&all, "SM-01"), None);
        for line in [
            "SM-02",
            "SM-02 fail",
            "SM-02 varies",
            "SM-02 varies  ",
            "SM-99 fail as before",
            "SM-02 wrong as before",
        ] {
            let why = read(&format!("# known\n{line}\n")).unwrap_err();
            assert!(why.starts_with("line 2: "), "{line}: {why}");
        }
    }

    #[test]
    fn a_text_has_one_line_for_a_check_and_a_later_text_goes_before_it() {
        let why = read("SM-02 fail so\ntwo-lengths varies or so\n").unwrap_err();
        assert_eq!(why, "line 2: there is another line for SM-02");
        let mut all = read("SM-02 fail so\n").unwrap();
        all.add("SM-02 varies or so\n").unwrap();
        assert_eq!(known(&all, "SM-02"), Some((None, "or so".to_owned())));
    }

    #[test]
    fn what_varies_may_come_to_anything() {
        let allowed = |verdict| {
            let expectation = Expectation { verdict, reason: String::new() };
            Verdict::all().map(|verdict| expectation.allows(verdict))
        };
        assert_eq!(allowed(None), [true; 6]);
        assert_eq!(allowed(Some(Verdict::Fail)), [false, true, false, false, false, false]);
    }
}
