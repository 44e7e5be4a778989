//! What the program ends with, each time with every report written.

use owin_conformance::report::{Document, Loss};

use crate::command::{Reports, printed, program, read, run};
use crate::peer::{Does, Peer};

/// Runs the program with all reports; its exit code, what it printed, and its report.
fn tried(arguments: &[&str]) -> (i32, String, Document) {
    let reports = Reports::new();
    // What was there before is no part of the report.
    std::fs::write(reports.file("report.json"), "x".repeat(1_000_000)).unwrap();
    let output = program().arg("run").args(arguments).args(reports.options()).output().unwrap();
    let (code, text) = (output.status.code().unwrap(), printed(&output));
    let document = reports.all_written();
    assert_eq!(i32::from(document.exit_code), code, "{text}");
    (code, text, document)
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

#[test]
fn a_server_that_is_right_ends_with_0() {
    let peer = Peer::start(Does::Right);
    let (code, text, document) = tried(&[&peer.url(), "--only", "SM-02"]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(last_line(&text), "exit code 0: all that is demanded holds");
    assert_eq!(document.checks.len(), 1);
}

#[test]
fn a_must_that_fails_ends_with_1() {
    let peer = Peer::start(Does::TakesAll);
    let (code, text, document) = tried(&[&peer.url(), "--only", "SM-02", "--name", "it"]);
    assert_eq!(code, 1, "{text}");
    assert_eq!(last_line(&text), "exit code 1: 1 check breaks the run: SM-02");
    assert_eq!((document.name(), document.breaking().count()), ("it", 1));
}

#[test]
fn a_must_that_is_blocked_ends_with_1() {
    let peer = Peer::start(Does::RefusesPosts);
    let (code, text, _) = tried(&[&peer.url(), "--only", "SM-02"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("blocked SM-02 two-lengths (MUST)\n"), "{text}");
}

#[test]
fn a_server_that_is_not_there_ends_with_3() {
    let (code, text, document) = tried(&["http://127.0.0.1:1"]);
    assert_eq!(code, 3, "{text}");
    assert!(last_line(&text).starts_with("exit code 3: the server cannot be reached: "), "{text}");
    assert!(matches!(document.lost, Some(Loss::Unreachable(_))));
}

#[test]
fn a_server_that_does_not_start_ends_with_3() {
    let (code, text, document) = tried(&["--command", "echo no such luck; exit 7"]);
    assert_eq!(code, 3, "{text}");
    assert!(last_line(&text).contains("the server did not start"), "{text}");
    assert!(!document.checks.is_empty());
}

#[test]
fn a_server_that_dies_ends_with_3_and_the_check_that_killed_it() {
    let peer = Peer::start(Does::DiesOfTwoLengths);
    let checks = ["--only", "SM-01", "--only", "SM-02", "--only", "SM-03", "--jobs", "1"];
    let (code, text, document) = tried(&[&[peer.url().as_str()], &checks[..]].concat());
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("the server died in: SM-02 two-lengths\n"), "{text}");
    assert_eq!(document.lost, Some(Loss::DiedIn(vec!["SM-02".to_owned()])));
    assert_eq!(document.checks.len(), 3);
}

#[test]
fn a_report_that_cannot_be_written_ends_with_2_before_the_run() {
    let peer = Peer::start(Does::Right);
    let folder = tempfile::tempdir().unwrap();
    for option in ["--json", "--junit", "--html", "--badge", "--markdown", "--server-log"] {
        let output = run(&["run", &peer.url(), option, folder.path().to_str().unwrap()]);
        let text = printed(&output);
        assert_eq!(output.status.code(), Some(2), "{option}: {text}");
        assert_eq!(text.lines().count(), 1, "{option}: {text}");
        assert!(text.contains(folder.path().to_str().unwrap()), "{option}: {text}");
    }
}

#[test]
fn two_reports_in_one_file_end_with_2() {
    let reports = Reports::new();
    let file = reports.file("report");
    let file = file.to_str().unwrap();
    let output = run(&["run", "http://127.0.0.1:1", "--json", file, "--html", file]);
    assert_eq!(output.status.code(), Some(2), "{}", printed(&output));
    assert!(printed(&output).contains("two reports"), "{}", printed(&output));
}

#[test]
fn a_command_line_that_cannot_be_used_ends_with_2_and_leaves_reports_as_they_are() {
    let reports = Reports::new();
    let file = reports.file("earlier.json");
    std::fs::write(&file, "earlier").unwrap();
    for wrong in [&["--only", "SM-99"][..], &["--expect", "no/such"], &["--baseline", "no/such"]] {
        let json = ["--json", file.to_str().unwrap()];
        let output = run(&[&["run", "http://127.0.0.1:1"], wrong, &json].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", printed(&output));
    }
    assert_eq!(read(&file), "earlier");
}
