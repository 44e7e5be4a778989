//! What a server limits for a call, and how the application changes it.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::Error;

/// How many bytes the body of a request may have (`server.MaxRequestBodySize`).
///
/// Clones are one limit: the server reads what the application sets.
///
/// ```
/// use owin_core::features::BodySizeLimit;
///
/// let limit = BodySizeLimit::new(Some(1_048_576));
/// limit.set(None)?;
/// assert_eq!(limit.max_bytes(), None);
/// limit.freeze();
/// assert!(limit.set(Some(10)).is_err(), "the body is being read");
/// # Ok::<_, owin_core::Error>(())
/// ```
#[derive(Clone)]
pub struct BodySizeLimit(Arc<Limit>);

struct Limit {
    /// `u64::MAX` stands for no limit.
    max_bytes: AtomicU64,
    frozen: AtomicBool,
}

impl BodySizeLimit {
    /// Makes a limit in bytes; `None` for none.
    #[must_use]
    pub fn new(max_bytes: Option<u64>) -> Self {
        let max_bytes = AtomicU64::new(max_bytes.unwrap_or(u64::MAX));
        Self(Arc::new(Limit { max_bytes, frozen: AtomicBool::new(false) }))
    }

    /// The limit in bytes; `None` where there is none.
    #[must_use]
    pub fn max_bytes(&self) -> Option<u64> {
        Some(self.0.max_bytes.load(Ordering::Acquire)).filter(|max| *max != u64::MAX)
    }

    /// Changes the limit.
    ///
    /// # Errors
    ///
    /// Where the server has begun to read the body.
    pub fn set(&self, max_bytes: Option<u64>) -> Result<(), Error> {
        if self.is_frozen() {
            return Err(
                Error::app("the body is being read already").with_key("server.MaxRequestBodySize")
            );
        }
        self.0.max_bytes.store(max_bytes.unwrap_or(u64::MAX), Ordering::Release);
        Ok(())
    }

    /// Says whether the limit is fixed.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.0.frozen.load(Ordering::Acquire)
    }

    /// Fixes the limit; for servers, before the first read.
    pub fn freeze(&self) {
        self.0.frozen.store(true, Ordering::Release);
    }
}

impl fmt::Debug for BodySizeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BodySizeLimit").field(&self.max_bytes()).finish()
    }
}

/// A speed: so many bytes a second, after a time of grace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Bytes a second, on average.
    pub bytes_per_second: u64,
    /// How long the peer may be slower before it counts.
    pub grace: Duration,
}

/// How fast a body must move (`server.MinRequestBodyDataRate`, `server.MinResponseDataRate`).
///
/// Clones are one setting: the server reads what the application sets.
#[derive(Clone, Debug)]
pub struct DataRate(Arc<Mutex<Option<Rate>>>);

impl DataRate {
    /// Makes a setting; `None` for no minimum.
    #[must_use]
    pub fn new(minimum: Option<Rate>) -> Self {
        Self(Arc::new(Mutex::new(minimum)))
    }

    /// The least speed; `None` where there is none.
    #[must_use]
    pub fn minimum(&self) -> Option<Rate> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the least speed, from now on.
    pub fn set(&self, minimum: Option<Rate>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = minimum;
    }
}

/// Whether small writes may wait for one another (`server.ResponseBuffering`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ResponseBuffering {
    /// Small writes are sent together; a flush sends them at once.
    #[default]
    Enabled,
    /// Every write is flushed.
    Disabled,
}

/// Ends a call without an answer (`server.Reset`).
///
/// Over HTTP/1.1 the connection is closed; over HTTP/2 the stream is reset with the code
/// (RFC 9113 §7).
#[derive(Clone)]
pub struct Reset(Arc<dyn Fn(u32) + Send + Sync>);

impl Reset {
    /// Makes a reset of what performs it; for servers.
    #[must_use]
    pub fn new(reset: impl Fn(u32) + Send + Sync + 'static) -> Self {
        Self(Arc::new(reset))
    }

    /// Ends the call. The code is an HTTP/2 error code; HTTP/1.1 has no use for it.
    pub fn reset(&self, code: u32) {
        (self.0)(code);
    }
}

impl fmt::Debug for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reset")
    }
}
