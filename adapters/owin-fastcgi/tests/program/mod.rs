//! The FastCGI program of the tests.

#![allow(dead_code, clippy::allow_attributes, reason = "each test binary uses another part of it")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::support::{example, wait_until, with_notes};

/// The program, which runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Program(Child);

impl Program {
    /// Starts it, and waits until it listens.
    pub(crate) fn start(folder: &TempDir, url: &str) -> Self {
        let notes = with_notes(folder);
        let mut command = Command::new(example("fastcgi_app"));
        command.args(["--urls", url, "--stop-within", "5"]).env("OWIN_NOTES", notes);
        Self::listening(command)
    }

    /// Starts a command, and waits until it says that it listens.
    pub(crate) fn listening(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("listening on "), "{line:?}");
        Self(child)
    }

    pub(crate) fn alive(&self) -> bool {
        std::path::Path::new(&format!("/proc/{}/fd", self.0.id())).exists()
    }

    /// The most memory that it ever had.
    pub(crate) fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    pub(crate) fn terminate(&mut self) {
        let killed = Command::new("kill").arg(self.0.id().to_string()).status().unwrap();
        assert!(killed.success());
    }

    /// Waits for its end, and tells its exit code.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        wait_until("the end of the program", || self.0.try_wait().unwrap().is_some());
        self.0.wait().unwrap().code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
