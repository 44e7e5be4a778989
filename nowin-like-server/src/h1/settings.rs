//! What every connection of a listener shares.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::h1::chunked::ChunkLimits;
use crate::h1::parse::HeadLimits;
use crate::h1::trailers::TrailerLimits;
use crate::{HalfClosed, Limits};

/// What every connection of a listener shares.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// The line of the `Server` field; empty for none.
    pub(crate) server_line: String,
    /// Where the app is mounted: the path of the address.
    pub(crate) path_base: Arc<str>,
    /// What a client is that closes its side before the answer.
    pub(crate) half_closed: HalfClosed,
    pub(crate) limits: Limits,
    pub(crate) upgrades: Upgrades,
}

/// How many connections may be taken over at once, on all listeners of a server together.
#[derive(Clone, Debug)]
pub(crate) struct Upgrades(Arc<Semaphore>);

impl Upgrades {
    /// So many; `None` for any number.
    pub(crate) fn new(most: Option<usize>) -> Self {
        let most = most.unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self(Arc::new(Semaphore::new(most)))
    }

    /// Room for one more, for as long as the permit is held.
    pub(super) fn admit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }
}

impl Default for Upgrades {
    fn default() -> Self {
        Self::new(None)
    }
}

impl Settings {
    pub(super) fn head_limits(&self) -> HeadLimits {
        HeadLimits {
            line_bytes: self.limits.request_line_bytes.saturating_add(b"\r\n".len()),
            head_bytes: self.limits.head_bytes,
            fields: self.limits.head_fields,
        }
    }

    pub(super) fn chunk_limits(&self) -> ChunkLimits {
        let trailers =
            TrailerLimits { bytes: self.limits.trailer_bytes, fields: self.limits.trailer_fields };
        ChunkLimits { extension_bytes: self.limits.chunk_extension_bytes, trailers }
    }
}
