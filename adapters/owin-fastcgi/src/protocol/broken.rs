//! How a web server breaks the protocol.

use std::fmt;

/// A record that no web server may send; what follows it cannot be understood, so the connection is
/// closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The version is not 1.
    Version(u8),
    /// A record of that type may not come now, or not for that request.
    Order(u8),
    /// The content of a record of that type is not what the protocol says.
    Content(u8),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => write!(f, "a record of version {version}"),
            Self::Order(kind) => write!(f, "a record of type {kind} out of order"),
            Self::Content(kind) => write!(f, "a record of type {kind} with malformed content"),
        }
    }
}
