//! How long to wait before a listener is asked again that could not accept.

use std::time::Duration;

/// The first pause: short, for most of what is wrong is over by then.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);

/// The longest: a server is well again within a second of its system.
const LONGEST_PAUSE: Duration = Duration::from_millis(640);

/// Pauses that double while nothing gets better.
#[derive(Debug, Default)]
pub(super) struct BackOff {
    last: Option<Duration>,
}

impl BackOff {
    /// The next pause.
    pub(super) fn grow(&mut self) -> Duration {
        let next = self.last.map_or(SHORTEST_PAUSE, |last| (last * 2).min(LONGEST_PAUSE));
        self.last = Some(next);
        next
    }

    /// It went well: the next pause is a first one.
    pub(super) fn reset(&mut self) {
        self.last = None;
    }

    /// Says whether nothing has gone well since the last pause.
    pub(super) fn is_growing(&self) -> bool {
        self.last.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(back_off: &mut BackOff, count: usize) -> Vec<u128> {
        std::iter::repeat_with(|| back_off.grow().as_millis()).take(count).collect()
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut back_off = BackOff::default();
        assert_eq!(pauses(&mut back_off, 9), [5, 10, 20, 40, 80, 160, 320, 640, 640]);
    }

    #[test]
    fn after_a_success_the_first_pause_is_short_again() {
        let mut back_off = BackOff::default();
        assert_eq!(pauses(&mut back_off, 3), [5, 10, 20]);
        back_off.reset();
        assert!(!back_off.is_growing());
        assert_eq!(pauses(&mut back_off, 2), [5, 10]);
    }
}
