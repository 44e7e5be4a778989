//! How fast a peer has to be (slow bodies and slow readers; CVE-2007-6750 and its kin).

use std::time::Duration;

use owin_core::features::Rate;
use tokio::time::Instant;

/// Judges the pace of a peer by the time that was spent on waiting for it, and only by that: an app
/// that takes its time does the peer no harm.
///
/// The peer has an account of time. It opens with the grace, every byte pays in what it may take,
/// and waiting draws on it; a peer that has used it up is too slow. What is paid in is capped, so
/// that fast bytes at the start do not excuse a trickle later.
#[derive(Debug)]
pub(super) struct Pace {
    account: Duration,
    waiting_since: Option<Instant>,
}

/// The most that can be saved up beyond the grace.
const WINDOW: Duration = Duration::from_secs(10);

impl Pace {
    pub(super) fn new(rate: Rate) -> Self {
        Self { account: rate.grace, waiting_since: None }
    }

    /// The peer is waited for; says until when at most.
    pub(super) fn wait(&mut self, now: Instant) -> Instant {
        *self.waiting_since.get_or_insert(now) + self.account
    }

    /// The peer is not waited for any more, or has moved so many bytes.
    pub(super) fn moved(&mut self, bytes: usize, rate: Rate, now: Instant) {
        if let Some(since) = self.waiting_since.take() {
            self.account = self.account.saturating_sub(now.saturating_duration_since(since));
        }
        self.account =
            self.account.saturating_add(time_of(bytes, rate)).min(rate.grace.max(WINDOW));
    }
}

/// How long so many bytes may take.
fn time_of(bytes: usize, rate: Rate) -> Duration {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    let micros = bytes.saturating_mul(1_000_000).checked_div(rate.bytes_per_second);
    micros.map_or(Duration::MAX, Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { bytes_per_second: 100, grace: Duration::from_secs(5) };

    /// Sends so many bytes each second; after how many seconds is it too slow, within a thousand?
    fn too_slow_after(bytes_a_second: usize) -> Option<u64> {
        let (start, mut pace) = (Instant::now(), Pace::new(RATE));
        (1..1_000).find(|second| {
            let now = start + Duration::from_secs(*second);
            let deadline = pace.wait(now - Duration::from_secs(1));
            pace.moved(bytes_a_second, RATE, now);
            deadline < now
        })
    }

    #[test]
    fn a_peer_may_be_as_slow_as_the_rate_and_no_slower() {
        assert_eq!(too_slow_after(101), None);
        assert_eq!(too_slow_after(100), None);
        assert!(too_slow_after(99).is_some());
        assert_eq!(too_slow_after(0), Some(6));
    }

    #[test]
    fn fast_bytes_excuse_ten_seconds_and_no_more() {
        let (start, mut pace) = (Instant::now(), Pace::new(RATE));
        pace.wait(start);
        pace.moved(1_000_000, RATE, start);
        assert_eq!(pace.wait(start), start + WINDOW);
    }

    #[test]
    fn time_in_which_nobody_waits_for_the_peer_does_not_count() {
        let (start, mut pace) = (Instant::now(), Pace::new(RATE));
        let second = Duration::from_secs(1);
        pace.wait(start);
        pace.moved(0, RATE, start + second);
        assert_eq!(pace.wait(start + 60 * second), start + 64 * second);
    }

    #[test]
    fn a_rate_of_nothing_excuses_everything_that_comes() {
        let rate = Rate { bytes_per_second: 0, ..RATE };
        let (start, mut pace) = (Instant::now(), Pace::new(rate));
        pace.moved(1, rate, start);
        assert_eq!(pace.wait(start), start + WINDOW);
    }
}
