//! What a peer did wrong, and the answer to it.

use std::fmt;

use http::StatusCode;
use owin_core::headers::FramingError;

/// A message that is refused: the answer goes out and the connection closes, since nobody can tell
/// where the next message would begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) why: &'static str,
}

impl Refusal {
    /// Refused with 400.
    pub(crate) const fn bad(why: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, why }
    }

    /// Refused with another status.
    pub(crate) const fn with(status: StatusCode, why: &'static str) -> Self {
        Self { status, why }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why)
    }
}

impl From<FramingError> for Refusal {
    fn from(error: FramingError) -> Self {
        Self::with(error.status(), error.why())
    }
}

impl From<Refusal> for owin_core::Error {
    fn from(refusal: Refusal) -> Self {
        Self::peer(refusal.why).with_status(refusal.status)
    }
}
