//! `instructions`: how many instructions outside the kernel a request takes.
//!
//! A server runs twice, the second time for twice as many requests; the difference is what the
//! requests took, without the start and the end.

mod callgrind;
mod perf;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::{Args, ValueEnum};

use crate::client::{Client, GET};
use crate::figures::{each, ratio};
use crate::process::Server;
use crate::servers::{Paths, Peer, chosen};

/// How many requests are sent at once where they are pipelined.
const DEPTH: u32 = 16;

/// What counts.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Tool {
    /// valgrind's, which runs the server on a processor of its own make.
    Callgrind,
    /// The counters of the processor, which not every machine lets one read.
    Perf,
}

/// How to measure it.
#[derive(Args)]
pub(crate) struct Options {
    /// What counts.
    #[arg(long = "with", value_enum, default_value_t = Tool::Callgrind)]
    tool: Tool,
    /// How many requests are counted.
    #[arg(long, default_value_t = 4_000, value_parser = clap::value_parser!(u32).range(i64::from(DEPTH)..))]
    requests: u32,
    /// The servers to measure, separated by commas; all but nginx without this.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Peer>,
}

/// Counts, and prints a table.
pub(crate) fn run(options: &Options) -> io::Result<()> {
    options.tool.check()?;
    let peers = chosen(&options.only, &Peer::own())?;
    let mut rows = Vec::new();
    for peer in peers {
        let keep_alive = options.tool.each(peer, options.requests, 1)?;
        rows.push((peer, keep_alive, options.tool.each(peer, options.requests, DEPTH)?));
    }
    let mut out = io::stdout();
    writeln!(
        out,
        "{:<14}{:>16}{:>8}{:>16}{:>8}",
        "server", "keep-alive/req", "ratio", "pipelined/req", "ratio"
    )?;
    let hyper = rows.iter().find(|row| row.0 == Peer::Hyper).copied();
    for (peer, keep_alive, pipelined) in rows {
        let keep_alive_ratio = ratio(keep_alive, hyper.map(|hyper| hyper.1));
        let pipelined_ratio = ratio(pipelined, hyper.map(|hyper| hyper.2));
        writeln!(
            out,
            "{:<14}{keep_alive:>16.0}{keep_alive_ratio:>8.2}{pipelined:>16.0}{pipelined_ratio:>8.2}",
            peer.name()
        )?;
    }
    Ok(())
}

impl Tool {
    /// Says so where the tool is missing or cannot count here, before anything else is done.
    fn check(self) -> io::Result<()> {
        match self {
            Self::Callgrind => callgrind::check(),
            Self::Perf => perf::check(),
        }
    }

    /// The instructions of one request out of many that come `depth` at a time.
    fn each(self, peer: Peer, requests: u32, depth: u32) -> io::Result<f64> {
        let batches = requests / depth;
        let once = self.count(peer, batches, depth)?;
        let twice = self.count(peer, batches.saturating_mul(2), depth)?;
        Ok(each(once, twice, batches.saturating_mul(depth)))
    }

    /// The instructions of a server from its start to its end.
    fn count(self, peer: Peer, batches: u32, depth: u32) -> io::Result<u64> {
        let file = tempfile::NamedTempFile::new()?;
        let server = Server::start_under(&self.command(file.path()), peer, Paths::Root)?;
        let depth = usize::try_from(depth).unwrap_or(1);
        Client::connect(server.port())?.ask(&GET.repeat(depth), depth, batches)?;
        server.finish()?;
        let text = std::fs::read_to_string(file.path())?;
        match self {
            Self::Callgrind => callgrind::instructions(&text),
            Self::Perf => perf::instructions(&text),
        }
    }

    fn command(self, file: &Path) -> Vec<OsString> {
        match self {
            Self::Callgrind => callgrind::command(file),
            Self::Perf => perf::command(file),
        }
    }
}
