//! A server that runs the probe app, and how each of them is started.

mod entries;
mod process;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use owin_host::Registry;
use tempfile::TempDir;
use tokio::time::{Duration, sleep};

pub use self::entries::entries;
pub use self::process::Process;
use crate::client::{Request, Talk, http1};
use crate::evidence::{BUDGET, Evidence, within};
use crate::ledger::{Ledger, Line, Page};
use crate::proof::Column;

/// How often the ledger is looked at.
const PAUSE: Duration = Duration::from_millis(5);

/// A row of the table: a server, how it is started, and what it lacks.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name: what `--server` is told, and what stands in the row.
    pub name: &'static str,
    /// Where the row's name leads to, from `adapters/`.
    pub page: &'static str,
    /// What the client speaks.
    pub protocol: Protocol,
    /// How it is started.
    pub start: Start,
    /// What it lacks, and why.
    pub lacks: &'static [Lack],
}

/// Why a cell says no.
#[derive(Clone, Copy, Debug)]
pub struct Lack {
    /// The column.
    pub column: Column,
    /// What the evidence has to have in it: another failure is not this one.
    pub evidence: &'static str,
    /// Why it is so, for the reader of the table.
    pub reason: &'static str,
}

/// What a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// HTTP/1.1 in clear text.
    Http1,
}

/// How a server is started.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Start {
    /// It is a [`Server`](owin_core::Server) of the program `probe-server`.
    Server(fn(Registry) -> Registry),
    /// Something else stands in front of the app; this starts both.
    Behind(fn(&Place) -> Result<Started, Unstarted>),
}

/// Where targets are started: the program, and a folder that goes away with them.
#[derive(Debug)]
pub struct Place {
    /// The program `probe-server`.
    pub program: PathBuf,
    /// A folder of this target alone, for configurations and sockets; the ledger is in it.
    pub folder: TempDir,
}

/// A target with its processes; both end when this is dropped.
#[derive(Debug)]
pub struct Started {
    /// What is asked.
    pub target: Target,
    /// The processes; dropped before the folder.
    pub processes: Vec<Process>,
    /// Keeps the folder.
    pub folder: Option<TempDir>,
}

/// Why a target did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum Unstarted {
    /// A program is not installed: the row is not checked.
    NoTool(String),
    /// It should have started: the test fails.
    Failed(Evidence),
}

impl From<Evidence> for Unstarted {
    fn from(evidence: Evidence) -> Self {
        Self::Failed(evidence)
    }
}

impl From<std::io::Error> for Unstarted {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// A server that runs the probe app, seen from outside.
#[derive(Clone, Debug)]
pub struct Target {
    /// The row.
    pub name: &'static str,
    /// What the client speaks.
    pub protocol: Protocol,
    /// Where it listens.
    pub address: SocketAddr,
    /// What its apps note.
    pub ledger: Ledger,
    /// Where it listens with TLS; or what was seen when it was told to.
    pub tls: Result<SocketAddr, Evidence>,
}

impl Entry {
    /// Starts the server in a folder of its own.
    ///
    /// # Errors
    ///
    /// Where it does not listen within the budget.
    pub fn start(&self, program: &Path) -> Result<Started, Unstarted> {
        let place = Place { program: program.to_owned(), folder: tempfile::tempdir()? };
        let mut started = match self.start {
            Start::Server(_) => self.start_server(&place)?,
            Start::Behind(start) => start(&place)?,
        };
        started.folder = Some(place.folder);
        Ok(started)
    }

    fn start_server(&self, place: &Place) -> Result<Started, Unstarted> {
        let run = |url: &str| {
            let mut command = place.command(self.name);
            Process::listening(command.args(["--urls", url]))
        };
        let (process, address) = run("http://127.0.0.1:0")?;
        let (tls, more) = match run("https://127.0.0.1:0") {
            Ok((process, address)) => (Ok(address), Some(process)),
            Err(evidence) => (Err(evidence), None),
        };
        let target = Target {
            name: self.name,
            protocol: self.protocol,
            address,
            ledger: Ledger::new(place.folder.path()),
            tls,
        };
        let processes = std::iter::once(process).chain(more).collect();
        Ok(Started { target, processes, folder: None })
    }
}

impl Place {
    /// The program, told which server to be and where the ledger is.
    #[must_use]
    pub fn command(&self, server: &str) -> std::process::Command {
        let mut command = std::process::Command::new(&self.program);
        command.args(["--server", server, "--ledger"]).arg(self.folder.path());
        command
    }
}

impl Target {
    /// A page that no call has yet.
    ///
    /// # Errors
    ///
    /// Where `what` cannot be a part of a nonce.
    pub fn page(&self, what: &str) -> Result<Page, Evidence> {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Ok(self.ledger.page(&format!("{what}-{number}"))?)
    }

    /// Connects and sends the head of a request.
    ///
    /// # Errors
    ///
    /// Where nobody listens.
    pub async fn open(&self, request: &Request) -> Result<Talk, Evidence> {
        match self.protocol {
            Protocol::Http1 => http1::open(self.address, request).await,
        }
    }
}

impl Page {
    /// The target of a path whose call has this page; `query` is empty or begins with `&`.
    #[must_use]
    pub fn target(&self, path: &str, query: &str) -> String {
        format!("/probe/{path}?nonce={}{query}", self.nonce())
    }

    /// Waits until the app has noted a line that begins with the word.
    ///
    /// # Errors
    ///
    /// Where it does not within the budget; the evidence says what it has noted instead.
    pub async fn noted(&self, word: &str) -> Result<Line, Evidence> {
        let found = async {
            loop {
                let lines = self.lines()?;
                if let Some(line) = lines.into_iter().find(|line| line.values(word).is_some()) {
                    return Ok(line);
                }
                sleep(PAUSE).await;
            }
        };
        let missing = |_| {
            let lines = self.lines().unwrap_or_default();
            let noted: Vec<&str> = lines.iter().map(Line::text).collect();
            let noted = noted.join(", ");
            Evidence::new(format!("the app did not note {word:?} within {BUDGET:?} but [{noted}]"))
        };
        within(word, found).await.map_err(missing)?
    }
}
