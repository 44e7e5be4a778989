//! What is to be run, and the run.

use std::time::{Duration, Instant};

use crate::check::{self, Check, Feature, Party, Profile};
use crate::clock;
use crate::judge::Luck;
use crate::run::course::{Course, Ended};
use crate::run::expectation::{Expectation, Expectations};
use crate::run::outcome::{Lost, Outcome, Report, Verdict};
use crate::run::site::{Site, Unreachable};
use crate::run::start::{Launch, Started};
use crate::run::target::Target;
use crate::wire::Transcript;

/// Checks at work at the same time; each has one or two connections.
const WORKERS: usize = 16;

/// Which random values are tried where nobody says otherwise: always the same, as tests need it.
const LUCK: Luck = Luck { seed: 7, cases: 24, is_replay: false };

/// When a run is over, whatever the server does.
const BUDGET: Duration = Duration::from_secs(55);

/// What is to be run.
///
/// ```
/// use owin_conformance::check::Profile;
/// use owin_conformance::run::Plan;
///
/// let plan = Plan::new().with_profiles([Profile::Smuggling]).with_only(["two-lengths"])?;
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug)]
pub struct Plan {
    profiles: Option<Vec<Profile>>,
    only: Vec<&'static Check>,
    budget: Duration,
    pub(super) workers: usize,
    looks: bool,
    websocket: Option<String>,
    pub(crate) luck: Luck,
    pub(super) expected: Expectations,
}

impl Plan {
    /// Every profile that the server can be tried with.
    #[must_use]
    pub fn new() -> Self {
        Self {
            profiles: None,
            only: Vec::new(),
            budget: BUDGET,
            workers: WORKERS,
            looks: true,
            websocket: None,
            luck: LUCK,
            expected: Expectations::default(),
        }
    }

    /// Only these profiles.
    #[must_use]
    pub fn with_profiles(mut self, profiles: impl IntoIterator<Item = Profile>) -> Self {
        self.profiles = Some(profiles.into_iter().collect());
        self
    }

    /// Only these checks, by their ids or slugs; of whatever profile.
    ///
    /// # Errors
    ///
    /// Where there is no check of a name.
    pub fn with_only<'a>(
        mut self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, String> {
        for name in names {
            let found = check::find(name).ok_or_else(|| format!("there is no check {name:?}"))?;
            self.only.push(found);
        }
        Ok(self)
    }

    /// When the run is over, whatever the server does.
    #[must_use]
    pub fn with_budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// Which random values are tried; without it they are the same in each run.
    #[must_use]
    pub fn with_seed(mut self, seed: u32) -> Self {
        self.luck.seed = seed;
        self
    }

    /// How many random values each check tries, however long it takes.
    #[must_use]
    pub fn with_cases(mut self, cases: u32) -> Self {
        (self.luck.cases, self.luck.is_replay) = (cases, true);
        self
    }

    /// How many checks are at work at the same time; one at least.
    #[must_use]
    pub fn with_workers(mut self, workers: usize) -> Self {
        self.workers = workers.max(1);
        self
    }

    /// Where an echo of WebSockets is, with its query: then the profile `websocket` needs no probe.
    #[must_use]
    pub fn with_websocket(mut self, path: impl Into<String>) -> Self {
        self.websocket = Some(path.into());
        self
    }

    /// Does not look at the server first, as a run does to end early where nobody answers: every
    /// check is made, without the probe.
    #[must_use]
    pub fn without_looking(mut self) -> Self {
        self.looks = false;
        self
    }

    /// Known deviations: a line for each, with an id, a verdict and a reason, as `SM-02 fail the proxy
    /// repairs it`. Blank lines and lines that begin with `#` count for nothing, and so does a line for
    /// a check that is not selected.
    ///
    /// In the place of the verdict `varies` says that the check comes out by chance. It is made and
    /// told like any other, but never breaks the run, and shows nothing of its profile. A server that
    /// dies of it is dead all the same.
    ///
    /// ```
    /// use owin_conformance::run::Plan;
    ///
    /// let known = "# of the proxy\nSM-02 fail it repairs this\nH1-21 varies whoever ends first\n";
    /// let plan = Plan::new().with_expectations(known)?;
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where a line has another form, names no check, or one that has a line already.
    pub fn with_expectations(mut self, text: &str) -> Result<Self, String> {
        self.expected.add(text)?;
        Ok(self)
    }

    fn selected(&self, has_probe: bool) -> Vec<&'static Check> {
        if !self.only.is_empty() {
            return check::all().filter(|check| self.has(check)).collect();
        }
        let wanted = |profile: Profile| match &self.profiles {
            Some(profiles) => profiles.contains(&profile),
            None if profile == Profile::WebSocket && self.websocket.is_some() => true,
            None => profile.party() == Party::Server && (has_probe || profile.is_on_the_wire()),
        };
        check::all().filter(|check| wanted(check.profile())).collect()
    }

    /// The checks of middlewares that it selects, each with what is known of it.
    pub(crate) fn of_middlewares(
        &self,
    ) -> impl Iterator<Item = (&'static Check, Option<Expectation>)> {
        let is_meant = |check: &&'static Check| match &self.profiles {
            _ if !self.only.is_empty() => self.has(check),
            Some(profiles) => profiles.contains(&check.profile()),
            None => true,
        };
        let own = check::all().filter(|check| check.party() == Party::Middleware);
        own.filter(is_meant).map(|check| (check, self.expected.of(check)))
    }

    fn has(&self, check: &Check) -> bool {
        self.only.iter().any(|only| only.id() == check.id())
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self::new()
    }
}

/// What a run tells of itself while it goes on.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Step<'a> {
    /// The server was looked at, and so many checks are to be made.
    Selected(usize),
    /// A check is begun.
    Begun(&'static Check),
    /// A check is done.
    Done(&'a Outcome),
}

/// Makes the checks of a plan; `told` hears of each outcome when it is there.
///
/// It ends within the plan's budget, or one wait for an answer later, whatever the server does.
pub fn run(target: &Target, plan: &Plan, told: &(dyn Fn(&Outcome) + Sync)) -> Report {
    watched(target, plan, &|step| {
        if let Step::Done(outcome) = step {
            told(outcome);
        }
    })
}

/// As [`run`]; `told` hears of every step.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// use owin_conformance::run::{Plan, Step, watched};
///
/// let selected = AtomicUsize::new(0);
/// let target = "http://127.0.0.1:1".parse()?;
/// let report = watched(&target, &Plan::new(), &|step| {
///     if let Step::Selected(checks) = step {
///         selected.store(checks, Ordering::Relaxed);
///     }
/// });
/// assert_eq!(selected.into_inner(), report.outcomes.len());
/// # Ok::<(), String>(())
/// ```
pub fn watched(target: &Target, plan: &Plan, told: &(dyn Fn(Step<'_>) + Sync)) -> Report {
    tried(target, plan, told, clock::now(), None)
}

/// Starts a server, makes the checks of a plan and stops it. A server that dies is started again, and
/// the run goes on with the checks that are left; what killed it is found out and named.
///
/// It ends within the plan's budget, or one wait for an answer later, whatever the command does.
///
/// ```
/// use owin_conformance::run::{Launch, Plan, launched};
///
/// let report = launched(&Launch::new("exit 7"), &Plan::new(), &|_| {});
/// assert_eq!(report.exit_code(), 3);
/// ```
pub fn launched(launch: &Launch, plan: &Plan, told: &(dyn Fn(Step<'_>) + Sync)) -> Report {
    let start = clock::now();
    match launch.start_within(plan.budget) {
        Ok(started) => {
            let target = started.target().clone();
            tried(&target, plan, told, start, Some((launch, started)))
        }
        Err(error) => unreachable("", plan, &format!("the server did not start: {error}")),
    }
}

fn tried(
    target: &Target,
    plan: &Plan,
    told: &(dyn Fn(Step<'_>) + Sync),
    start: Instant,
    server: Option<(&Launch, Started)>,
) -> Report {
    let looked = look(target, plan, start);
    let report = made(target, looked, plan, told, server);
    Report { took: start.elapsed(), ..report }
}

/// Sees what a server is, as a plan wants it.
pub(crate) fn look(target: &Target, plan: &Plan, start: Instant) -> Result<Site, Unreachable> {
    if plan.looks {
        Site::look(target.clone(), start + plan.budget, plan.luck)
    } else {
        Ok(Site::unseen(target.clone(), start + plan.budget, plan.luck))
    }
}

/// As [`run`], of a server that somebody has looked at before.
pub(crate) fn run_at(target: &Target, looked: Result<Site, Unreachable>, plan: &Plan) -> Report {
    let start = clock::now();
    let looked = looked.map(|site| site.again(start + plan.budget, plan.luck));
    let report = made(target, looked, plan, &|_| {}, None);
    Report { took: start.elapsed(), ..report }
}

fn made(
    target: &Target,
    looked: Result<Site, Unreachable>,
    plan: &Plan,
    told: &(dyn Fn(Step<'_>) + Sync),
    server: Option<(&Launch, Started)>,
) -> Report {
    let looked = looked.map(|site| site.with_websocket(plan.websocket.as_deref()));
    let has_probe = looked.as_ref().is_ok_and(Site::has_probe);
    let checks = plan.selected(has_probe);
    told(Step::Selected(checks.len()));
    let mut report = match looked {
        Ok(site) => {
            let claims = Feature::all().into_iter().filter(|own| site.claims(*own)).collect();
            let (target, took) = (target.to_string(), Duration::ZERO);
            let Ended { outcomes, lost, remarks } =
                Course::new(site, plan, told).after(server).run(&checks);
            Report { target, has_probe, claims, seed: 0, remarks, outcomes, lost, took }
        }
        Err(Unreachable::Silent(why)) => unmade(
            target,
            plan,
            checks,
            &Unreachable::Silent(why.clone()),
            Some(Lost::Unreachable(why)),
        ),
        Err(odd) => unmade(target, plan, checks, &odd, None),
    };
    report.seed = plan.luck.seed;
    report.remarks.extend(remarks(target));
    report
}

fn remarks(target: &Target) -> Vec<String> {
    let takes_any = target.is_secured() && !target.is_verified();
    let remark = "any certificate was taken, as nobody said whose are to be trusted";
    takes_any.then(|| remark.to_owned()).into_iter().collect()
}

/// What a run comes to where there is no server: none of the checks of the plan could be made.
///
/// ```
/// use owin_conformance::run::{Plan, unreachable};
///
/// let report = unreachable("http://127.0.0.1:8080", &Plan::new(), "it does not start");
/// assert_eq!(report.exit_code(), 3);
/// ```
#[must_use]
pub fn unreachable(target: &str, plan: &Plan, why: &str) -> Report {
    let lost = Lost::Unreachable(why.to_owned());
    unmade(&target, plan, plan.selected(false), &why, Some(lost))
}

fn unmade(
    target: &dyn std::fmt::Display,
    plan: &Plan,
    checks: Vec<&'static Check>,
    why: &dyn std::fmt::Display,
    lost: Option<Lost>,
) -> Report {
    let blocked = checks.into_iter().map(|check| Outcome {
        check,
        verdict: Verdict::Blocked,
        reason: why.to_string(),
        transcript: Transcript::new(),
        took: Duration::ZERO,
        expected: None,
    });
    let (target, outcomes) = (target.to_string(), blocked.collect());
    let (claims, remarks, took) = (Vec::new(), Vec::new(), Duration::ZERO);
    let seed = plan.luck.seed;
    Report { target, has_probe: false, claims, seed, remarks, outcomes, lost, took }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_the_probe_is_selected_where_there_is_one() {
        let ids = |has_probe| Plan::new().selected(has_probe).into_iter().map(Check::id);
        assert!(ids(true).any(|id| id == "RQ-01") && ids(true).any(|id| id == "SM-01"));
        assert!(ids(false).all(|id| !id.starts_with("RQ-")) && ids(false).any(|id| id == "SM-01"));
        let one = Plan::new().with_only(["rq-01"]).unwrap();
        assert_eq!(one.selected(false).len(), 1);
    }
}
