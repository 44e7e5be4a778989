//! Whether something holds for random values; a failure is made small, and can be made again.

use std::fmt::Debug;
use std::time::Duration;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sha2::{Digest, Sha256};

use crate::clock;
use crate::judge::{Judged, Lapse, Trial};

/// How long random values are tried, where nobody asks for the same ones again.
const MOST: Duration = Duration::from_millis(500);

/// How long a failure is made smaller, and by how many attempts.
const SHRINKING: Duration = Duration::from_millis(2300);
const ATTEMPTS: usize = 3000;

/// Each attempt that is met by silence takes as long as an answer may.
const SILENCES: usize = 2;

/// Which random values a run tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Luck {
    /// The same seed gives the same values for the same check, whichever others are made.
    pub(crate) seed: u32,
    /// How many values each check tries.
    pub(crate) cases: u32,
    /// Whether all of them are tried, however long it takes: somebody wants to see a failure again.
    pub(crate) is_replay: bool,
}

impl Trial<'_> {
    /// Whether it holds for each of some random values. The name tells the values of this check from
    /// those of others.
    pub(crate) fn for_all<S: Strategy>(
        &self,
        name: &str,
        values: &S,
        holds: impl Fn(&S::Value) -> Judged,
    ) -> Judged {
        let luck = self.luck();
        let mut runner = runner(luck.seed, name);
        let until = clock::now() + MOST;
        for _ in 0..luck.cases {
            if !luck.is_replay && clock::until(until).is_zero() {
                return Ok(());
            }
            let tree = values.new_tree(&mut runner);
            let mut tree = tree.map_err(|why| Lapse::Broken(format!("no value: {why}")))?;
            if let Err(lapse) = holds(&tree.current()) {
                return Err(smallest(&mut tree, lapse, &holds, luck.is_replay)
                    .explained(|why| format!("{why}; --seed {} makes the case again", luck.seed)));
            }
        }
        Ok(())
    }
}

fn runner(seed: u32, name: &str) -> TestRunner {
    let digest = Sha256::digest([&seed.to_be_bytes(), name.as_bytes()].concat());
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &digest))
}

/// Makes the value smaller for as long as it fails.
fn smallest<T: ValueTree>(
    tree: &mut T,
    first: Lapse,
    holds: &impl Fn(&T::Value) -> Judged,
    has_time: bool,
) -> Lapse
where
    T::Value: Debug,
{
    if !matches!(first, Lapse::Failed(_) | Lapse::Silent(_)) {
        return first;
    }
    let (mut lapse, mut value) = (first, format!("{:?}", tree.current()));
    let (until, mut silences) = (clock::now() + SHRINKING, 0);
    let mut can_go_on = tree.simplify();
    for _ in 0..ATTEMPTS {
        if !can_go_on || silences == SILENCES || (!has_time && clock::until(until).is_zero()) {
            break;
        }
        can_go_on = match holds(&tree.current()) {
            Err(smaller @ (Lapse::Failed(_) | Lapse::Silent(_))) => {
                silences += usize::from(matches!(smaller, Lapse::Silent(_)));
                (lapse, value) = (smaller, format!("{:?}", tree.current()));
                tree.simplify()
            }
            _ => tree.complicate(),
        };
    }
    lapse.explained(|why| format!("{why}; the smallest such case is {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_values_and_another_one_others() {
        let values = |seed, name| {
            let mut runner = runner(seed, name);
            let one = proptest::collection::vec(0..1000_u32, 8).new_tree(&mut runner).unwrap();
            one.current()
        };
        assert_eq!(values(7, "a"), values(7, "a"));
        assert_ne!(values(7, "a"), values(8, "a"));
        assert_ne!(values(7, "a"), values(7, "b"));
    }

    #[test]
    fn a_failure_is_made_small() {
        let mut runner = runner(7, "a");
        let holds = |value: &u32| match value {
            0..600 => Ok(()),
            _ => Err(Lapse::Failed("too much".to_owned())),
        };
        let mut tree =
            (0..1000_u32).prop_filter("big", |v| *v > 700).new_tree(&mut runner).unwrap();
        let Lapse::Failed(why) = smallest(&mut tree, Lapse::Failed(String::new()), &holds, true)
        else {
            panic!()
        };
        assert!(why.starts_with("too much; the smallest such case is "), "{why}");
    }
}
