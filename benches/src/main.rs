//! The servers of this project side by side with others: `cargo run --release -p owin-benches -- plaintext`.

mod cpu;
mod load;
mod report;
mod servers;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::load::Load;
use crate::report::Report;
use crate::servers::Peer;

/// Measures servers against one another.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// `Hello, World!` to 64 keep-alive connections, one request at a time and 16 at a time.
    Plaintext {
        /// How many rounds; each server is measured once in each.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// How many seconds each measurement takes.
        #[arg(long, default_value_t = 2)]
        seconds: u32,
        /// The servers to measure, separated by commas; all of them without this.
        #[arg(long, value_delimiter = ',')]
        only: Vec<Peer>,
    },
    /// Runs one of the servers; what the measurement starts.
    #[command(hide = true)]
    Serve {
        /// The server.
        peer: Peer,
    },
}

fn main() -> ExitCode {
    let done = match Options::parse().what {
        What::Serve { peer } => servers::serve(peer),
        What::Plaintext { rounds, seconds, only } => plaintext(rounds, seconds, only),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _unwritable = writeln!(std::io::stderr(), "owin-benches: {error}");
            ExitCode::from(2)
        }
    }
}

fn plaintext(rounds: usize, seconds: u32, only: Vec<Peer>) -> std::io::Result<()> {
    let peers = if only.is_empty() { Peer::all() } else { only };
    for (what, depth) in [("keep-alive, 64 connections", 1), ("pipelined 16 deep", 16)] {
        let load = Load::new(seconds, depth)?;
        let mut report = Report::new(&peers);
        for _ in 0..rounds {
            for peer in &peers {
                report.add(*peer, load.measure(*peer)?);
            }
        }
        writeln!(std::io::stdout(), "{what}\n{report}")?;
    }
    Ok(())
}
