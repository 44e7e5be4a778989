//! How connections and calls hear of a stop.

use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use owin_core::Error;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::task::TaskTracker;

/// How far a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Serving,
    /// Nothing new is accepted; what is under way is finished.
    Draining,
    /// The deadline has passed.
    Aborting,
}

impl Phase {
    const ALL: [Self; 3] = [Self::Serving, Self::Draining, Self::Aborting];

    const fn code(self) -> u8 {
        match self {
            Self::Serving => 0,
            Self::Draining => 1,
            Self::Aborting => 2,
        }
    }
}

/// What all tasks of a server share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<Shared>);

#[derive(Default)]
struct Shared {
    phase: AtomicU8,
    tasks: TaskTracker,
    /// Who is to be woken when a phase begins.
    wakers: Mutex<BTreeMap<u64, Waker>>,
    next: AtomicU64,
    cut_off: AtomicU64,
}

impl Stop {
    pub(crate) fn phase(&self) -> Phase {
        let code = self.0.phase.load(Ordering::SeqCst);
        Phase::ALL.into_iter().find(|phase| phase.code() == code).unwrap_or(Phase::Aborting)
    }

    /// Runs something that a stop waits for; without a runtime it is dropped.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Ok(handle) = Handle::try_current() {
            drop(self.0.tasks.spawn_on(task, &handle));
        }
    }

    /// What a task hears of the stop by.
    pub(crate) fn listener(&self) -> Listening {
        let place = self.0.next.fetch_add(1, Ordering::Relaxed);
        Listening { stop: self.clone(), place, known: None }
    }

    /// Counts a call that could not be finished.
    pub(crate) fn count_cut_off(&self) {
        self.0.cut_off.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, phase: Phase) {
        self.0.phase.fetch_max(phase.code(), Ordering::SeqCst);
        let wakers: Vec<Waker> = self.wakers().values().cloned().collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    fn wakers(&self) -> MutexGuard<'_, BTreeMap<u64, Waker>> {
        self.0.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop").field("phase", &self.phase).finish_non_exhaustive()
    }
}

/// A task that hears of the stop.
#[derive(Debug)]
pub(crate) struct Listening {
    stop: Stop,
    place: u64,
    known: Option<Waker>,
}

impl Listening {
    /// How far the server is; the task is woken by every later phase.
    pub(crate) fn phase(&mut self, waker: &Waker) -> Phase {
        if !self.known.as_ref().is_some_and(|known| known.will_wake(waker)) {
            self.known = Some(waker.clone());
            drop(self.stop.wakers().insert(self.place, waker.clone()));
        }
        self.stop.phase()
    }

    /// Waits for a phase.
    pub(crate) async fn reached(&mut self, phase: Phase) {
        poll_fn(|cx| if self.phase(cx.waker()) >= phase { Poll::Ready(()) } else { Poll::Pending })
            .await;
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let waker = self.stop.wakers().remove(&self.place);
        drop(waker);
    }
}

/// Stops a server. One that is dropped cuts everything off.
#[derive(Debug)]
pub(crate) struct Stopper(Stop);

impl Stopper {
    pub(crate) fn new(stop: Stop) -> Self {
        Self(stop)
    }

    /// Lets everything finish until the deadline has passed, then cuts it off; what was cut off has
    /// that long to tidy up.
    pub(crate) async fn stop(self, deadline: Duration, grace: Duration) -> Result<(), Error> {
        let tasks = &self.0.0.tasks;
        let deadline = Instant::now() + deadline;
        tasks.close();
        self.0.enter(Phase::Draining);
        if timeout_at(deadline, tasks.wait()).await.is_ok() {
            return Ok(());
        }
        self.0.enter(Phase::Aborting);
        let _ended = timeout(grace, tasks.wait()).await;
        let calls = match self.0.0.cut_off.load(Ordering::Relaxed) {
            0 => return Ok(()),
            1 => "1 call was".to_owned(),
            count => format!("{count} calls were"),
        };
        Err(Error::server(format!("{calls} cut off when the deadline passed")))
    }
}

impl Drop for Stopper {
    fn drop(&mut self) {
        self.0.enter(Phase::Aborting);
    }
}
