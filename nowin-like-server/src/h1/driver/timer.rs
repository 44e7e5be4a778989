//! One deadline at a time, for the whole life of a connection.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tokio::task::unconstrained;
use tokio::time::{Instant, Sleep, sleep_until};

/// Tells when a deadline has passed.
///
/// To move the deadline costs nothing: the clock of the runtime is set anew only where it would ring
/// too late, or once it rang too early. So a connection that is busy sets it about once in the time
/// that it may be idle, and not at every request.
#[derive(Debug, Default)]
pub(super) struct Timer {
    deadline: Option<Instant>,
    clock: Option<Pin<Box<Sleep>>>,
    /// Whether the clock was told whom to wake.
    is_set: bool,
}

impl Timer {
    /// Chooses the deadline, in place of the one before.
    pub(super) fn set(&mut self, deadline: Instant) {
        self.deadline = Some(deadline);
    }

    /// Waits for nothing any more.
    pub(super) fn clear(&mut self) {
        self.deadline = None;
    }

    /// Whether there is a deadline.
    pub(super) fn is_set(&self) -> bool {
        self.deadline.is_some()
    }

    /// Ready once the deadline has passed; it is then forgotten.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline else { return Poll::Pending };
        let clock = self.clock.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        loop {
            if clock.deadline() > deadline || (clock.is_elapsed() && clock.deadline() < deadline) {
                clock.as_mut().reset(deadline);
                self.is_set = false;
            }
            if self.is_set && !clock.is_elapsed() {
                return Poll::Pending;
            }
            self.is_set = true;
            // Without a budget: a task that has used up its own would be told to wait, and the clock
            // would not know whom to wake.
            if pin!(unconstrained(clock.as_mut())).poll(cx).is_pending() {
                return Poll::Pending;
            }
            if clock.deadline() >= deadline {
                self.deadline = None;
                return Poll::Ready(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_last_deadline_counts() {
        let (start, mut timer) = (Instant::now(), Timer::default());
        let after = |seconds| start + Duration::from_secs(seconds);
        for deadlines in [&[10][..], &[30, 20], &[25, 40], &[90, 50, 60]] {
            for seconds in deadlines {
                timer.set(after(*seconds));
                let polled = poll_fn(|cx| Poll::Ready(timer.poll(cx))).await;
                assert!(polled.is_pending());
            }
            poll_fn(|cx| timer.poll(cx)).await;
            assert_eq!(Instant::now().duration_since(start).as_secs(), *deadlines.last().unwrap());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_rings_for_a_task_that_had_used_up_its_turn() {
        let mut timer = Timer::default();
        timer.set(Instant::now() + Duration::from_secs(1));
        let polled = poll_fn(|cx| {
            while let Poll::Ready(spent) = tokio::task::coop::poll_proceed(cx) {
                spent.made_progress();
            }
            Poll::Ready(timer.poll(cx))
        });
        assert!(polled.await.is_pending());
        let rang = tokio::time::timeout(Duration::from_secs(9), poll_fn(|cx| timer.poll(cx)));
        assert!(rang.await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_deadline_it_never_rings() {
        let mut timer = Timer::default();
        timer.set(Instant::now() + Duration::from_secs(1));
        timer.clear();
        let rang = tokio::time::timeout(Duration::from_secs(9), poll_fn(|cx| timer.poll(cx)));
        assert!(rang.await.is_err() && !timer.is_set());
    }
}
