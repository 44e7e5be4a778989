//! How a server is told to stop, and how its connections hear of it.

use std::future::poll_fn;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use owin_core::Error;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_util::task::TaskTracker;

/// How long calls that were cancelled have to end, beyond the grace that each of them has.
const LAST_GRACE: Duration = Duration::from_secs(1);

/// How far the stop of a server is, once there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Everything is still answered, so that whoever sends clients here has time to learn that it
    /// must not; every answer says that the connection closes.
    Leaving,
    /// No new requests are taken; those under way are finished.
    Draining,
    /// Nothing is waited for any more.
    Aborting,
}

impl Phase {
    const fn code(self) -> u8 {
        match self {
            Self::Leaving => 1,
            Self::Draining => 2,
            Self::Aborting => 3,
        }
    }
}

/// Hears of the stop. To look how far it is costs one load.
#[derive(Debug)]
pub(crate) struct Stop {
    shared: Arc<Shared>,
    /// Where the waker of this one lies, once it waits.
    place: Option<(usize, Waker)>,
}

#[derive(Debug, Default)]
struct Shared {
    phase: AtomicU8,
    /// How many calls did not end before the deadline.
    cut_off: AtomicUsize,
    waiting: Mutex<Waiting>,
}

/// The wakers of all who wait; places that are free are used again.
#[derive(Debug, Default)]
struct Waiting {
    wakers: Vec<Option<Waker>>,
    free: Vec<usize>,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn put(&mut self, waker: Waker) -> usize {
        let place = self.free.pop().unwrap_or(self.wakers.len());
        match self.wakers.get_mut(place) {
            Some(free) => *free = Some(waker),
            None => self.wakers.push(Some(waker)),
        }
        place
    }

    fn take(&mut self, place: usize) -> Option<Waker> {
        let waker = self.wakers.get_mut(place)?.take();
        self.free.push(place);
        waker
    }
}

/// Tells of the stop.
#[derive(Debug)]
pub(crate) struct Stopper {
    shared: Arc<Shared>,
}

impl Stopper {
    pub(crate) fn new() -> (Self, Stop) {
        let shared = Arc::<Shared>::default();
        (Self { shared: Arc::clone(&shared) }, Stop { shared, place: None })
    }

    /// Stops: goes on answering for the time of leaving, lets the connections finish until the
    /// deadline has passed, then cuts them off; a call that is cut off has so much grace.
    pub(crate) async fn stop(
        &self,
        connections: &TaskTracker,
        times: StopTimes,
    ) -> Result<(), Error> {
        let deadline = Instant::now() + times.deadline;
        if !times.leaving.is_zero() {
            self.enter(Phase::Leaving);
            sleep_until((Instant::now() + times.leaving).min(deadline)).await;
        }
        connections.close();
        self.enter(Phase::Draining);
        if timeout_at(deadline, connections.wait()).await.is_ok() {
            return Ok(());
        }
        self.enter(Phase::Aborting);
        let _ended = timeout(times.app_grace + LAST_GRACE, connections.wait()).await;
        let calls = match self.shared.cut_off.load(Ordering::Relaxed) {
            0 => return Ok(()),
            1 => "1 call was".to_owned(),
            count => format!("{count} calls were"),
        };
        Err(Error::server(format!("{calls} cut off when the deadline passed")))
    }

    /// Enters a phase and wakes everybody.
    pub(crate) fn enter(&self, phase: Phase) {
        self.shared.phase.store(phase.code(), Ordering::SeqCst);
        let wakers: Vec<Waker> = self.shared.waiting().wakers.iter().flatten().cloned().collect();
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// A server that is gone without a word waits for nothing any more.
impl Drop for Stopper {
    fn drop(&mut self) {
        self.enter(Phase::Aborting);
    }
}

/// How long the parts of a stop may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StopTimes {
    /// How long everything is still answered.
    pub(crate) leaving: Duration,
    /// When calls are cut off, from the start of the stop.
    pub(crate) deadline: Duration,
    /// How long a call that was cut off has to end.
    pub(crate) app_grace: Duration,
}

impl Clone for Stop {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), place: None }
    }
}

impl Stop {
    /// Says whether the stop is so far.
    pub(crate) fn has_reached(&self, phase: Phase) -> bool {
        self.shared.phase.load(Ordering::SeqCst) >= phase.code()
    }

    /// Says whether clients are to go elsewhere.
    pub(crate) fn is_leaving(&self) -> bool {
        self.has_reached(Phase::Leaving)
    }

    /// Says whether no new requests are to be taken.
    pub(crate) fn is_draining(&self) -> bool {
        self.has_reached(Phase::Draining)
    }

    /// Counts a call that did not end before the deadline.
    pub(crate) fn count_cut_off(&self) {
        self.shared.cut_off.fetch_add(1, Ordering::Relaxed);
    }

    /// Asks to be woken when a phase is entered: once for as long as the task stays the same.
    pub(crate) fn register(&mut self, cx: &Context<'_>) {
        if self.place.as_ref().is_some_and(|(_, known)| known.will_wake(cx.waker())) {
            return;
        }
        self.forget();
        let place = self.shared.waiting().put(cx.waker().clone());
        self.place = Some((place, cx.waker().clone()));
    }

    /// Waits until the stop is so far.
    pub(crate) async fn reached(&mut self, phase: Phase) {
        poll_fn(|cx| {
            self.register(cx);
            if self.has_reached(phase) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn forget(&mut self) {
        if let Some((place, _)) = self.place.take() {
            // To drop a waker may run code of others, which must find the lock free.
            let waker = self.shared.waiting().take(place);
            drop(waker);
        }
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_who_waits_hears_of_a_phase() {
        let (stopper, stop) = Stopper::new();
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                let mut stop = stop.clone();
                tokio::spawn(async move { stop.reached(Phase::Draining).await })
            })
            .collect();
        tokio::task::yield_now().await;
        stopper.enter(Phase::Leaving);
        tokio::task::yield_now().await;
        assert!(tasks.iter().all(|task| !task.is_finished()));
        stopper.enter(Phase::Aborting);
        for task in tasks {
            task.await.unwrap();
        }
        assert!(stop.has_reached(Phase::Aborting));
    }

    #[test]
    fn whoever_goes_leaves_nothing_behind() {
        let (stopper, stop) = Stopper::new();
        let cx = &Context::from_waker(Waker::noop());
        for _ in 0..3 {
            let mut several = [stop.clone(), stop.clone()];
            for stop in &mut several {
                stop.register(cx);
                stop.register(cx);
            }
        }
        let waiting = stopper.shared.waiting();
        assert_eq!((waiting.wakers.len(), waiting.free.len()), (2, 2));
    }

    #[test]
    fn a_server_that_is_gone_waits_for_nothing() {
        let (stopper, stop) = Stopper::new();
        assert!(!stop.is_leaving());
        drop(stopper);
        assert!(stop.has_reached(Phase::Aborting));
    }
}
