//! The checks of a run, some at a time.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::check::{Check, Profile, Proof};
use crate::clock;
use crate::judge::{Judged, Lapse, Position, Trial};
use crate::run::expectation::Expectations;
use crate::run::outcome::{Outcome, Verdict};
use crate::run::plan::Step;
use crate::run::site::Site;
use crate::wire::Transcript;

/// A server that takes longer for a plain request is too slow to tell silence from work.
const SLOW: Duration = Duration::from_millis(700);

/// The checks of a run, and what they came to.
pub(super) struct Queue<'a> {
    site: &'a Site,
    checks: Vec<&'static Check>,
    expected: &'a Expectations,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    left: VecDeque<&'static Check>,
    at_work: Vec<&'static Check>,
    done: Vec<Outcome>,
    /// The checks that were at work when the server was found dead.
    suspects: Option<Vec<&'static Check>>,
    /// What those came to.
    doubted: Vec<Outcome>,
    /// Why no more checks are made.
    stop: Option<&'static str>,
}

/// What became of the checks.
pub(super) struct Ended {
    /// Those that can be believed, in the order of the checks.
    pub(super) done: Vec<Outcome>,
    /// Those that were at work when the server was found dead; each keeps its transcript.
    pub(super) doubted: Vec<Outcome>,
    /// Those that were not begun since then.
    pub(super) left: Vec<&'static Check>,
}

impl<'a> Queue<'a> {
    pub(super) fn new(
        site: &'a Site,
        checks: Vec<&'static Check>,
        expected: &'a Expectations,
    ) -> Self {
        Self { site, checks, expected, state: Mutex::default() }
    }

    /// Makes the checks until the server dies; `told` hears of none that cannot be believed.
    pub(super) fn run(self, workers: usize, told: &(dyn Fn(Step<'_>) + Sync)) -> Ended {
        let (alone, beside): (Vec<_>, Vec<_>) =
            self.checks.iter().copied().partition(|check| check.is_made_alone());
        self.phase(beside, workers, told);
        if !alone.is_empty() && !self.is_dead() && !self.answers() {
            let why = "not made: not even a plain request is answered";
            self.with(|state| state.stop = Some(why));
        }
        self.phase(alone, 1, told);
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let place = |check: &Check| self.checks.iter().position(|own| own.id() == check.id());
        state.done.sort_by_key(|outcome| place(outcome.check));
        state.doubted.sort_by_key(|outcome| place(outcome.check));
        Ended { done: state.done, doubted: state.doubted, left: state.left.into() }
    }

    fn phase(&self, checks: Vec<&'static Check>, workers: usize, told: &(dyn Fn(Step<'_>) + Sync)) {
        let workers = workers.min(checks.len());
        self.with(|state| state.left.extend(checks));
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| self.work(told));
            }
        });
    }

    /// Whether a plain request is answered. Who answers none has nobody to hold up.
    fn answers(&self) -> bool {
        let ask = || Trial::new(self.site, Position::First).plain_is_answered();
        (0..2).any(|_| ask().is_ok())
    }

    fn work(&self, told: &(dyn Fn(Step<'_>) + Sync)) {
        while let Some(check) = self.take() {
            told(Step::Begun(check));
            let start = clock::now();
            let (judged, transcript) = match self.reason_to_stop() {
                Some(why) => (Err(Lapse::Blocked(why)), Transcript::new()),
                None => self.make(check),
            };
            let (verdict, reason) = verdict(judged);
            let expected = self.expected.of(check);
            let took = start.elapsed();
            self.keep(Outcome { check, verdict, reason, transcript, took, expected }, told);
        }
    }

    /// Keeps what a check came to; it can be believed if the server was alive when it was over.
    fn keep(&self, mut outcome: Outcome, told: &(dyn Fn(Step<'_>) + Sync)) {
        let is_own = |own: &Check| own.id() == outcome.check.id();
        let is_suspect = self.with(|state| {
            state.at_work.retain(|own| !is_own(own));
            state.suspects.iter().flatten().any(|own| is_own(own))
        });
        if is_suspect {
            return self.with(|state| state.doubted.push(outcome));
        }
        if !outcome.verdict.is_bad() {
            outcome.transcript = Transcript::new();
        }
        told(Step::Done(&outcome));
        self.with(|state| state.done.push(outcome));
    }

    /// The next check; none where the server is dead, then they are left.
    fn take(&self) -> Option<&'static Check> {
        self.with(|state| {
            if state.suspects.is_some() {
                return None;
            }
            let check = state.left.pop_front()?;
            state.at_work.push(check);
            Some(check)
        })
    }

    fn is_dead(&self) -> bool {
        self.with(|state| state.suspects.is_some())
    }

    fn reason_to_stop(&self) -> Option<String> {
        if let Some(why) = self.with(|state| state.stop) {
            return Some(why.to_owned());
        }
        let is_over = clock::until(self.site.limits().end) == Duration::ZERO;
        is_over.then(|| "not made: the time of the run is over".to_owned())
    }

    /// Makes a check in both positions, and sees whether the server has survived.
    fn make(&self, check: &'static Check) -> (Judged, Transcript) {
        let (mut judged, mut transcript) = self.tried(check);
        if judged.as_ref().is_err_and(Lapse::may_be_chance) {
            (judged, transcript) = self.tried(check);
        }
        let start = clock::now();
        let is_alive = (0..2).any(|_| self.site.canary_of(check.profile()).is_ok());
        if !is_alive && clock::until(self.site.limits().end) > Duration::ZERO {
            self.with(|state| {
                let suspects = state.at_work.clone();
                state.suspects.get_or_insert(suspects);
            });
        }
        if start.elapsed() > SLOW
            && let Err(Lapse::Silent(why)) = judged
        {
            judged = Err(Lapse::Inconclusive(format!("{why}; but a plain request is slow, too")));
        }
        (judged, transcript)
    }

    fn tried(&self, check: &Check) -> (Judged, Transcript) {
        if let Some(feature) = check.profile().feature() {
            let claimed = Trial::new(self.site, Position::First).claims(feature);
            if claimed.is_err() {
                return (claimed, Transcript::new());
            }
        }
        if !self.site.has_http1() && check.profile() != Profile::Http2 {
            let why = "the server speaks HTTP/2 only";
            return (Err(Lapse::Skipped(why.to_owned())), Transcript::new());
        }
        let mut first = Ok(());
        let positions: &[Position] =
            if check.is_made_alone() { &[Position::First] } else { &Position::BOTH };
        for &position in positions {
            let trial = Trial::new(self.site, position);
            let judged = match check.proof {
                Proof::HoldsOnce(_) if position == Position::Second => Ok(()),
                Proof::Refuses(refusal) => refusal.judge(&trial),
                Proof::WebSocketRefuses(violation) => violation.judge(&trial),
                Proof::Breaks(breach) => breach.judge(&trial),
                Proof::HoldsByProbe(_) if !trial.has_probe() => {
                    let why = "the server does not host the probe contract";
                    Err(Lapse::Skipped(why.to_owned()))
                }
                Proof::OfMiddleware(_) => {
                    Err(Lapse::Skipped("it is a duty of a middleware".to_owned()))
                }
                Proof::Holds(holds)
                | Proof::HoldsOnce(holds)
                | Proof::HoldsByProbe(holds)
                | Proof::HoldsAlone(holds) => holds(&trial),
            };
            match (position, judged) {
                (Position::First, judged @ (Ok(()) | Err(Lapse::Skipped(_)))) => first = judged,
                (Position::Second, Ok(()) | Err(Lapse::Skipped(_))) => {}
                (_, judged) => {
                    return (judged.map_err(|l| placed(l, position)), trial.transcript());
                }
            }
        }
        (first, Transcript::new())
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Says where on its connection the message stood, where that made a difference.
fn placed(lapse: Lapse, position: Position) -> Lapse {
    match position {
        Position::First => lapse,
        Position::Second => {
            lapse.explained(|why| format!("as the second request of a connection: {why}"))
        }
    }
}

pub(crate) fn verdict(judged: Judged) -> (Verdict, String) {
    match judged {
        Ok(()) => (Verdict::Pass, String::new()),
        Err(Lapse::Failed(why) | Lapse::Silent(why)) => (Verdict::Fail, why),
        Err(Lapse::Blocked(why)) => (Verdict::Blocked, why),
        Err(Lapse::Inconclusive(why)) => (Verdict::Inconclusive, why),
        Err(Lapse::Skipped(why)) => (Verdict::Skipped, why),
        Err(Lapse::Broken(why)) => (Verdict::Error, why),
    }
}
