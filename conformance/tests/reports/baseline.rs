//! A run compared with an earlier one, by the program.

use std::path::Path;
use std::process::Output;

use crate::command::{Reports, printed, program};
use crate::peer::{Does, Peer};

/// Runs the program on a server that does so, and writes its report.
fn written(does: Does, file: &Path) -> Output {
    let peer = Peer::start(does);
    let mut program = program();
    program.args(["run", &peer.url(), "--only", "SM-02", "--only", "SM-03", "--json"]);
    program.arg(file).output().unwrap()
}

fn compared(does: Does, options: &[&str], baseline: &Path) -> (Option<i32>, String) {
    let peer = Peer::start(does);
    let mut program = program();
    program.args(["run", &peer.url(), "--only", "SM-02", "--baseline"]).arg(baseline);
    let output = program.args(options).output().unwrap();
    (output.status.code(), printed(&output))
}

#[test]
fn only_what_is_worse_than_the_baseline_ends_with_1() {
    let reports = Reports::new();
    let (good, bad) = (reports.file("good.json"), reports.file("bad.json"));
    written(Does::Right, &good);
    written(Does::TakesAll, &bad);

    let (code, text) = compared(Does::TakesAll, &[], &bad);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("fail SM-02 two-lengths (MUST), as in the baseline\n"), "{text}");
    assert!(!text.contains("RFC 9112"), "{text}");
    assert!(text.ends_with("exit code 0: nothing is worse than in the baseline\n"), "{text}");
    assert!(text.contains("0 better, 0 worse; 0 not in the baseline, 1 of it not made"), "{text}");

    let (code, text) = compared(Does::Right, &[], &bad);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("better: SM-02 two-lengths (MUST): fail, now pass\n"), "{text}");

    let (code, text) = compared(Does::TakesAll, &[], &good);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("worse: SM-02 two-lengths (MUST): pass, now fail\n"), "{text}");
}

#[test]
fn an_expectation_goes_before_the_baseline() {
    let reports = Reports::new();
    let (bad, known) = (reports.file("bad.json"), reports.file("known"));
    written(Does::TakesAll, &bad);
    std::fs::write(&known, "SM-02 fail it takes everything\n").unwrap();
    let options = ["--expect", known.to_str().unwrap()];
    let (code, text) = compared(Does::Right, &options, &bad);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("pass SM-02 two-lengths (MUST), but fail was expected\n"), "{text}");
    let (code, text) = compared(Does::TakesAll, &options, &bad);
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn a_server_that_is_lost_ends_with_3_whatever_the_baseline_says() {
    let reports = Reports::new();
    let bad = reports.file("bad.json");
    written(Does::DiesOfTwoLengths, &bad);
    let (code, text) = compared(Does::DiesOfTwoLengths, &[], &bad);
    assert_eq!(code, Some(3), "{text}");
}

#[test]
fn a_baseline_that_is_none_ends_with_2() {
    let reports = Reports::new();
    let file = reports.file("none.json");
    std::fs::write(&file, "{\"form\": 1}").unwrap();
    let (code, text) = compared(Does::Right, &[], &file);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("none.json: a report of form 1; this suite reads form 2"), "{text}");
}
