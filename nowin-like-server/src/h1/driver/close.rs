//! The end of a connection: draining, refusing, closing so that the client can read the answer.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use owin_core::features::Outcome;
use owin_core::{CancelReason, Event};

use crate::h1::driver::{Driver, End, Next, State};
use crate::h1::state::Received;
use crate::observe::{End as How, Reason};
use crate::transport::Transport;

impl<T: Transport> Driver<T> {
    /// Answers a message that breaks a rule; nothing more is read.
    #[cold]
    pub(super) fn refuse(&mut self, reason: Reason) -> Next {
        self.tell_refusal(reason);
        self.watched.set_end(How::Forced(reason));
        let now = self.clock.now();
        self.machine.write_refusal(self.out.bytes_mut(), reason, now);
        self.close()
    }

    /// Tells whoever wants to know, with what the client sent.
    pub(super) fn tell_refusal(&self, reason: Reason) {
        tracing::debug!(reason = reason.code(), "a message was refused: {reason}");
        self.watched.refuse(reason, self.machine.unread());
    }

    /// Sends what was collected, then closes.
    pub(super) fn close(&mut self) -> Next {
        self.watched.set_end(How::Agreed);
        self.close_within(self.settings.limits.linger)
    }

    /// The same, where the client has so long to close too.
    #[cold]
    pub(super) fn close_within(&mut self, linger: Duration) -> Next {
        self.timer.set(self.clock.now() + self.settings.limits.drain_time);
        let left = self.settings.limits.drain_bytes;
        self.enter(State::Closing { left, linger, is_shut: false })
    }

    /// Closes so that the client can still read the answer: bytes that arrive at a closed socket
    /// would make the system reset the connection (RFC 9112 §9.6).
    #[cold]
    pub(super) fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        const CLOSED: Poll<Next> = Poll::Ready(Next::End(End::Closed));
        let State::Closing { mut left, linger, is_shut } = self.state else { return CLOSED };
        if !is_shut {
            let written = ready!(self.poll_write_out(cx));
            if written.is_err() || ready!(self.poll_shutdown(cx)).is_err() || self.is_at_end {
                return CLOSED;
            }
            self.timer.set(self.clock.now() + linger);
            self.state = State::Closing { left, linger, is_shut: true };
        }
        loop {
            self.machine.unread_mut().clear();
            match self.poll_fill(cx) {
                Poll::Ready(Ok(count @ 1..)) if count < left => left -= count,
                Poll::Ready(_) => return CLOSED,
                Poll::Pending => {
                    self.state = State::Closing { left, linger, is_shut: true };
                    return Poll::Pending;
                }
            }
        }
    }

    /// Reads what is left of a body that nobody wanted, for the sake of the next request.
    pub(super) fn drain(&mut self) -> Next {
        if self.settings.limits.drain_bytes == 0 {
            return self.stop_draining();
        }
        self.timer.set(self.clock.now() + self.settings.limits.drain_time);
        self.enter(State::Draining { left: self.settings.limits.drain_bytes })
    }

    #[cold]
    pub(super) fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        let State::Draining { mut left } = self.state else { return Poll::Ready(self.close()) };
        while !self.machine.is_whole() {
            match self.machine.read_body() {
                Err(_) => return Poll::Ready(self.stop_draining()),
                Ok(Received::End(_)) => {}
                Ok(Received::Data(data)) if data.len() > left => {
                    return Poll::Ready(self.stop_draining());
                }
                Ok(Received::Data(data)) => left -= data.len(),
                Ok(Received::Nothing) => {
                    self.state = State::Draining { left };
                    if !matches!(ready!(self.poll_fill(cx)), Ok(1..)) {
                        return Poll::Ready(self.stop_draining());
                    }
                }
            }
        }
        Poll::Ready(self.next_request())
    }

    /// It was too much, or took too long: no request may follow.
    pub(super) fn stop_draining(&mut self) -> Next {
        self.machine.close();
        self.watched.refuse(Reason::DrainTooLong, &[]);
        self.watched.set_end(How::Forced(Reason::DrainTooLong));
        self.close()
    }

    /// Tells the app that nobody waits any more, and lets it end.
    #[cold]
    pub(super) fn lose(&mut self, reason: CancelReason) -> Next {
        if let Some(feed) = self.body.take() {
            feed.abort(owin_core::Error::peer("the client has gone away"));
        }
        self.must_reset |= self.writing.has_begun() && self.machine.ends_with_connection();
        if let Some(call) = &self.call {
            call.cancel(reason);
        }
        self.timer.set(self.clock.now() + self.settings.limits.app_grace);
        self.enter(State::Losing)
    }

    #[cold]
    pub(super) fn poll_lose(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        while self.call.as_ref().is_some_and(|call| call.environment().is_none()) {
            if matches!(ready!(self.poll_event(cx)), Event::End | Event::Failed(_)) {
                break;
            }
        }
        Poll::Ready(self.end_lost())
    }

    /// The app had its time.
    pub(super) fn give_up(&mut self) -> Next {
        tracing::warn!("an app was dropped: its client had gone and it did not end");
        self.watched.refuse(Reason::AppGone, &[]);
        self.end_lost()
    }

    fn end_lost(&mut self) -> Next {
        self.complete(Outcome::Cancelled);
        Next::End(if self.must_reset { End::Reset } else { End::Closed })
    }
}
