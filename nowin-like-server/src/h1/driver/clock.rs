//! The time, looked at once while a connection is at work.

use tokio::time::Instant;

/// A clock that stands still between two looks of the runtime at the connection.
#[derive(Debug)]
pub(super) struct Clock {
    born: Instant,
    now: Option<Instant>,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self { born: Instant::now(), now: None }
    }

    /// When the connection was made.
    pub(super) fn born(&self) -> Instant {
        self.born
    }

    /// The time of this turn.
    pub(super) fn now(&mut self) -> Instant {
        *self.now.get_or_insert_with(Instant::now)
    }

    /// The next look is of another turn.
    pub(super) fn stop(&mut self) {
        self.now = None;
    }
}
