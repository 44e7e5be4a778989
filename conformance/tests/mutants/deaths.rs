//! Servers that die in a check, and are started again.

use std::collections::BTreeSet;
use std::time::Duration;

use owin_conformance::check::Profile;
use owin_conformance::report;
use owin_conformance::run::{Launch, Lost, Plan, Report, Verdict, launched};

use crate::family::Spoilt;
use crate::http1::Server;

/// A mutant as a process of its own: the command of the tests below starts this test.
#[test]
#[ignore = "it is the server of the tests beside it"]
fn a_mutant_as_a_process() {
    let Ok(port) = std::env::var("MUTANT_PORT") else { return };
    let dies = std::env::var("MUTANT_DIES").unwrap();
    let dies = dies.split('|').map(|bytes| bytes.as_bytes().to_vec()).collect();
    let server = Server::start_at(port.parse().unwrap(), Spoilt::DiesOf(dies), "http");
    while !server.is_dead() {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::process::exit(0);
}

/// A server that dies when it reads any of these bytes.
fn dying_of(bytes: &str) -> Launch {
    let own = std::env::current_exe().unwrap();
    Launch::new(format!(
        "MUTANT_PORT={{port}} MUTANT_DIES='{bytes}' exec {} --exact deaths::a_mutant_as_a_process \
         --ignored --test-threads=1",
        own.display()
    ))
}

fn killers(report: &Report) -> BTreeSet<&'static str> {
    match &report.lost {
        Some(Lost::Died(killers)) => killers.iter().map(|check| check.id()).collect(),
        _ => BTreeSet::new(),
    }
}

#[test]
fn a_server_that_dies_twice_is_started_again_and_both_killers_are_named() {
    // What only SM-06 and SM-13 send.
    let launch = dying_of("chun ked|10000000000000005");
    let plan = Plan::new().with_profiles([Profile::Required, Profile::Smuggling]);
    let report = launched(&launch, &plan, &|_| {});
    let text = report::console(&report);
    assert_eq!(killers(&report), ["SM-06", "SM-13"].into(), "{text}");
    assert_eq!(report.exit_code(), 3);
    for outcome in &report.outcomes {
        let is_killer = killers(&report).contains(outcome.check.id());
        let right = if is_killer { Verdict::Fail } else { Verdict::Pass };
        assert_eq!(outcome.verdict, right, "{text}");
    }
    assert!(text.contains("started again"), "{text}");
    assert!(report.outcomes.len() > 30, "{text}");
}

#[test]
fn a_server_that_dies_of_anything_is_given_up_and_the_report_is_whole() {
    let plan = Plan::new().with_profiles([Profile::Smuggling]).with_budget(Duration::from_secs(20));
    let report = launched(&dying_of("Transfer-Encoding|Content-Length"), &plan, &|_| {});
    let text = report::console(&report);
    assert_eq!(report.exit_code(), 3, "{text}");
    assert_eq!(
        report.outcomes.len(),
        owin_conformance::check::all()
            .filter(|check| { check.profile() == Profile::Smuggling })
            .count()
    );
    assert!(report.took < Duration::from_secs(30), "{:?}", report.took);
    let is_left = |reason: &str| reason.starts_with("not made: ");
    assert!(report.outcomes.iter().any(|outcome| is_left(&outcome.reason)), "{text}");
}
