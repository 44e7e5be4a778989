//! The program, as a user runs it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use owin_conformance::report::Document;

/// The program, on no terminal and not on GitHub.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_owin-conformance"));
    command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY").env_remove("NO_COLOR");
    command
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

pub(crate) fn printed(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

pub(crate) fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap()
}

pub(crate) fn read_report(file: &Path) -> Document {
    Document::read(&read(file)).unwrap()
}

/// Every report that a run can write, in a folder.
pub(crate) struct Reports {
    pub(crate) folder: tempfile::TempDir,
}

const FILES: [(&str, &str); 6] = [
    ("--json", "report.json"),
    ("--junit", "junit.xml"),
    ("--html", "report.html"),
    ("--badge", "badge.svg"),
    ("--markdown", "report.md"),
    ("--server-log", "server.log"),
];

impl Reports {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The options that ask for all of them.
    pub(crate) fn options(&self) -> Vec<String> {
        let option = |(name, file): &(&str, &str)| {
            [(*name).to_owned(), self.file(file).to_str().unwrap().to_owned()]
        };
        FILES.iter().flat_map(option).collect()
    }

    /// Sees that each was written, and gives the one in JSON.
    pub(crate) fn all_written(&self) -> Document {
        let starts = [
            ("junit.xml", "<?xml "),
            ("report.html", "<!DOCTYPE html>"),
            ("badge.svg", "<svg "),
            ("report.md", "| profile |"),
        ];
        for (name, start) in starts {
            let text = read(&self.file(name));
            assert!(text.starts_with(start), "{name}: {text:.200}");
        }
        read_report(&self.file("report.json"))
    }
}
