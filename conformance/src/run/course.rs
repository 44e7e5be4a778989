//! The rounds of a run: one where the server lives, more where it dies and is started again.

use std::time::Duration;

use crate::check::Check;
use crate::clock;
use crate::run::outcome::{Lost, Outcome, Verdict};
use crate::run::plan::{Plan, Step};
use crate::run::queue::Queue;
use crate::run::site::Site;
use crate::run::start::{Launch, Started};
use crate::wire::Transcript;

/// How often a server is started again; one that dies more often dies of anything.
const MAX_RESTARTS: usize = 12;

/// The rounds of a run, and what they came to.
pub(super) struct Course<'a> {
    site: Site,
    plan: &'a Plan,
    told: &'a (dyn Fn(Step<'_>) + Sync),
    /// How the server is started again, and the one that was started.
    server: Option<(&'a Launch, Option<Started>)>,
    restarts: usize,
    ended: Ended,
    killers: Vec<&'static Check>,
}

/// What a run came to.
#[derive(Debug, Default)]
pub(super) struct Ended {
    pub(super) outcomes: Vec<Outcome>,
    pub(super) lost: Option<Lost>,
    pub(super) remarks: Vec<String>,
}

impl<'a> Course<'a> {
    pub(super) fn new(site: Site, plan: &'a Plan, told: &'a (dyn Fn(Step<'_>) + Sync)) -> Self {
        let (ended, killers) = (Ended::default(), Vec::new());
        Self { site, plan, told, server: None, restarts: 0, ended, killers }
    }

    /// Starts the server again where it dies.
    pub(super) fn after(mut self, server: Option<(&'a Launch, Started)>) -> Self {
        self.server = server.map(|(launch, started)| (launch, Some(started)));
        self
    }

    /// Makes the checks; the outcomes have their order.
    pub(super) fn run(mut self, checks: &[&'static Check]) -> Ended {
        let mut left = checks.to_vec();
        loop {
            let (doubted, rest) = self.round(left, self.plan.workers);
            left = rest;
            if doubted.is_empty() {
                break;
            }
            if let Err(why) = self.settle(doubted).and_then(|is_alive| {
                // A server that nobody needs any more stays dead.
                if is_alive || left.is_empty() { Ok(()) } else { self.revive() }
            }) {
                self.not_made(left, &why);
                break;
            }
        }
        if self.restarts > 0 {
            let times = self.restarts;
            self.ended
                .remarks
                .push(format!("the server died, and was started again: {times} times"));
        }
        if !self.killers.is_empty() {
            self.ended.lost = Some(Lost::Died(std::mem::take(&mut self.killers)));
        }
        let place = |check: &Check| checks.iter().position(|own| own.id() == check.id());
        self.ended.outcomes.sort_by_key(|outcome| place(outcome.check));
        self.ended
    }

    /// Makes checks until the server dies: what is doubted then, and what is left.
    fn round(
        &mut self,
        checks: Vec<&'static Check>,
        workers: usize,
    ) -> (Vec<Outcome>, Vec<&'static Check>) {
        let queue = Queue::new(&self.site, checks, &self.plan.expected);
        let ended = queue.run(workers, self.told);
        self.ended.outcomes.extend(ended.done);
        (ended.doubted, ended.left)
    }

    /// Finds out what killed the server: several suspects are made again, one by one. Says whether a
    /// server is alive then.
    fn settle(&mut self, doubted: Vec<Outcome>) -> Result<bool, String> {
        if let [_] = doubted.as_slice() {
            self.killed_by(doubted);
            return Ok(false);
        }
        let checks: Vec<_> = doubted.iter().map(|outcome| outcome.check).collect();
        if let Err(why) = self.revive() {
            self.killed_by(doubted);
            return Err(why);
        }
        let (mut is_alive, mut is_found) = (true, false);
        let mut suspects = doubted.into_iter();
        while let Some(suspect) = suspects.next() {
            if !is_alive && let Err(why) = self.revive() {
                self.not_made(std::iter::once(suspect).chain(suspects).map(|o| o.check), &why);
                return Err(why);
            }
            let (dead, _) = self.round(vec![suspect.check], 1);
            is_alive = dead.is_empty();
            is_found |= !is_alive;
            self.killed_by(dead);
        }
        if !is_found {
            let names: Vec<&str> = checks.iter().map(|check| check.id()).collect();
            self.ended.remarks.push(format!(
                "the server died when these were made at the same time, and of none of them alone: {}",
                names.join(", ")
            ));
            self.killers.extend(checks);
        }
        Ok(is_alive)
    }

    /// The server died of these, or of one of them.
    fn killed_by(&mut self, outcomes: Vec<Outcome>) {
        for mut outcome in outcomes {
            outcome.verdict = Verdict::Fail;
            "since this check the server answers no more".clone_into(&mut outcome.reason);
            self.killers.push(outcome.check);
            (self.told)(Step::Done(&outcome));
            self.ended.outcomes.push(outcome);
        }
    }

    /// Starts the server again.
    fn revive(&mut self) -> Result<(), String> {
        let (server, end) = (self.server.as_mut(), self.site.limits().end);
        let (launch, started) = server.ok_or("the server is dead")?;
        if self.restarts == MAX_RESTARTS {
            return Err(format!("the server died again after {MAX_RESTARTS} restarts"));
        }
        self.restarts += 1;
        // The one before is ended, with all that it started, before there is another.
        *started = None;
        let fresh = launch.start_within(clock::until(end));
        let fresh = fresh.map_err(|error| format!("the server did not start again: {error}"))?;
        self.site = Site::look(fresh.target().clone(), end, self.plan.luck)
            .map_err(|why| why.to_string())?;
        *started = Some(fresh);
        Ok(())
    }

    fn not_made(&mut self, checks: impl IntoIterator<Item = &'static Check>, why: &str) {
        for check in checks {
            let outcome = Outcome {
                check,
                verdict: Verdict::Blocked,
                reason: format!("not made: {why}"),
                transcript: Transcript::new(),
                took: Duration::ZERO,
                expected: self.plan.expected.of(check),
            };
            (self.told)(Step::Done(&outcome));
            self.ended.outcomes.push(outcome);
        }
    }
}
