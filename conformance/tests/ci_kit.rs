//! What a CI system is given: its script runs the suite, and each of its forms sets what the script
//! reads.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot run the script stops, and one that is skipped says so"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn kit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ci")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(kit().join(name)).unwrap()
}

/// Runs the script as a job does; `None` where there is no Bash or no Python for the server.
fn tried(reports: &Path, variables: &[(&str, &str)]) -> Option<Output> {
    for tool in ["bash", "python3"] {
        if Command::new(tool).arg("--version").output().is_err() {
            println!("skipped: there is no {tool}");
            return None;
        }
    }
    let mut script = Command::new("bash");
    script.arg(kit().join("try.sh")).arg(env!("CARGO_BIN_EXE_owin-conformance"));
    script.env("REPORTS", reports).env("GITHUB_OUTPUT", reports.join("output"));
    Some(script.envs(variables.iter().copied()).output().unwrap())
}

fn probe() -> String {
    let probe = Path::new(env!("CARGO_MANIFEST_DIR")).join("probe").join("probe.py");
    format!("exec python3 {} {{port}}", probe.display())
}

#[test]
fn a_job_tries_the_server_and_keeps_every_report() {
    let reports = tempfile::tempdir().unwrap();
    let command = probe();
    let variables = [("SERVER_COMMAND", command.as_str()), ("PROFILES", "required")];
    let Some(output) = tried(reports.path(), &variables) else { return };
    let said = format!("{output:?}");
    assert!(output.status.success(), "{said}");
    for name in ["report.json", "report.html", "report.xml", "badge.svg", "server.log"] {
        assert!(reports.path().join(name).exists(), "{name}: {said}");
    }
    let outputs = std::fs::read_to_string(reports.path().join("output")).unwrap();
    for name in ["json=", "html=", "junit="] {
        assert!(outputs.lines().any(|line| line.starts_with(name)), "{outputs}");
    }
}

#[test]
fn a_job_whose_server_does_not_start_fails_with_3() {
    let reports = tempfile::tempdir().unwrap();
    let Some(output) = tried(reports.path(), &[("SERVER_COMMAND", "exit 7")]) else { return };
    assert_eq!(output.status.code(), Some(3), "{output:?}");
}

#[test]
fn every_form_sets_what_the_script_reads() {
    let script = text("try.sh");
    let read: BTreeSet<&str> = script
        .split("${")
        .skip(1)
        .filter_map(|rest| rest.split(":-").next())
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'))
        .filter(|name| !name.starts_with("GITHUB_"))
        .collect();
    assert!(read.len() > 5, "{read:?}");
    for form in ["action.yml", "gitlab.yml", "README.md"] {
        let form_text = text(form);
        for name in &read {
            assert!(form_text.contains(name), "{form} does not set {name}");
        }
    }
}
