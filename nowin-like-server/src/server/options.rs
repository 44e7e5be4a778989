//! What can be chosen before the start, besides what is sent.

use std::sync::Arc;
use std::time::Duration;

use owin_core::Error;

use crate::observe::{Counters, Observer, Watch};
use crate::server::Readiness;
use crate::{Limits, NowinServer};

/// What a client is that has sent a whole request and closes its side before the answer.
///
/// ```
/// use nowin_like_server::{HalfClosed, NowinServer};
///
/// let behind_nginx = NowinServer::new().with_half_closed(HalfClosed::Gone);
/// # drop(behind_nginx);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HalfClosed {
    /// It has nothing more to say, and gets its answer. `owin.CallCancelled` fires where it resets
    /// the connection.
    #[default]
    Answered,
    /// It has gone, and `owin.CallCancelled` fires. Right behind a proxy that never closes a half, but
    /// closes in good order when its own client has gone, as nginx does.
    Gone,
}

/// The limits, and who hears of what happens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) limits: Limits,
    pub(crate) watch: Watch,
    /// How long a server that stops still answers everything.
    pub(crate) leaving: Duration,
    pub(crate) readiness: Readiness,
    pub(crate) half_closed: HalfClosed,
}

impl NowinServer {
    /// Chooses what the server limits; [`Limits::edge`] unless it is changed.
    ///
    /// ```
    /// use nowin_like_server::{Limits, NowinServer};
    ///
    /// let server = NowinServer::new().with_limits(Limits::internal())?;
    /// assert_eq!(server.limits(), &Limits::internal());
    /// # Ok::<_, owin_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where nobody could be served with them; see [`Limits::check`].
    pub fn with_limits(mut self, limits: Limits) -> Result<Self, Error> {
        limits.check()?;
        self.options.limits = limits;
        Ok(self)
    }

    /// What the server limits.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// Chooses who hears of connections and refusals: an [`Observer`], or an `Arc` of one.
    #[must_use]
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        self.options.watch.set_observer(observer);
        self
    }

    /// Chooses how long a server that stops goes on answering everything, so that whoever sends
    /// clients here has time to learn that it must not; not at all unless it is changed.
    ///
    /// In this time new connections are accepted, every answer says `connection: close`, and
    /// [`readiness`](Self::readiness) says no. It is a part of the time that the stop is given.
    /// A host that sets `host.LeavingTime` chooses instead.
    #[must_use]
    pub const fn with_leaving_time(mut self, leaving: Duration) -> Self {
        self.options.leaving = leaving;
        self
    }

    /// Chooses what a client is that closes its side before the answer; [`HalfClosed::Answered`] unless
    /// it is changed (RFC 9112 §9.6).
    #[must_use]
    pub const fn with_half_closed(mut self, half_closed: HalfClosed) -> Self {
        self.options.half_closed = half_closed;
        self
    }

    /// Whether clients are to be sent here, to be looked at while the server runs.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.options.readiness.clone()
    }

    /// The counters, to be looked at while the server runs. Clones of the server share them.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        self.options.watch.counters()
    }
}
