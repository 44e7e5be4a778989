//! `bridges`: what it costs that an app or a service comes by way of a bridge.

use std::io::{self, Write};

use clap::Args;

use crate::load::Load;
use crate::report::Report;
use crate::servers::Peer;

/// What is compared: the first does without the bridge. The last figure is what the CPU time of the
/// second may be, as a part of the first's.
const GROUPS: [(&str, &[Peer], Option<f64>); 3] = [
    ("an app as a service on hyper", &[Peer::Hyper, Peer::HyperApp], Some(1.03)),
    (
        "a tower service on the reference server",
        &[Peer::HyperTower, Peer::NowinTower, Peer::FloorTower],
        Some(0.95),
    ),
    (
        "five layers in the pipeline that do nothing",
        &[Peer::Nowin, Peer::NowinBlind, Peer::NowinLayers],
        None,
    ),
];

/// How to measure it.
#[derive(Args)]
pub(crate) struct Options {
    /// How many rounds; each server is measured once in each.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How many seconds each measurement takes.
    #[arg(long, default_value_t = 2)]
    seconds: u32,
}

/// Measures, and prints a table for each group.
pub(crate) fn run(options: &Options) -> io::Result<()> {
    let load = Load::new(options.seconds, 1)?;
    for (what, peers, goal) in GROUPS {
        let mut report = Report::new(peers);
        for _ in 0..options.rounds {
            for peer in peers {
                report.add(*peer, load.measure(*peer)?);
            }
        }
        let goal =
            goal.map_or_else(String::new, |goal| format!("; goal: {goal:.2} of the CPU time"));
        writeln!(io::stdout(), "{what}{goal}\n{report}")?;
    }
    Ok(())
}
