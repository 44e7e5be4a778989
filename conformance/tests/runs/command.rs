//! The command as a user runs it: its exit codes, what it prints, and the probe in Python.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot run the command stops, and one that is skipped says so"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use owin_conformance::check::{self, Party};
use serde_json::Value;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_owin-conformance")).args(arguments).output().unwrap()
}

fn printed(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

fn in_probe(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("probe").join(name)
}

/// The command that starts the probe in Python; `None` where there is no Python.
fn python() -> Option<String> {
    if Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: there is no python3");
        return None;
    }
    Some(format!("exec python3 {} {{port}}", in_probe("probe.py").display()))
}

#[test]
fn every_check_is_listed_and_can_be_explained() {
    let text = printed(&run(&["list"]));
    let json: Value = serde_json::from_slice(&run(&["list", "--format", "json"]).stdout).unwrap();
    assert_eq!(text.lines().count(), check::all().count());
    assert_eq!(json.as_array().unwrap().len(), check::all().count());
    let smuggling = printed(&run(&["list", "--profile", "smuggling"]));
    assert!(smuggling.lines().all(|line| line.starts_with("SM-")), "{smuggling}");
    for name in ["SM-02", "sm-02", "two-lengths"] {
        let text = printed(&run(&["explain", name]));
        assert!(text.starts_with("SM-02 two-lengths (MUST)\n"), "{text}");
        assert!(text.contains("RFC 9112 §6.3: "), "{text}");
    }
}

#[test]
fn a_command_line_that_cannot_be_used_ends_with_2() {
    for arguments in [
        &["run"][..],
        &["run", "ftp://127.0.0.1"],
        &["run", "https://127.0.0.1:1", "--ca", "no/such/file"],
        &["run", "http://127.0.0.1:1", "--only", "SM-99"],
        &["run", "http://127.0.0.1:1", "--profile", "http9"],
        &["run", "http://127.0.0.1:1", "--expect", "no/such/file"],
        &["explain", "SM-99"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", printed(&output));
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_server_that_cannot_be_reached_or_started_ends_with_3() {
    for arguments in [&["run", "http://127.0.0.1:1"][..], &["run", "--command", "exit 7"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {}", printed(&output));
    }
}

#[test]
fn the_probe_in_python_passes_what_is_required_and_its_deviations_are_known() {
    let Some(command) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let (expect, json) = (in_probe("probe.expect"), file.to_str().unwrap());
    let expect = expect.to_str().unwrap();
    let output = run(&["run", "--command", &command, "--expect", expect, "--json", json]);
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
    let report: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let profiles = report.get("profiles").and_then(Value::as_array).unwrap();
    for (name, conclusion) in [("required", "conforms"), ("smuggling", "partial")] {
        let own = profiles.iter().find(|own| own["name"] == name).unwrap();
        assert_eq!(own["conclusion"], conclusion, "{name}");
    }
    let checks = report.get("checks").and_then(Value::as_array).unwrap();
    let own = check::all().filter(|check| check.party() == Party::Server);
    assert_eq!(checks.len(), own.count());
}

#[test]
fn a_deviation_that_is_not_expected_ends_with_1_and_so_does_one_that_is_gone() {
    let Some(command) = python() else { return };
    let output = run(&["run", "--command", &command, "--only", "SM-10"]);
    assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
    assert!(printed(&output).contains("> Transfer-Encoding : chunked\\r\\n"), "{output:?}");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("expected");
    std::fs::write(&file, "# it was so once\nSM-02 fail two lengths were taken\n").unwrap();
    let expect = file.to_str().unwrap();
    let output = run(&["run", "--command", &command, "--only", "SM-02", "--expect", expect]);
    assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
    assert!(printed(&output).contains("but fail was expected"), "{output:?}");
}

#[test]
fn the_profile_that_needs_the_probe_cannot_be_tried_without() {
    if python().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let command = format!(
        "exec python3 -m http.server --bind 127.0.0.1 --directory {} {{port}}",
        folder.path().display()
    );
    let output = run(&["run", "--command", &command, "--profile", "required"]);
    assert_eq!(output.status.code(), Some(2), "{}", printed(&output));
}
