//! How often an app was called with a nonce.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// The nonces that are kept; a run has fewer at work, and a probe may be reachable by anybody.
const KEPT: usize = 64 * 1024;

/// Counts calls by their nonces, of which it forgets the oldest.
#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    of: BTreeMap<String, u64>,
    order: VecDeque<String>,
}

impl Calls {
    pub(super) fn add(&self, nonce: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.of.get_mut(nonce) {
            *count += 1;
            return;
        }
        if counts.order.len() == KEPT
            && let Some(oldest) = counts.order.pop_front()
        {
            counts.of.remove(&oldest);
        }
        counts.order.push_back(nonce.to_owned());
        counts.of.insert(nonce.to_owned(), 1);
    }

    pub(super) fn of(&self, nonce: &str) -> u64 {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.of.get(nonce).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_their_nonces_and_the_oldest_are_forgotten() {
        let calls = Calls::default();
        calls.add("a");
        calls.add("a");
        assert_eq!((calls.of("a"), calls.of("b")), (2, 0));
        for number in 0..KEPT {
            calls.add(&number.to_string());
        }
        assert_eq!((calls.of("a"), calls.of("0")), (0, 1));
    }
}
