//! The clock of the suite: the only place that asks what time it is.

use std::time::{Duration, Instant};

/// The time now.
#[expect(clippy::disallowed_methods, reason = "this is the driver's clock: peers are real")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// How long it is until then; nothing where it has passed.
pub(crate) fn until(then: Instant) -> Duration {
    then.saturating_duration_since(now())
}
