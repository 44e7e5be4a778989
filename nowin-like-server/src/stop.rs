//! How a server is told to stop, and how its connections hear of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use owin_core::Error;
use tokio::sync::watch;
use tokio::task::unconstrained;
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
pub(crate) struct Stop {
    phase: watch::Receiver<Phase>,
    shared: Arc<Shared>,
}

/// What is looked at and counted without waiting.
#[derive(Debug, Default)]
struct Shared {
    is_draining: AtomicBool,
    /// How many calls did not end before the deadline.
    cut_off: AtomicUsize,
}

/// Tells of the stop.
#[derive(Debug)]
pub(crate) struct Stopper {
    phase: watch::Sender<Phase>,
    shared: Arc<Shared>,
}

impl Stopper {
    pub(crate) fn new() -> (Self, Stop) {
        let (sender, receiver) = watch::channel(Phase::Running);
        let shared = Arc::<Shared>::default();
        let stop = Stop { phase: receiver, shared: Arc::clone(&shared) };
        (Self { phase: sender, shared }, stop)
    }

    /// Stops: lets the connections finish until the deadline has passed, then cuts them off.
    pub(crate) async fn stop(
        &self,
        connections: &TaskTracker,
        deadline: Duration,
    ) -> Result<(), Error> {
        connections.close();
        self.shared.is_draining.store(true, Ordering::Release);
        self.phase.send_replace(Phase::Draining);
        if timeout(deadline, connections.wait()).await.is_ok() {
            return Ok(());
        }
        self.phase.send_replace(Phase::Aborting);
        let _ended = timeout(LAST_GRACE, connections.wait()).await;
        let calls = match self.shared.cut_off.load(Ordering::Relaxed) {
            0 => return Ok(()),
            1 => "1 call was".to_owned(),
            count => format!("{count} calls were"),
        };
        Err(Error::server(format!("{calls} cut off when the deadline passed")))
    }
}

impl Stop {
    /// Says whether no new requests are to be taken.
    pub(crate) fn is_draining(&self) -> bool {
        self.shared.is_draining.load(Ordering::Acquire)
    }

    /// Waits until no new requests are to be taken.
    pub(crate) async fn draining(&mut self) {
        self.reached(Phase::Draining).await;
    }

    /// Waits until nothing is to be waited for any more; cuts the call off that it waits beside.
    pub(crate) async fn cuts_off(&mut self) {
        self.reached(Phase::Aborting).await;
        self.shared.cut_off.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until the stop is so far. A server that is gone without a word has aborted.
    pub(crate) async fn reached(&mut self, phase: Phase) {
        // A task that never lacks something else to do has used its budget up before it looks here.
        let _gone = unconstrained(self.phase.wait_for(|now| *now >= phase)).await.is_err();
    }
}
