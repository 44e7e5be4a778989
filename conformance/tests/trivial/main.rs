//! Servers that do one thing whatever is asked: none of them passes a check of a refusal, and none
//! holds the suite up.

#![expect(clippy::unwrap_used, reason = "a test that cannot open a socket stops")]

mod server;

use std::time::Duration;

use owin_conformance::report;
use owin_conformance::run::{Plan, Report, Verdict, run};

use crate::server::{TRIVIAL, Trivial};

/// What a run may take on a server that is good for nothing: the budget, and the wait that was going
/// on when it was over.
const MOST: Duration = Duration::from_secs(60);

fn proves_nothing(name: &str, report: &Report) {
    let negative = report.outcomes.iter().filter(|outcome| outcome.check.is_negative());
    for outcome in negative {
        let (id, verdict) = (outcome.check.id(), outcome.verdict);
        assert!(verdict != Verdict::Pass, "{name} passes {id}: {}", report::console(report));
    }
    assert!(matches!(report.exit_code(), 1 | 3), "{name}: {}", report.exit_code());
    assert!(report.took < MOST, "{name}: {:?}", report.took);
    assert!(report.outcomes.len() > 40, "{name}: not every check has an outcome");
}

#[test]
fn a_server_that_does_one_thing_only_passes_no_check_of_a_refusal() {
    for trivial in TRIVIAL {
        let server = Trivial::start(*trivial);
        let report = run(&server.target(), &Plan::new(), &|_| {});
        println!("{:>20}: exit code {} in {:.1?}", trivial.name, report.exit_code(), report.took);
        proves_nothing(trivial.name, &report);
    }
}

#[test]
fn it_passes_none_either_where_nobody_has_looked_at_it_first() {
    for trivial in TRIVIAL {
        let server = Trivial::start(*trivial);
        let plan = Plan::new().without_looking().with_budget(Duration::from_secs(10));
        let report = run(&server.target(), &plan, &|_| {});
        println!("{:>20}: exit code {} in {:.1?}", trivial.name, report.exit_code(), report.took);
        proves_nothing(trivial.name, &report);
        assert!(report.took < Duration::from_secs(20), "{}: {:?}", trivial.name, report.took);
    }
}

#[test]
fn where_nobody_listens_the_run_ends_at_once() {
    let target = "http://127.0.0.1:1".parse().unwrap();
    let report = run(&target, &Plan::new(), &|_| {});
    assert_eq!(report.exit_code(), 3);
    assert!(report.outcomes.iter().all(|outcome| outcome.verdict == Verdict::Blocked));
    assert!(report.took < Duration::from_secs(10), "{:?}", report.took);
}
