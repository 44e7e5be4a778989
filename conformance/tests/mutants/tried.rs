//! One mutant, tried.

use std::collections::BTreeSet;

use owin_conformance::check::{self, Check, Profile};
use owin_conformance::report;
use owin_conformance::run::{Plan, Report, Target, Verdict, run};

use crate::family::{Broken, Family, Row};

/// Checks that are made at the same time on one mutant: the two cores have several mutants to do.
const WORKERS: usize = 4;

/// How many checks before and behind one are near it.
const NEAR: usize = 3;
/// How many random values a check tries, and where a fault has to be met by chance.
const CASES: u32 = 12;
const MANY_CASES: u32 = 60;

/// How many checks a mutant is tried with; one that is none, since what it does is allowed, with all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breadth {
    /// Those that catch it, and some before and behind each of them in its profile: they are about
    /// the same thing.
    Near,
    /// All that its family can be tried with.
    Whole,
}

pub(crate) fn report_of(target: &Target, plan: &Plan) -> Report {
    run(target, plan, &|_| {})
}

pub(crate) fn with_verdict(
    report: &Report,
    of: impl Fn(Verdict) -> bool,
) -> BTreeSet<&'static str> {
    report.outcomes.iter().filter(|o| of(o.verdict)).map(|o| o.check.id()).collect()
}

/// Sees that exactly its checks fail on the mutant, and that nothing else is left unproven; a row of
/// the matrix.
pub(crate) fn caught(
    family: &Family,
    row: (usize, &Row),
    breadth: Breadth,
) -> Result<String, String> {
    let (number, Row { fault, ids, .. }) = row;
    let mutant = (family.start)(Broken::By(number));
    let report = report_of(&mutant.target(), &plan(row.1, &checks(family, row.1, breadth)));
    let failed = with_verdict(&report, |verdict| verdict == Verdict::Fail);
    let unproven = with_verdict(&report, |verdict| verdict.is_bad() && verdict != Verdict::Fail);
    if failed == ids.iter().copied().collect() && unproven.is_empty() {
        return Ok(format!("{} {fault}: {}", family.name, ids.join(" ")));
    }
    Err(format!("{} {fault}: {}", family.name, report::console(&report)))
}

/// Sees that without the probe its checks fail on the mutant or, where nobody can see the fault, none
/// does.
pub(crate) fn caught_on_the_wire(
    family: &Family,
    row: (usize, &Row),
    breadth: Breadth,
) -> Result<String, String> {
    let (number, Row { fault, ids, is_unseen, .. }) = row;
    let mutant = (family.start)(Broken::By(number));
    let Some(target) = mutant.plain_target() else {
        return Ok(format!("{} {fault}: hosts no probe anyway", family.name));
    };
    if is_slow(row.1, breadth) {
        return Ok(format!("{} {fault}: only the whole matrix tries it", family.name));
    }
    let near = checks(family, row.1, breadth);
    let is_seen = |id: &&str| check::find(id).unwrap().profile().is_on_the_wire();
    let on_the_wire: Vec<&str> = near.into_iter().filter(is_seen).collect();
    if on_the_wire.is_empty() {
        return Ok(format!("{} {fault}: is about nothing on the wire", family.name));
    }
    let report = report_of(&target, &plan(row.1, &on_the_wire));
    let failed = with_verdict(&report, Verdict::is_bad);
    let seen: Vec<&str> = failed.iter().copied().collect();
    let is_all = failed.iter().all(|id| ids.contains(id)) && failed.is_empty() == *is_unseen;
    let text = format!("{} {fault} without the probe: {}", family.name, seen.join(" "));
    if is_all { Ok(text) } else { Err(format!("{text}\n{}", report::console(&report))) }
}

fn plan(row: &Row, ids: &[&str]) -> Plan {
    let cases = if row.spreads { MANY_CASES } else { CASES };
    Plan::new().with_workers(WORKERS).with_cases(cases).with_only(ids.iter().copied()).unwrap()
}

/// The checks that a mutant is tried with.
fn checks(family: &Family, row: &Row, breadth: Breadth) -> Vec<&'static str> {
    if row.spreads || is_slow(row, breadth) {
        return row.ids.to_vec();
    }
    let all: Vec<&Check> =
        check::all().filter(|c| family.profiles.contains(&c.profile())).collect();
    let own = all.iter().enumerate().filter(|(_, check)| row.ids.contains(&check.id()));
    let own: Vec<(usize, Profile)> = own.map(|(place, check)| (place, check.profile())).collect();
    let is_near = |(place, check): &(usize, &&Check)| {
        let is_whole = breadth == Breadth::Whole || own.is_empty();
        is_whole || own.iter().any(|(o, p)| o.abs_diff(*place) <= NEAR && *p == check.profile())
    };
    all.iter().enumerate().filter(is_near).map(|(_, check)| check.id()).collect()
}

/// What is slow waits for time-outs, takes all of a server, or sends a lot: there only its own checks are
/// near.
fn is_slow(row: &Row, breadth: Breadth) -> bool {
    let mut own = row.ids.iter().map(|id| check::find(id).unwrap().profile());
    breadth == Breadth::Near
        && !row.ids.is_empty()
        && own.all(|profile| matches!(profile, Profile::Limits | Profile::WebSocket))
}
