//! `plaintext`: requests a second and CPU time a request, under load from wrk.

use std::io::{self, Write};

use clap::Args;

use crate::load::Load;
use crate::report::Report;
use crate::servers::{self, Peer};

/// How to measure it.
#[derive(Args)]
pub(crate) struct Options {
    /// How many rounds; each server is measured once in each.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How many seconds each measurement takes.
    #[arg(long, default_value_t = 2)]
    seconds: u32,
    /// The servers to measure, separated by commas; all of them without this.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Peer>,
}

/// Measures, and prints a table for each depth.
pub(crate) fn run(options: &Options) -> io::Result<()> {
    let peers = servers::chosen(&options.only, &Peer::all())?;
    for (what, depth) in [("keep-alive, 64 connections", 1), ("pipelined 16 deep", 16)] {
        let load = Load::new(options.seconds, depth)?;
        let mut report = Report::new(&peers);
        for _ in 0..options.rounds {
            for peer in &peers {
                report.add(*peer, load.measure(*peer)?);
            }
        }
        writeln!(io::stdout(), "{what}\n{report}")?;
    }
    Ok(())
}
