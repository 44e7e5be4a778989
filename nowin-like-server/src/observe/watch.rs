//! Where the server tells what happens: to the counters, and to an observer if there is one.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use owin_core::features::{ConnectionInfo, Outcome};
use tokio::time::Instant;

use crate::observe::counters::Tally;
use crate::observe::{Closed, Counters, End, Observer, Opened, Reason, Refused, Traffic};

/// The counters of a server, and who else wants to hear.
#[derive(Clone, Default)]
pub(crate) struct Watch {
    counters: Arc<Counters>,
    observer: Option<Arc<dyn Observer>>,
}

impl Watch {
    pub(crate) fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    pub(crate) fn set_observer(&mut self, observer: impl Observer) {
        self.observer = Some(Arc::new(observer));
    }

    /// Tells of a connection that there is room for.
    pub(crate) fn open(&self, info: Arc<ConnectionInfo>) -> Watched {
        let tally = Tally::open(self.counters());
        self.tell(|observer| {
            observer.connection_opened(&Opened::new(info.id()).with_peer(info.remote()));
        });
        Watched { watch: self.clone(), tally, info, opened_at: Instant::now(), end: None }
    }

    /// Tells of a refusal: of a connection that there is no room for, or on one that is open.
    pub(crate) fn refuse(&self, reason: Reason, info: &ConnectionInfo, first_bytes: &[u8]) {
        self.counters.refused(reason);
        self.tell(|observer| {
            let refused = Refused::new(reason, info.id()).with_peer(info.remote());
            observer.refused(&refused.with_first_bytes(first_bytes));
        });
    }

    fn tell(&self, tell: impl FnOnce(&dyn Observer)) {
        let Some(observer) = &self.observer else { return };
        if catch_unwind(AssertUnwindSafe(|| tell(&**observer))).is_err() {
            tracing::error!("an observer panicked");
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_observer = self.observer.is_some();
        f.debug_struct("Watch").field("has_observer", &has_observer).finish_non_exhaustive()
    }
}

/// Tells what happens on one connection; dropped, that it is over.
#[derive(Debug)]
pub(crate) struct Watched {
    watch: Watch,
    tally: Tally,
    info: Arc<ConnectionInfo>,
    opened_at: Instant,
    end: Option<End>,
}

impl Watched {
    /// An app is given a request.
    pub(crate) fn begun(&mut self) {
        self.tally.begun();
    }

    /// The request that was begun last is over.
    pub(crate) fn ended(&mut self, outcome: Outcome) {
        self.tally.ended(outcome);
    }

    /// An app takes the connection over.
    pub(crate) fn upgraded(&mut self) {
        self.tally.counters().upgraded();
    }

    /// What is known of the connection.
    pub(crate) fn info(&self) -> &Arc<ConnectionInfo> {
        &self.info
    }

    /// How many requests there were.
    pub(crate) fn requests(&self) -> u64 {
        self.tally.requests()
    }

    /// Something is refused, or an app dropped. Says nothing of the connection's end.
    pub(crate) fn refuse(&self, reason: Reason, first_bytes: &[u8]) {
        self.watch.refuse(reason, &self.info, first_bytes);
    }

    /// The connection is about to end in this way; the first that is said holds.
    pub(crate) fn set_end(&mut self, end: End) {
        self.end.get_or_insert(end);
    }
}

/// The connection is over, in whichever way its task ended.
impl Drop for Watched {
    fn drop(&mut self) {
        let traffic = Traffic { requests: self.requests(), lasted: self.opened_at.elapsed() };
        let (info, end) = (&self.info, self.end.unwrap_or_default());
        // Who is told of the end finds it counted.
        self.tally.close();
        self.watch.tell(|observer| {
            let closed = Closed::new(end, info.id()).with_peer(info.remote());
            observer.connection_closed(&closed.with_traffic(traffic));
        });
    }
}
