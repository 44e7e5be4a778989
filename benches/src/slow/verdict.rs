//! When slow connections do harm.

use std::fmt;
use std::time::Duration;

use super::pace::Times;
use crate::figures::{mebibytes, microseconds, percentile};

/// How many times as long the slowest per cent of requests may take.
const MAX_RATIO: f64 = 3.0;

/// How much more may be resident when the slow connections have gone.
const MAX_LEFT_BYTES: u64 = 16 << 20;

/// How long the requests of the normal client took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latency {
    p50: Duration,
    p99: Duration,
    /// How late the client itself was woken.
    late_p99: Duration,
}

impl Latency {
    /// Sums up what was measured.
    pub(super) fn of(times: &Times) -> Self {
        let taken = |per_cent| percentile(&times.taken, per_cent).unwrap_or(Duration::MAX);
        let late_p99 = percentile(&times.late, 99).unwrap_or_default();
        Self { p50: taken(50), p99: taken(99), late_p99 }
    }
}

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Verdict {
    pub(super) unloaded: Latency,
    pub(super) loaded: Latency,
    /// The memory in bytes before there was a slow connection.
    pub(super) before: u64,
    /// The memory in bytes while all were there.
    pub(super) during: u64,
    /// The memory in bytes when all had gone.
    pub(super) after: u64,
    /// How many slow connections the server closed by itself.
    pub(super) closed: u32,
    /// How many more files than before the server had open when all had gone.
    pub(super) left_open: usize,
}

impl Verdict {
    /// What is wrong.
    pub(super) fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        let ratio = quotient(self.loaded.p99, self.unloaded.p99);
        if ratio > MAX_RATIO {
            failures.push(format!("the p99 ratio {ratio:.2} is more than {MAX_RATIO:.2}"));
        }
        if !has_returned(self.before, self.after) {
            let left = mebibytes(self.after.saturating_sub(self.before));
            let allowed = mebibytes(MAX_LEFT_BYTES);
            failures.push(format!("{left:.1} MiB did not return, {allowed:.0} are allowed"));
        }
        failures
    }
}

/// Whether the memory is near what it was.
pub(super) const fn has_returned(before: u64, after: u64) -> bool {
    after <= before.saturating_add(MAX_LEFT_BYTES)
}

fn quotient(loaded: Duration, unloaded: Duration) -> f64 {
    loaded.as_secs_f64() / unloaded.as_secs_f64()
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<14}{:>10}{:>10}{:>16}",
            "normal client", "p50 µs", "p99 µs", "woken late p99"
        )?;
        for (name, latency) in [("unloaded", self.unloaded), ("loaded", self.loaded)] {
            let Latency { p50, p99, late_p99 } = latency;
            let [p50, p99, late] = [p50, p99, late_p99].map(microseconds);
            writeln!(f, "{name:<14}{p50:>10.0}{p99:>10.0}{late:>16.0}")?;
        }
        let p50 = quotient(self.loaded.p50, self.unloaded.p50);
        let p99 = quotient(self.loaded.p99, self.unloaded.p99);
        writeln!(f, "{:<14}{p50:>10.2}{p99:>10.2}", "ratio")?;
        let [before, during, after] = [self.before, self.during, self.after].map(mebibytes);
        writeln!(f, "MiB resident: {before:.1} before, {during:.1} during, {after:.1} after")?;
        let Self { closed, left_open, .. } = self;
        write!(f, "closed by the server: {closed}, left open afterwards: {left_open}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(loaded_ms: u64, after: u64) -> Verdict {
        let latency = |p99| {
            let millisecond = Duration::from_millis(1);
            Latency { p50: millisecond, p99: Duration::from_millis(p99), late_p99: millisecond }
        };
        let (before, during) = (5 << 20, 50 << 20);
        let (unloaded, loaded) = (latency(2), latency(loaded_ms));
        Verdict { unloaded, loaded, before, during, after, closed: 0, left_open: 0 }
    }

    #[test]
    fn three_times_as_long_is_not_too_long() {
        assert_eq!(verdict(6, 0).failures(), [""; 0]);
        assert_eq!(verdict(7, 0).failures(), ["the p99 ratio 3.50 is more than 3.00"]);
    }

    #[test]
    fn memory_that_stays_is_a_failure() {
        assert_eq!(verdict(2, 21 << 20).failures(), [""; 0]);
        let failures = verdict(2, 22 << 20).failures();
        assert_eq!(failures, ["17.0 MiB did not return, 16 are allowed"]);
    }

    #[test]
    fn a_client_that_measured_nothing_fails() {
        let nothing = Latency::of(&Times::default());
        let verdict = Verdict { loaded: nothing, ..verdict(2, 0) };
        assert_eq!(verdict.failures().len(), 1);
        assert!(verdict.to_string().contains("p99"));
    }
}
