//! What the tests share.

mod double;
pub(crate) mod events;
pub(crate) mod program;

use std::time::Duration;

pub(crate) use self::double::Double;

/// So long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
