//! The time that passes.

use std::time::Instant;

/// The instant that it is.
#[expect(clippy::disallowed_methods, reason = "what is measured here is real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
