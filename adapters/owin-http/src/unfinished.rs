//! What is left of a call when the foreign side asks for no more.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use owin_core::Event;
use owin_core::features::Outcome;

use crate::calls::Pool;
use crate::lease::Kept;

/// What is left of a call when the foreign side asks for no more of it: drives the app to its end.
///
/// Either the response is out and the app still has something to do, or the client has gone: then
/// `owin.CallCancelled` has fired, and the app may tidy up. A server gives it a limited time, and
/// drops it after that; the app is then dropped too. See [`Calls`](crate::Calls).
#[must_use = "futures do nothing unless polled"]
pub struct Unfinished {
    kept: Option<Box<Kept>>,
    pool: Option<Arc<Pool>>,
    is_cancelled: bool,
}

impl Unfinished {
    pub(crate) fn new(kept: Box<Kept>, pool: Option<Arc<Pool>>, is_cancelled: bool) -> Self {
        Self { kept: Some(kept), pool, is_cancelled }
    }

    /// Whether the client has gone; else it has the whole response.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled
    }

    /// Looks whether the call ends without waiting; `None` where it has.
    pub(crate) fn at_once(mut self) -> Option<Self> {
        let cx = &mut Context::from_waker(Waker::noop());
        if Pin::new(&mut self).poll(cx).is_ready() { None } else { Some(self) }
    }

    fn complete(&mut self, outcome: Outcome) {
        let Some(mut kept) = self.kept.take() else { return };
        kept.call.complete(outcome);
        if let Some(pool) = self.pool.take() {
            pool.put(kept);
        }
    }
}

impl Future for Unfinished {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let ended = if this.is_cancelled { Outcome::Cancelled } else { Outcome::Completed };
        while let Some(kept) = &mut this.kept {
            // Nobody reads a body that the app has left behind.
            if this.is_cancelled && kept.call.environment().is_some() {
                this.complete(ended);
                break;
            }
            match ready!(kept.call.poll_event(cx)) {
                Event::End => this.complete(ended),
                Event::Failed(error) => {
                    tracing::debug!("an app failed after its response: {error}");
                    let failed = if this.is_cancelled { ended } else { Outcome::Failed };
                    this.complete(failed);
                }
                _ => {}
            }
        }
        Poll::Ready(())
    }
}

/// The app was not waited for.
impl Drop for Unfinished {
    fn drop(&mut self) {
        self.complete(Outcome::Cancelled);
    }
}

impl fmt::Debug for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unfinished")
            .field("is_cancelled", &self.is_cancelled)
            .finish_non_exhaustive()
    }
}
