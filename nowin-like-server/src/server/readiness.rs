//! Whether clients are to be sent here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Says whether a server wants more clients; for what a load balancer asks, and for `READY=1`.
///
/// It is ready once it accepts, and not any more as soon as it is told to stop: that is before it
/// stops to accept, where there is a [time of leaving](crate::NowinServer::with_leaving_time).
///
/// ```
/// use nowin_like_server::NowinServer;
///
/// let server = NowinServer::new();
/// let readiness = server.readiness();
/// assert!(!readiness.is_ready(), "it has not started");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Whether the server accepts connections and is not stopping.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    pub(super) fn set(&self, is_ready: bool) {
        self.0.store(is_ready, Ordering::Release);
    }
}
