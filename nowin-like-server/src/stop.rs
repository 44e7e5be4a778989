//! How a server is told to stop, and how its connections hear of it.

use std::time::Duration;

use owin_core::Error;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

/// How long calls that were cancelled have to end.
const LAST_GRACE: Duration = Duration::from_secs(6);

/// How far the stop of a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// It is not stopping.
    Running,
    /// No new requests are taken; those under way are finished.
    Draining,
    /// Nothing is waited for any more.
    Aborting,
}

/// Hears of the stop.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<Phase>);

/// Tells of the stop.
#[derive(Debug)]
pub(crate) struct Stopper(watch::Sender<Phase>);

impl Stopper {
    pub(crate) fn new() -> (Self, Stop) {
        let (sender, receiver) = watch::channel(Phase::Running);
        (Self(sender), Stop(receiver))
    }

    /// Stops: lets the connections finish until the deadline has passed, then cuts them off.
    pub(crate) async fn stop(
        &self,
        connections: &TaskTracker,
        deadline: Duration,
    ) -> Result<(), Error> {
        connections.close();
        self.0.send_replace(Phase::Draining);
        if timeout(deadline, connections.wait()).await.is_ok() {
            return Ok(());
        }
        let cut_off = connections.len();
        self.0.send_replace(Phase::Aborting);
        let _ended = timeout(LAST_GRACE, connections.wait()).await;
        Err(Error::server(format!("{cut_off} connections were cut off when the deadline passed")))
    }
}

impl Stop {
    /// Says whether no new requests are to be taken.
    pub(crate) fn is_draining(&self) -> bool {
        *self.0.borrow() >= Phase::Draining
    }

    /// Waits until no new requests are to be taken.
    pub(crate) async fn draining(&mut self) {
        self.reached(Phase::Draining).await;
    }

    /// Waits until nothing is to be waited for any more.
    pub(crate) async fn aborted(&mut self) {
        self.reached(Phase::Aborting).await;
    }

    /// Waits until the stop is so far. A server that is gone without a word has aborted.
    pub(crate) async fn reached(&mut self, phase: Phase) {
        let _gone = self.0.wait_for(|now| *now >= phase).await.is_err();
    }
}
