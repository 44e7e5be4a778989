//! Medians, and ratios against hyper.

use std::fmt;

use crate::load::Measured;
use crate::servers::Peer;

/// What was measured, server by server.
#[derive(Debug)]
pub(crate) struct Report(Vec<(Peer, Vec<Measured>)>);

impl Report {
    pub(crate) fn new(peers: &[Peer]) -> Self {
        Self(peers.iter().map(|peer| (*peer, Vec::new())).collect())
    }

    pub(crate) fn add(&mut self, peer: Peer, measured: Measured) {
        self.0.iter_mut().filter(|(known, _)| *known == peer).for_each(|row| row.1.push(measured));
    }

    fn median(&self, peer: Peer, of: fn(&Measured) -> f64) -> Option<f64> {
        let (_, rounds) = self.0.iter().find(|(known, _)| *known == peer)?;
        let mut values: Vec<f64> = rounds.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<14}{:>12}{:>8}{:>12}{:>8}",
            "server", "requests/s", "ratio", "CPU ns/req", "ratio"
        )?;
        for (peer, _) in &self.0 {
            let (Some(rate), Some(cpu)) =
                (self.median(*peer, |m| m.rate), self.median(*peer, |m| m.cpu_ns))
            else {
                continue;
            };
            let against = |of, value: f64| {
                self.median(Peer::Hyper, of).map_or(f64::NAN, |hyper| value / hyper)
            };
            let (rate_ratio, cpu_ratio) = (against(|m| m.rate, rate), against(|m| m.cpu_ns, cpu));
            writeln!(
                f,
                "{:<14}{rate:>12.0}{rate_ratio:>8.2}{cpu:>12.0}{cpu_ratio:>8.2}",
                peer.name()
            )?;
        }
        Ok(())
    }
}
