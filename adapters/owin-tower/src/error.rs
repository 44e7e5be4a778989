//! Whose fault a foreign error is.

use owin_core::Error;

/// Any error, as tower's services have it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An error of ours comes back as it was, with its fault and its status; any other is the app's.
pub(crate) fn ours(error: impl Into<BoxError>) -> Error {
    Error::from(error.into())
}
