//! `bridges`: what it costs that an app or a service comes by way of a bridge.

use std::io::{self, Write};

use crate::load::{self, Load};
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

/// Measures, and prints a table for each group.
pub(crate) fn run(options: load::Options) -> io::Result<()> {
    let load = Load::new(options, 1)?;
    for (what, peers, goal) in GROUPS {
        let report = load.compare(peers)?;
        let goal =
            goal.map_or_else(String::new, |goal| format!("; goal: {goal:.2} of the CPU time"));
        writeln!(io::stdout(), "{what}{goal}\n{report}")?;
    }
    Ok(())
}
