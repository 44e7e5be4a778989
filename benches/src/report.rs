//! Medians, ratios against hyper or else the first server, and whether the servers or wrk were the limit.
//!
//! A ratio is the median of the ratios of the rounds: where the machine becomes faster or slower, it does
//! so between the rounds rather than within one.

use std::fmt;

use crate::figures::median;
use crate::load::Measured;
use crate::servers::Peer;

/// From here on wrk's core has nothing left to give.
const FULL: f64 = 0.95;

/// Up to here a server would have done more, had it been asked.
const IDLE: f64 = 0.90;

/// What was measured, server by server.
#[derive(Debug)]
pub(crate) struct Report(Vec<(Peer, Vec<Measured>)>);

impl Report {
    /// Makes an empty one.
    pub(crate) fn new(peers: &[Peer]) -> Self {
        Self(peers.iter().map(|peer| (*peer, Vec::new())).collect())
    }

    /// Adds what was measured in one round.
    pub(crate) fn add(&mut self, peer: Peer, measured: Measured) {
        self.0.iter_mut().filter(|(known, _)| *known == peer).for_each(|row| row.1.push(measured));
    }

    /// What all are compared with.
    fn base(&self) -> &[Measured] {
        let hyper = self.0.iter().find(|(peer, _)| *peer == Peer::Hyper);
        hyper.or(self.0.first()).map_or(&[], |(_, rounds)| rounds)
    }

    /// The median of the ratios against the base, round by round; not a number without a round.
    fn ratio(&self, rounds: &[Measured], field: fn(&Measured) -> f64) -> f64 {
        let ratios = rounds.iter().zip(self.base()).map(|(one, base)| field(one) / field(base));
        median(ratios).unwrap_or(f64::NAN)
    }

    /// The row of medians.
    fn row(rounds: &[Measured]) -> Option<Measured> {
        let of = |field: fn(&Measured) -> f64| median(rounds.iter().map(field));
        Some(Measured {
            rate: of(|measured| measured.rate)?,
            cpu_ns: of(|measured| measured.cpu_ns)?,
            core: of(|measured| measured.core)?,
            wrk_core: of(|measured| measured.wrk_core)?,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<14}{:>12}{:>8}{:>12}{:>8}",
            "server", "requests/s", "ratio", "CPU ns/req", "ratio"
        )?;
        for (peer, rounds) in &self.0 {
            let Some(row) = Self::row(rounds) else { continue };
            let rate_ratio = self.ratio(rounds, |measured| measured.rate);
            let cpu_ratio = self.ratio(rounds, |measured| measured.cpu_ns);
            writeln!(
                f,
                "{:<14}{:>12.0}{rate_ratio:>8.2}{:>12.0}{cpu_ratio:>8.2}{}",
                peer.name(),
                row.rate,
                row.cpu_ns,
                remark(&row)
            )?;
        }
        Ok(())
    }
}

/// Says so where wrk was the limit: then the rate is wrk's, and only the CPU time is the server's.
fn remark(row: &Measured) -> String {
    if row.wrk_core < FULL || row.core > IDLE {
        return String::new();
    }
    let (core, wrk_core) = (row.core * 100.0, row.wrk_core * 100.0);
    format!("  wrk is the limit: {wrk_core:.0} % of its core, {core:.0} % of the server's")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(rate: f64, core: f64, wrk_core: f64) -> Measured {
        Measured { rate, cpu_ns: 1000.0, core, wrk_core }
    }

    #[test]
    fn rows_are_medians_and_ratios_against_hyper() {
        let mut report = Report::new(&[Peer::Nowin, Peer::Hyper]);
        for rate in [90.0, 30.0, 60.0] {
            report.add(Peer::Nowin, measured(rate, 1.0, 0.5));
            report.add(Peer::Hyper, measured(2.0 * rate, 1.0, 0.5));
        }
        let text = report.to_string();
        let words: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(words, ["nowin", "60", "0.50", "1000", "1.00"]);
    }

    #[test]
    fn a_machine_that_becomes_slower_does_not_change_the_ratio() {
        let mut report = Report::new(&[Peer::Hyper, Peer::Nowin]);
        for (hyper, nowin) in
            [(50.0, 40.0), (50.0, 40.0), (100.0, 80.0), (100.0, 80.0), (100.0, 40.0)]
        {
            report.add(Peer::Hyper, measured(hyper, 1.0, 0.5));
            report.add(Peer::Nowin, measured(nowin, 1.0, 0.5));
        }
        assert!(report.to_string().lines().nth(2).unwrap().contains(" 0.80 "));
    }

    #[test]
    fn a_rate_that_is_the_limit_of_wrk_is_marked() {
        assert!(remark(&measured(1.0, 0.62, 0.99)).contains("99 % of its core, 62 %"));
        assert_eq!(remark(&measured(1.0, 0.98, 0.99)), "");
        assert_eq!(remark(&measured(1.0, 0.62, 0.70)), "");
    }
}
