//! `slow`: what thousands of slow connections do to a client that is not slow.

mod crowd;
mod pace;
mod verdict;

use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::{Args, ValueEnum};

use self::crowd::{Crowd, Kind};
use self::pace::Pace;
use self::verdict::{Latency, Verdict};
use crate::clock;
use crate::process::{Server, files, memory};
use crate::servers::{Paths, Peer};

/// How long the normal client makes requests before anything is measured.
const WARM_UP: Duration = Duration::from_secs(1);

/// How long the normal client measures the server alone, at most.
const UNLOADED: Duration = Duration::from_secs(10);

/// How long the memory has to return, and how often it is looked at: longer than the server gives
/// apps whose clients have gone.
const RETURN: (Duration, Duration) = (Duration::from_secs(20), Duration::from_millis(500));

/// How to measure it.
#[derive(Args)]
pub(crate) struct Options {
    /// How many slow connections there are.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(4..))]
    connections: u32,
    /// How many seconds they are held.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// The kinds of slow connections, separated by commas; as many of each, and all without this.
    #[arg(long, value_delimiter = ',')]
    kinds: Vec<Kind>,
    /// How many requests a second the normal client makes.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pace: u32,
}

/// Measures and prints; fails where the slow connections do harm.
pub(crate) fn run(options: &Options) -> io::Result<ExitCode> {
    let connections = files::make_room(options.connections)?;
    let kinds = if options.kinds.is_empty() { Kind::value_variants() } else { &options.kinds };
    let mut out = io::stdout();
    writeln!(out, "{connections} slow connections for {} s: {kinds:?}", options.seconds)?;
    let verdict = measure(options, connections, kinds)?;
    writeln!(out, "{verdict}")?;
    let failures = verdict.failures();
    for failure in &failures {
        writeln!(out, "FAILED: {failure}")?;
    }
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn measure(options: &Options, connections: u32, kinds: &[Kind]) -> io::Result<Verdict> {
    let held = Duration::from_secs(options.seconds);
    let server = Server::start(Peer::Nowin, Paths::All)?;
    let processes = server.processes()?;
    let resident = || memory::resident_bytes(&processes);
    let pace = Pace::new(server.port(), options.pace);

    pace.keep(WARM_UP)?;
    let unloaded = Latency::of(&pace.keep(held.min(UNLOADED))?);
    let (before, files_before) = (resident()?, files::open(&processes)?);
    let crowd = Crowd::gather(server.port(), connections, kinds)?;
    let loaded = Latency::of(&pace.keep(held)?);
    let during = resident()?;
    let closed = crowd.leave()?;
    let after = returned(before, resident)?;
    let left_open = files::open(&processes)?.saturating_sub(files_before);
    Ok(Verdict { unloaded, loaded, before, during, after, closed, left_open })
}

/// The memory when it has returned, or when it has had time enough.
fn returned(before: u64, resident: impl Fn() -> io::Result<u64>) -> io::Result<u64> {
    let deadline = clock::now() + RETURN.0;
    loop {
        thread::sleep(RETURN.1);
        let after = resident()?;
        if verdict::has_returned(before, after) || clock::now() >= deadline {
            return Ok(after);
        }
    }
}
