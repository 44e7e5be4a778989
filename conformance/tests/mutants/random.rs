//! What is found by random values is made small, and can be made again by its seed.

use owin_conformance::report;
use owin_conformance::run::{Plan, Verdict};

use crate::family::Spoilt;
use crate::http1::{Fault, Server};
use crate::tried::report_of;

/// What a check says of a mutant.
fn reason(fault: Fault, check: &str, seed: u32) -> String {
    let server = Server::start(Spoilt::By(fault));
    let plan = Plan::new().with_seed(seed).with_cases(200).with_only([check]).unwrap();
    let report = report_of(&server.target_of(""), &plan);
    assert_eq!(report.seed, seed);
    let text = report::console(&report);
    assert!(text.contains(&format!("seed {seed}")), "{text}");
    let outcome = &report.outcomes[0];
    assert_eq!(outcome.verdict, Verdict::Fail, "{text}");
    outcome.reason.clone()
}

/// What stands behind these words, up to the next semicolon.
fn smallest(reason: &str) -> &str {
    let (_, case) = reason.split_once("the smallest such case is ").unwrap();
    case.split_once("; --seed").unwrap().0
}

#[test]
fn a_value_that_is_cut_is_made_as_short_as_the_fault_allows() {
    for seed in [1, 2] {
        let why = reason(Fault::LongValueCut, "any-fields", seed);
        let case = smallest(&why);
        let (name, value) = case.split_once(": ").unwrap();
        assert!(name.len() <= 10, "{why}");
        assert_eq!(value, format!("{}\\r\\n", "!".repeat(65)), "{why}");
        assert!(why.ends_with(&format!("--seed {seed} makes the case again")), "{why}");
    }
}

#[test]
fn a_body_that_is_cut_is_made_as_short_as_the_fault_allows() {
    let why = reason(Fault::LastByteOfPageLost, "any-body", 3);
    assert!(smallest(&why).starts_with("a body of 8192 bytes"), "{why}");
}

#[test]
fn chunks_that_are_refused_are_made_few_and_short() {
    let why = reason(Fault::ZerosAndExtensionRefused, "any-chunks", 4);
    let case = smallest(&why);
    assert!(case.starts_with("a body of 1 bytes") && case.contains("[01;a"), "{why}");
}

#[test]
fn the_same_seed_makes_the_same_failure_again() {
    let made = || reason(Fault::LongValueCut, "any-fields", 5);
    assert_eq!(made(), made());
}
