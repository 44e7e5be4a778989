//! How connections hear of a stop, and how the server hears that they are gone.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::task::{Context, Waker};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// How far the server is on its way to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// It serves.
    Serving,
    /// It takes no more requests; calls go on.
    Draining,
    /// The deadline has passed: calls are cancelled.
    Cutting,
}

impl Phase {
    fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Serving,
            1 => Self::Draining,
            _ => Self::Cutting,
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Serving => 0,
            Self::Draining => 1,
            Self::Cutting => 2,
        }
    }
}

/// The stop of one server; clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Stop(Arc<Shared>);

#[derive(Default)]
struct Shared {
    phase: AtomicU8,
    entered: Arc<Notify>,
    connections: AtomicUsize,
    emptied: Notify,
    cut_off: AtomicUsize,
}

impl Stop {
    pub(crate) fn phase(&self) -> Phase {
        Phase::from_code(self.0.phase.load(Ordering::SeqCst))
    }

    /// Enters a phase and wakes everybody who watches.
    pub(crate) fn enter(&self, phase: Phase) {
        self.0.phase.store(phase.code(), Ordering::SeqCst);
        self.0.entered.notify_waiters();
    }

    /// Counts a call that did not end before the deadline.
    pub(crate) fn count_cut_off(&self) {
        self.0.cut_off.fetch_add(1, Ordering::Relaxed);
    }

    /// How many calls did not end before the deadline.
    pub(crate) fn cut_off(&self) -> usize {
        self.0.cut_off.load(Ordering::Relaxed)
    }

    /// Waits until there is no connection.
    pub(crate) async fn emptied(&self) {
        loop {
            let emptied = self.0.emptied.notified();
            if self.0.connections.load(Ordering::SeqCst) == 0 {
                return;
            }
            emptied.await;
        }
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stop").field(&self.phase()).finish()
    }
}

/// What a connection knows of the stop; the server counts those that there are.
pub(crate) struct Watch {
    stop: Stop,
    seen: Phase,
    /// Who is woken, and what wakes it.
    waiting: Option<(Pin<Box<OwnedNotified>>, Waker)>,
}

impl Watch {
    pub(crate) fn new(stop: &Stop) -> Self {
        stop.0.connections.fetch_add(1, Ordering::SeqCst);
        Self { stop: stop.clone(), seen: Phase::Serving, waiting: None }
    }

    pub(crate) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Says how far the stop is, and sees to it that the task is woken when it goes on. As long as
    /// that is the same task it takes no lock.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Phase {
        loop {
            let phase = self.stop.phase();
            let is_known = self.waiting.as_ref().is_some_and(|(_, it)| it.will_wake(cx.waker()));
            if is_known && phase == self.seen {
                return phase;
            }
            let mut entered = Box::pin(Arc::clone(&self.stop.0.entered).notified_owned());
            let _pending = entered.as_mut().poll(cx);
            self.waiting = Some((entered, cx.waker().clone()));
            self.seen = phase;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.stop.0.connections.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.stop.0.emptied.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;

    use super::*;

    async fn until(watch: &mut Watch, next: Phase) {
        poll_fn(|cx| if watch.poll(cx) < next { Poll::Pending } else { Poll::Ready(()) }).await;
    }

    #[tokio::test]
    async fn every_phase_wakes_who_watches() {
        let stop = Stop::default();
        let mut watch = Watch::new(&stop);
        for next in [Phase::Draining, Phase::Cutting] {
            let entering = stop.clone();
            let entered = tokio::spawn(async move { entering.enter(next) });
            until(&mut watch, next).await;
            assert!(entered.await.is_ok());
        }
    }

    #[tokio::test]
    async fn a_server_is_empty_when_its_last_connection_has_gone() {
        let stop = Stop::default();
        stop.emptied().await;
        let (first, second) = (Watch::new(&stop), Watch::new(&stop));
        let waiting = tokio::spawn({
            let stop = stop.clone();
            async move { stop.emptied().await }
        });
        drop(first);
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(second);
        assert!(waiting.await.is_ok());
    }
}
