//! The kill matrix.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use owin_conformance::check::{self, Profile};
use owin_conformance::report;
use owin_conformance::run::{Plan, Report, Verdict, run};

use crate::faults::{FAULTS, Fault, SPREADING};
use crate::server::{Mutant, Spoilt};

/// Checks that are made at the same time on one mutant: the two cores have several mutants to do.
const WORKERS: usize = 4;

/// Most of a mutant's time is spent waiting for what it does not do.
const MUTANTS_AT_A_TIME: usize = 4;

fn tried(spoilt: Spoilt, plan: &Plan) -> Report {
    let mutant = Mutant::start(spoilt);
    let report = run(&mutant.target(), plan, &|_| {});
    assert!(report.has_probe, "{}", report::console(&report));
    report
}

fn with_verdict(report: &Report, of: impl Fn(Verdict) -> bool) -> BTreeSet<&'static str> {
    report.outcomes.iter().filter(|o| of(o.verdict)).map(|o| o.check.id()).collect()
}

#[test]
fn the_server_without_a_fault_passes_every_check() {
    let report = tried(Spoilt::Nothing, &Plan::new());
    let is_passed = report.outcomes.iter().all(|outcome| outcome.verdict == Verdict::Pass);
    assert!(is_passed && report.exit_code() == 0, "{}", report::console(&report));
}

#[test]
fn every_check_has_a_mutant() {
    let caught: BTreeSet<&str> = FAULTS.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
    let checks: BTreeSet<&str> = check::all().map(check::Check::id).collect();
    assert_eq!(caught, checks);
}

/// Prints the matrix: a line for each fault with the checks that caught it.
#[test]
fn every_mutant_is_caught_by_its_checks_and_by_no_other() {
    matrix(caught);
}

/// Without the probe a part of what is wrong cannot be seen; but nothing is taken for wrong either.
#[test]
fn without_the_probe_no_mutant_is_caught_by_a_check_that_it_has_nothing_to_do_with() {
    matrix(caught_on_the_wire);
}

/// Tries every mutant, some at a time; prints a row for each.
fn matrix(caught: fn(Fault, &[&str]) -> Result<String, String>) {
    let (next, rows) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((fault, ids)) = FAULTS.get(next.fetch_add(1, Ordering::Relaxed)) {
            let row = caught(*fault, ids);
            rows.lock().unwrap().push(row);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..MUTANTS_AT_A_TIME {
            scope.spawn(work);
        }
    });
    let (caught, wrong): (Vec<_>, Vec<_>) =
        rows.into_inner().unwrap().into_iter().partition(Result::is_ok);
    for row in caught.iter().flatten() {
        println!("{row}");
    }
    println!("{} of {} mutants as they should be", caught.len(), FAULTS.len());
    let wrong: Vec<String> = wrong.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Sees that exactly these checks fail on the mutant, and that nothing else is left unproven; a row
/// of the matrix.
fn caught(fault: Fault, ids: &[&str]) -> Result<String, String> {
    let mut plan = Plan::new().with_workers(WORKERS);
    if SPREADING.contains(&fault) {
        plan = plan.with_only(ids.iter().copied()).unwrap();
    }
    let report = tried(Spoilt::By(fault), &plan);
    let failed = with_verdict(&report, |verdict| verdict == Verdict::Fail);
    let unproven = with_verdict(&report, |verdict| verdict.is_bad() && verdict != Verdict::Fail);
    if failed == ids.iter().copied().collect() && unproven.is_empty() {
        return Ok(format!("{fault:?}: {}", ids.join(" ")));
    }
    Err(format!("{fault:?}: {}", report::console(&report)))
}

/// The faults on the wire that nobody sees without the probe.
const UNSEEN: [Fault; 5] = [
    Fault::CarriageReturnKept,
    Fault::NulKept,
    Fault::FoldDropped,
    Fault::FirstLineTrimmed,
    Fault::UnreadIsNext,
];

fn caught_on_the_wire(fault: Fault, ids: &[&str]) -> Result<String, String> {
    let mut plan = Plan::new().with_workers(WORKERS);
    if SPREADING.contains(&fault) {
        plan = plan.with_only(ids.iter().copied()).unwrap();
    }
    let mutant = Mutant::start(Spoilt::By(fault));
    let report = run(&mutant.plain_target(), &plan, &|_| {});
    let failed = with_verdict(&report, Verdict::is_bad);
    let seen: Vec<&str> = failed.iter().copied().collect();
    let is_seen = UNSEEN.contains(&fault) || ids.iter().all(|id| id.starts_with("RQ-"));
    let is_all = failed.iter().all(|id| ids.contains(id)) && failed.is_empty() == is_seen;
    let row = format!("{fault:?} without the probe: {}", seen.join(" "));
    if is_all { Ok(row) } else { Err(format!("{row}\n{}", report::console(&report))) }
}

#[test]
fn a_server_that_refuses_the_twin_too_blocks_the_check() {
    for check in check::all().filter(|check| check.is_negative()) {
        let plan = Plan::new().with_only([check.id()]).unwrap();
        let report = tried(Spoilt::TooStrict(check.twins()), &plan);
        assert_eq!(report.outcomes[0].verdict, Verdict::Blocked, "{}", report::console(&report));
        println!("{}: blocked where its twin is refused", check.id());
    }
}

#[test]
fn a_failure_says_what_came_and_who_forbids_it() {
    let plan = Plan::new().with_only(["two-lengths"]).unwrap();
    let report = tried(Spoilt::By(Fault::LastLengthCounts), &plan);
    let text = report::console(&report);
    assert!(text.starts_with("fail SM-02 two-lengths (MUST)\n"), "{text}");
    for part in ["answered by 200", "RFC 9112 §6.3", "> Content-Length: 6\\r\\n", "< HTTP/1.1 200"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_server_that_dies_is_named_with_the_check_that_killed_it() {
    let plan = Plan::new().with_profiles([Profile::Smuggling]).with_workers(1);
    let mutant = Mutant::start(Spoilt::DiesOf(b"chun ked".to_vec()));
    let report = run(&mutant.target(), &plan, &|_| {});
    assert_eq!(report.exit_code(), 3);
    assert!(report::console(&report).contains("the server died in: SM-06"), "{report:?}");
    assert!(report.took < Duration::from_secs(60), "{:?}", report.took);
}
