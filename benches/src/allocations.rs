//! `allocations`: what a keep-alive request makes each server allocate.

use std::env;
use std::io::{self, Write};
use std::process::{Command, ExitCode};

use clap::Args;

use crate::client::{Client, GET};
use crate::counter::{self, Counts};
use crate::figures::each;
use crate::process::Server;
use crate::servers::{COUNTS, Paths, Peer, chosen};

/// How to build the program with the counter, which is left out of what is timed.
const BUILD: [&str; 4] = ["run", "--release", "--features", "count"];

/// How to measure it.
#[derive(Args)]
pub(crate) struct Options {
    /// How many requests are counted.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    requests: u32,
    /// How many requests come before them, on the same connection.
    #[arg(long, default_value_t = 1_000)]
    warm_up: u32,
    /// The servers to measure, separated by commas; all but nginx without this.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Peer>,
}

/// Counts, and prints a table; where this build has no counter, lets Cargo run one that has.
pub(crate) fn run(options: &Options) -> io::Result<ExitCode> {
    if counter::counts().is_none() {
        return run_with_counter();
    }
    let mut out = io::stdout();
    writeln!(
        out,
        "{:<14}{:>16}{:>18}{:>14}",
        "server", "allocations/req", "reallocations/req", "bytes/req"
    )?;
    for peer in chosen(&options.only, &Peer::own())? {
        let (before, after) = count(peer, options)?;
        let each = |of: fn(&Counts) -> u64| each(of(&before), of(&after), options.requests);
        writeln!(
            out,
            "{:<14}{:>16.3}{:>18.3}{:>14.1}",
            peer.name(),
            each(|counts| counts.allocations),
            each(|counts| counts.reallocations),
            each(|counts| counts.bytes)
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The counts of a server before and after the requests.
fn count(peer: Peer, options: &Options) -> io::Result<(Counts, Counts)> {
    let mut server = Server::start_under(&[], peer, Paths::Root)?;
    let mut client = Client::connect(server.port())?;
    client.ask(GET, 1, options.warm_up)?;
    let before = counts(&mut server)?;
    client.ask(GET, 1, options.requests)?;
    Ok((before, counts(&mut server)?))
}

fn counts(server: &mut Server) -> io::Result<Counts> {
    server.order(COUNTS)?.parse().map_err(io::Error::other)
}

fn run_with_counter() -> io::Result<ExitCode> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(BUILD).args(["--quiet", "--manifest-path"]);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    let status = command.arg("--").args(env::args_os().skip(1)).status().map_err(|error| {
        let build = BUILD.join(" ");
        io::Error::other(format!(
            "this build does not count, and Cargo cannot be started ({error}); \
             try: cargo {build} -p owin-benches -- allocations"
        ))
    })?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
