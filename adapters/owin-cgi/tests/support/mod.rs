//! Web servers of the tests' own, and a client that sees every byte.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test binary uses another part of it, and what is unused differs"
)]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on stops")]

pub(crate) mod client;

use std::fs::{self, Permissions};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long something that must happen is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The program that Cargo built of an example of this package.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap().join("examples");
    let path = folder.join(name);
    assert!(path.exists(), "{} is not built; run cargo test without --test", path.display());
    path
}

/// Looks for a program that the tests want; tells in one line where it is not there.
pub(crate) fn installed(program: &str) -> bool {
    let is_there = Path::new(program).exists();
    if !is_there {
        eprintln!("skipped: there is no {program}");
    }
    is_there
}

/// A port that is free.
pub(crate) fn free_port() -> u16 {
    owin_conformance::run::free_port().unwrap()
}

/// Waits until that holds.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        sleep(Duration::from_millis(10));
    }
}

/// The clock of the tests.
#[allow(clippy::disallowed_methods, reason = "a test of whole programs has no other clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// A folder that web servers under other users may look into.
pub(crate) fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("owin-").tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

/// A web server that runs until it is dropped.
pub(crate) struct WebServer {
    pub(crate) port: u16,
    process: Child,
    folder: TempDir,
}

impl WebServer {
    /// Starts a web server with a configuration that is written into the folder and listens on that
    /// port.
    pub(crate) fn start(
        folder: TempDir,
        port: u16,
        config: &str,
        command: impl Fn(&Path) -> Command,
    ) -> Self {
        let path = folder.path().join("web-server.conf");
        fs::write(&path, config).unwrap();
        let log = fs::File::create(folder.path().join("output.log")).unwrap();
        let mut command = command(&path);
        // Apache ends its whole process group with itself.
        command.process_group(0);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let mut server = Self { port, process: command.spawn().unwrap(), folder };
        let start = now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let has_ended = server.process.try_wait().unwrap().is_some();
            let is_late = has_ended || start.elapsed() > PATIENCE;
            assert!(!is_late, "it does not listen: {}", server.log());
            sleep(Duration::from_millis(10));
        }
        server
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it wrote, and what our programs wrote to standard error.
    pub(crate) fn log(&self) -> String {
        let read = |name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        read("output.log") + &read("error.log")
    }

    /// Waits for a note that the app left, and reads it.
    #[track_caller]
    pub(crate) fn note(&self, name: &str) -> String {
        let path = self.folder.path().join("notes").join(name);
        wait_until(name, || path.exists());
        fs::read_to_string(path).unwrap()
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        let terminated = Command::new("kill").arg(self.process.id().to_string()).status();
        drop(terminated);
        let start = now();
        while let Ok(None) = self.process.try_wait() {
            if start.elapsed() > Duration::from_secs(5) {
                drop(self.process.kill());
            }
            sleep(Duration::from_millis(10));
        }
        if std::thread::panicking() {
            eprintln!("the log:\n{}", self.log());
            return;
        }
        let violation = fs::read_to_string(self.folder.path().join("notes/violation"));
        assert!(violation.is_err(), "the contract was broken: {violation:?}");
    }
}

/// A folder in which whoever runs the app can leave notes.
pub(crate) fn with_notes(folder: &TempDir) -> PathBuf {
    let notes = folder.path().join("notes");
    fs::create_dir(&notes).unwrap();
    fs::set_permissions(&notes, Permissions::from_mode(0o777)).unwrap();
    notes
}

/// The README shows the configuration that the tests run with.
#[track_caller]
pub(crate) fn is_shown(readme: &str, config: &str) {
    assert!(readme.contains(&format!("\n{config}```")), "the README shows another one:\n{config}");
}
