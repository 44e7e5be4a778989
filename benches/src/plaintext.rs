//! `plaintext`: requests a second and CPU time a request, under load from wrk.

use std::io::{self, Write};

use clap::Args;

use crate::load::{self, Load};
use crate::servers::{self, Peer};

/// How to measure it.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    load: load::Options,
    /// The servers to measure, separated by commas; all of them without this.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Peer>,
}

/// Measures, and prints a table for each depth.
pub(crate) fn run(options: &Options) -> io::Result<()> {
    let peers = servers::chosen(&options.only, &Peer::all())?;
    for (what, depth) in [("keep-alive, 64 connections", 1), ("pipelined 16 deep", 16)] {
        let report = Load::new(options.load, depth)?.compare(&peers)?;
        writeln!(io::stdout(), "{what}\n{report}")?;
    }
    Ok(())
}
