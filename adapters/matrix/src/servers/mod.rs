//! A server that runs the probe app, and how each of them is started.

mod behind;
mod entries;
mod named;
mod process;
pub mod web;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use owin_host::Registry;
use tempfile::TempDir;
use tokio::time::{Duration, sleep};

pub use self::entries::entries;
pub use self::process::Process;
use crate::client::tls::Tls;
use crate::client::{Request, Talk, http1, http2};
use crate::evidence::{Evidence, within};
use crate::ledger::{Ledger, Line, Page};
use crate::proof::Column;

/// How often the ledger is looked at.
const PAUSE: Duration = Duration::from_millis(5);

/// The variable that tells `probe-server` where the ledger is.
pub const LEDGER: &str = "PROBE_LEDGER";

/// The variable that tells `probe-server` to end when its standard input does.
pub const WITH_PARENT: &str = "PROBE_WITH_PARENT";

/// A row of the table: a server, how it is started, and what it lacks.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name: what `--server` is told, and what stands in the row.
    pub name: &'static str,
    /// Where the row's name leads to, from `adapters/`.
    pub page: &'static str,
    /// What the client speaks.
    pub protocol: Protocol,
    /// Adds the server that the app runs on to those that `probe-server` knows.
    pub server: fn(Registry) -> Registry,
    /// Starts what stands in front of it, and the server; where nothing does, the server listens by
    /// itself.
    pub front: Option<Front>,
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
    /// HTTP/2 in clear text, with prior knowledge.
    Http2,
}

/// Starts a server, and what stands in front of it.
pub type Front = fn(&Place) -> Result<Started, Unstarted>;

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
    /// What the client speaks.
    pub protocol: Protocol,
    /// Where it listens.
    pub address: SocketAddr,
    /// What its apps note.
    pub ledger: Ledger,
    /// Where it listens with TLS; or what was seen when it was told to.
    pub tls: Result<Tls, Evidence>,
}

impl Entry {
    /// Starts the server in a folder of its own.
    ///
    /// # Errors
    ///
    /// Where it does not listen in time.
    pub fn start(&self, program: &Path) -> Result<Started, Unstarted> {
        let place = Place { program: program.to_owned(), folder: tempfile::tempdir()? };
        let started = self.front.map_or_else(|| place.alone(self.name), |front| front(&place));
        let mut started = started?;
        started.target.protocol = self.protocol;
        started.folder = Some(place.folder);
        Ok(started)
    }
}

impl Place {
    /// The program, told which server to be and where the ledger is.
    #[must_use]
    pub fn command(&self, server: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["--server", server]).env(LEDGER, self.folder.path());
        command
    }

    /// Starts the program as that server, at that address; it ends with this process.
    ///
    /// # Errors
    ///
    /// Where it does not listen.
    pub fn server(&self, server: &str, url: &str) -> Result<(Process, SocketAddr), Evidence> {
        Process::listening(self.command(server).env(WITH_PARENT, "1").args(["--urls", url]))
    }

    /// Starts that server with nothing in front of it, and sees what becomes of one with TLS.
    ///
    /// # Errors
    ///
    /// Where it does not listen.
    pub fn alone(&self, server: &str) -> Result<Started, Unstarted> {
        let (process, address) = self.server(server, "http://127.0.0.1:0")?;
        let tls = match self.server(server, "https://127.0.0.1:0") {
            Ok(_) => Err(Evidence::new("it listens for TLS without any certificate")),
            Err(evidence) => Err(evidence),
        };
        Ok(self.started(address, tls, vec![process]))
    }

    /// What was started here.
    #[must_use]
    pub fn started(
        &self,
        address: SocketAddr,
        tls: Result<Tls, Evidence>,
        processes: Vec<Process>,
    ) -> Started {
        let ledger = Ledger::new(self.folder.path());
        let target = Target { protocol: Protocol::Http1, address, ledger, tls };
        Started { target, processes, folder: None }
    }
}

impl Target {
    /// The status that hands the connection, or the stream, over: 101, or 200 over HTTP/2 (RFC 8441
    /// §4).
    #[must_use]
    pub const fn status_of_upgrade(&self) -> u16 {
        match self.protocol {
            Protocol::Http1 => 101,
            Protocol::Http2 => 200,
        }
    }

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
            Protocol::Http2 => http2::open(self.address, request).await,
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
    /// Where it does not in time; the evidence says what it has noted instead.
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
            Evidence::new(format!("the app did not note {word:?} but [{}]", noted.join(", ")))
        };
        within(word, found).await.map_err(missing)?
    }
}
