//! How a server comes to its end: what is under way, and who is told when.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use owin_core::{CancelReason, Canceller, Error};
use tokio::sync::watch;
use tokio::time::timeout;

/// How long apps have to end once their calls were cancelled.
pub(crate) const APP_GRACE: Duration = Duration::from_secs(5);

/// For so long nothing comes before a stop believes that nothing comes: who has just been answered
/// asks again at once, and is told then that the connection closes.
const QUIET: Duration = Duration::from_millis(50);

/// How far the end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// All goes on.
    Serving,
    /// What was begun is answered, and every answer says that the connection closes.
    Draining,
    /// The deadline has passed: calls are cancelled, requests are turned away.
    Aborting,
    /// Nothing is driven any more.
    Over,
}

/// What is under way, and the phase.
#[derive(Debug)]
pub(crate) struct Stop {
    phase: watch::Sender<Phase>,
    /// Requests that have come and are not answered.
    load: watch::Sender<usize>,
    calls: Mutex<Calls>,
}

#[derive(Debug, Default)]
struct Calls {
    next: u64,
    running: HashMap<u64, Canceller>,
}

impl Stop {
    pub(crate) fn new() -> Self {
        Self {
            phase: watch::Sender::new(Phase::Serving),
            load: watch::Sender::new(0),
            calls: Mutex::default(),
        }
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    /// Counts a request that has come.
    pub(crate) fn come(&self) {
        self.load.send_modify(|load| *load += 1);
    }

    /// Counts one that was answered or given up.
    pub(crate) fn gone(&self) {
        self.load.send_modify(|load| *load = load.saturating_sub(1));
    }

    /// Waits until that phase has come.
    pub(crate) async fn reached(&self, phase: Phase) {
        let mut phases = self.phase.subscribe();
        // The sender lives as long as `self`.
        let _closed = phases.wait_for(|now| *now >= phase).await;
    }

    /// Knows what cancels a call until the guard is dropped.
    pub(crate) fn watch(&self, canceller: Canceller) -> Watched<'_> {
        let mut calls = self.calls();
        let number = calls.next;
        calls.next += 1;
        let _none = calls.running.insert(number, canceller);
        Watched { stop: self, number }
    }

    /// Waits for what is under way, and cancels what the deadline finds.
    ///
    /// # Errors
    ///
    /// Where calls had to be cut off; it says how many.
    pub(crate) async fn drain(&self, deadline: Duration) -> Result<(), Error> {
        if self.is_quiet_within(deadline).await {
            return Ok(());
        }
        let cut = *self.load.borrow();
        if cut == 0 {
            return Ok(());
        }
        self.enter(Phase::Aborting);
        self.cancel_all();
        let _some_ignore_it = self.is_quiet_within(APP_GRACE).await;
        Err(Error::server(format!("{cut} calls were cut off when the server stopped")))
    }

    pub(crate) fn cancel_all(&self) {
        let running: Vec<Canceller> = self.calls().running.values().cloned().collect();
        for canceller in running {
            canceller.cancel(CancelReason::Shutdown);
        }
    }

    /// Waits until nothing has been under way for a moment; `false` where the time passes before.
    pub(crate) async fn is_quiet_within(&self, time: Duration) -> bool {
        let mut load = self.load.subscribe();
        let quiet = async {
            // The sender lives as long as `self`.
            while load.wait_for(|load| *load == 0).await.is_ok() {
                if timeout(QUIET, load.wait_for(|load| *load > 0)).await.is_err() {
                    return;
                }
            }
        };
        timeout(time, quiet).await.is_ok()
    }
}

/// A call that can be cancelled by a stop.
#[derive(Debug)]
pub(crate) struct Watched<'a> {
    stop: &'a Stop,
    number: u64,
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        let _canceller = self.stop.calls().running.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_under_way_is_waited_for() {
        let stop = Stop::new();
        stop.come();
        let drained = stop.drain(Duration::from_secs(10));
        let (drained, ()) = tokio::join!(drained, async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            stop.gone();
        });
        assert!(drained.is_ok());
        assert_eq!(stop.phase(), Phase::Serving, "nothing was aborted");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_cut_off_is_counted() {
        let stop = Stop::new();
        stop.come();
        stop.come();
        let error = stop.drain(Duration::from_secs(1)).await.unwrap_err();
        assert!(error.to_string().contains('2'), "{error}");
        assert_eq!(stop.phase(), Phase::Aborting);
    }
}
