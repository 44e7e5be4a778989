//! The kill matrix.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use owin_conformance::check::{self, Check, Party, Profile};
use owin_conformance::report;
use owin_conformance::run::{Plan, Verdict};

use crate::family::{Broken, Family, Mutant, Row, Spoilt};
use crate::http1::{self, Fault, Server};
use crate::http2;
use crate::tls;
use crate::tried::{Breadth, caught, caught_on_the_wire, report_of};
use crate::{limits, websocket};

/// All mutants; those that wait the longest come first.
const FAMILIES: &[Family] =
    &[limits::FAMILY, websocket::FAMILY, http1::FAMILY, http2::FAMILY, tls::FAMILY];

/// Most of a mutant's time is spent waiting for what it does not do.
const MUTANTS_AT_A_TIME: usize = 12;

#[test]
fn a_server_without_a_fault_passes_every_check() {
    for family in FAMILIES {
        let mutant = (family.start)(Broken::Not);
        let plan = Plan::new().with_profiles(family.profiles.iter().copied());
        let report = report_of(&mutant.target(), &plan);
        // Below TLS there is no half to be closed.
        let is_skipped = |id| mutant.target().is_secured() && id == "H1-21";
        let is_passed = report.outcomes.iter().all(|outcome| match outcome.verdict {
            Verdict::Skipped => is_skipped(outcome.check.id()),
            verdict => verdict == Verdict::Pass,
        });
        assert!(is_passed && report.exit_code() == 0, "{}", report::console(&report));
    }
}

#[test]
fn every_check_has_a_mutant() {
    let rows = FAMILIES.iter().flat_map(|family| (family.rows)());
    let caught: BTreeSet<&str> = rows.flat_map(|row| row.ids.iter().copied()).collect();
    let own = check::all().filter(|check| check.party() == Party::Server);
    let checks: BTreeSet<&str> = own.map(Check::id).collect();
    assert_eq!(caught, checks);
}

#[test]
fn every_mutant_is_caught_by_its_checks_and_by_no_other_near_them() {
    matrix(caught, Breadth::Near);
}

/// Without the probe a part of what is wrong cannot be seen; but nothing is taken for wrong either.
#[test]
#[ignore = "it takes as long as the one above, and sees little else"]
fn without_the_probe_no_mutant_is_caught_by_a_check_that_it_has_nothing_to_do_with() {
    matrix(caught_on_the_wire, Breadth::Near);
}

/// Prints the matrix: a line for each fault with the checks that caught it.
#[test]
#[ignore = "it takes minutes: every mutant is tried with every check"]
fn the_whole_matrix() {
    matrix(caught, Breadth::Whole);
}

#[test]
#[ignore = "it takes minutes: every mutant is tried with every check on the wire"]
fn the_whole_matrix_of_the_wire() {
    matrix(caught_on_the_wire, Breadth::Whole);
}

/// Tries one mutant.
type Try = fn(&Family, (usize, &Row), Breadth) -> Result<String, String>;

/// `MUTANT` may name the faults that are tried; without it all are.
fn is_asked(row: &Row) -> bool {
    std::env::var("MUTANT").map_or(true, |asked| asked.split(' ').any(|name| name == row.fault))
}

/// Tries every mutant, some at a time; prints a row for each.
fn matrix(tried: Try, breadth: Breadth) {
    let all: Vec<(&Family, usize, Row)> = FAMILIES
        .iter()
        .flat_map(|family| {
            (family.rows)().into_iter().enumerate().map(move |(n, row)| (family, n, row))
        })
        .filter(|(_, _, row)| is_asked(row))
        .collect();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((family, number, row)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            match tried(family, (*number, row), breadth) {
                Ok(caught) => println!("{caught}"),
                Err(why) => wrong.lock().unwrap().push(why),
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..MUTANTS_AT_A_TIME {
            scope.spawn(work);
        }
    });
    let wrong = wrong.into_inner().unwrap();
    println!("{} of {} mutants as they should be", all.len() - wrong.len(), all.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_server_that_refuses_the_twin_too_blocks_the_check() {
    for check in check::all().filter(|check| check.is_negative()) {
        let family = FAMILIES.iter().find(|family| family.profiles.contains(&check.profile()));
        let mutant = (family.unwrap().start)(Broken::TooStrict(check));
        let report = report_of(&mutant.target(), &Plan::new().with_only([check.id()]).unwrap());
        assert_eq!(report.outcomes[0].verdict, Verdict::Blocked, "{}", report::console(&report));
        println!("{}: blocked where its twin is refused", check.id());
    }
}

#[test]
fn a_failure_says_what_came_and_who_forbids_it() {
    let mutant = Server::start(Spoilt::By(Fault::LastLengthCounts));
    let report = report_of(&mutant.target(), &Plan::new().with_only(["two-lengths"]).unwrap());
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
    let mutant = Server::start(Spoilt::DiesOf(vec![b"chun ked".to_vec()]));
    let report = report_of(&mutant.target(), &plan);
    assert_eq!(report.exit_code(), 3);
    assert!(report::console(&report).contains("the server died in: SM-06"), "{report:?}");
    assert!(report.took < Duration::from_secs(60), "{:?}", report.took);
}
