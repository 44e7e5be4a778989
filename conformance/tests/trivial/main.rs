//! Servers that do one thing whatever is asked: none of them passes a check of a refusal, and none
//! holds the suite up.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot open a socket or read a report stops, and times are printed"
)]

mod outside;
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
    assert!(report.outcomes.len() > 40, "{name}: not every check has an outcome");
}

#[test]
#[ignore = "it takes half a minute, and the one below sees the same in a shorter time"]
fn a_server_that_does_one_thing_only_passes_no_check_of_a_refusal() {
    each(&Plan::new(), MOST);
}

#[test]
fn it_passes_none_either_where_nobody_has_looked_at_it_first() {
    let budget = Duration::from_secs(10);
    each(&Plan::new().without_looking().with_budget(budget), 2 * budget);
}

/// Tries them all at the same time; most of it is waiting.
fn each(plan: &Plan, most: Duration) {
    std::thread::scope(|scope| {
        for kind in TRIVIAL {
            scope.spawn(move || {
                let server = Trivial::start(*kind);
                let report = run(&server.target(), plan, &|_| {});
                let (name, code, took) = (kind.name, report.exit_code(), report.took);
                println!("{name:>20}: exit code {code} in {took:.1?}");
                proves_nothing(name, &report);
                assert!(took < most, "{name}: {took:?}");
            });
        }
    });
}

#[test]
fn where_nobody_listens_the_run_ends_at_once() {
    let target = "http://127.0.0.1:1".parse().unwrap();
    let report = run(&target, &Plan::new(), &|_| {});
    assert_eq!(report.exit_code(), 3);
    assert!(report.outcomes.iter().all(|outcome| outcome.verdict == Verdict::Blocked));
    assert!(report.took < Duration::from_secs(10), "{:?}", report.took);
}
