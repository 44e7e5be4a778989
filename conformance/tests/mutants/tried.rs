//! One mutant, tried.

use std::collections::BTreeSet;

use owin_conformance::check::{self, Profile};
use owin_conformance::report;
use owin_conformance::run::{Plan, Report, Target, Verdict, run};

use crate::family::{Broken, Family, Row};

/// Checks that are made at the same time on one mutant: the two cores have several mutants to do.
const WORKERS: usize = 4;

/// How many checks a mutant is tried with; one that is none, since what it does is allowed, with all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breadth {
    /// Those of the profiles that its fault is about, and `required`.
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
    let report = report_of(&mutant.target(), &plan(family, row.1, breadth));
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
    let mut near = plan(family, row.1, breadth);
    if !row.1.spreads {
        near = near.with_profiles(wire(family, row.1, breadth));
    }
    let report = report_of(&target, &near);
    let failed = with_verdict(&report, Verdict::is_bad);
    let seen: Vec<&str> = failed.iter().copied().collect();
    let is_all = failed.iter().all(|id| ids.contains(id)) && failed.is_empty() == *is_unseen;
    let text = format!("{} {fault} without the probe: {}", family.name, seen.join(" "));
    if is_all { Ok(text) } else { Err(format!("{text}\n{}", report::console(&report))) }
}

fn plan(family: &Family, row: &Row, breadth: Breadth) -> Plan {
    let plan = Plan::new().with_workers(WORKERS);
    if row.spreads {
        return plan.with_only(row.ids.iter().copied()).unwrap();
    }
    plan.with_profiles(profiles(family, row, breadth))
}

fn wire(family: &Family, row: &Row, breadth: Breadth) -> Vec<Profile> {
    profiles(family, row, breadth).into_iter().filter(|own| own.is_on_the_wire()).collect()
}

fn profiles(family: &Family, row: &Row, breadth: Breadth) -> Vec<Profile> {
    let own: Vec<Profile> = row.ids.iter().map(|id| check::find(id).unwrap().profile()).collect();
    let is_near = |profile: &Profile| {
        let is_whole = breadth == Breadth::Whole || own.is_empty();
        is_whole || own.contains(profile) || *profile == Profile::Required
    };
    family.profiles.iter().copied().filter(is_near).collect()
}
