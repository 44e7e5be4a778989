//! One call under way: what the app wants done, event by event.

use std::task::{Context, Poll, ready};

use owin_core::features::Outcome;
use owin_core::{CancelReason, Error, Event};

use crate::h1::driver::{Driver, End, Next, State};
use crate::observe::{End as How, Reason};
use crate::transport::Transport;

/// How a response ended.
pub(super) enum Served {
    /// It is written whole.
    Whole,
    /// The app takes the connection over; the head that says so is written.
    Upgraded,
    /// The app failed after the start: the client must be able to tell.
    BrokenOff,
    /// The answer says that the connection cannot be taken over.
    Refused,
    /// The client went away.
    Lost(CancelReason),
}

impl<T: Transport> Driver<T> {
    /// Serves a request.
    pub(super) fn poll_serve(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        match self.poll_call(cx) {
            Poll::Ready(served) => Poll::Ready(self.end_call(&served)),
            Poll::Pending => {
                self.wait_for_client();
                Poll::Pending
            }
        }
    }

    /// Where the client is waited for, it has only so much time.
    fn wait_for_client(&mut self) {
        let reading = self.body.as_ref().and_then(|feed| feed.deadline());
        let deadline = match (reading, self.writing.deadline()) {
            (Some(reading), Some(writing)) => Some(reading.min(writing)),
            (reading, writing) => reading.or(writing),
        };
        match deadline {
            Some(deadline) => self.timer.set(deadline),
            None => self.timer.clear(),
        }
    }

    /// The client was waited for too long: a slow reader is let go, of a slow sender the app hears.
    pub(super) fn time_out_of_call(&mut self) -> Next {
        let now = self.clock.now();
        if self.writing.deadline().is_some_and(|deadline| deadline <= now) {
            self.must_reset = true;
            self.watched.refuse(Reason::SlowResponse, &[]);
            self.watched.set_end(How::Forced(Reason::SlowResponse));
            return self.lose(CancelReason::WriteFailed);
        }
        if let Some(reason) = self.body.as_ref().map(|feed| feed.too_slow(now)) {
            self.break_body_off(reason);
        }
        self.enter(State::Serving)
    }

    fn end_call(&mut self, served: &Served) -> Next {
        if matches!(served, Served::BrokenOff | Served::Lost(_)) {
            self.must_reset |= self.writing.has_begun() && self.machine.ends_with_connection();
        }
        match served {
            Served::Lost(reason) => return self.lose(*reason),
            Served::BrokenOff => {
                self.complete(Outcome::Failed);
                self.watched.set_end(How::BrokenOff);
                return Next::End(if self.must_reset { End::Reset } else { End::Closed });
            }
            Served::Upgraded => return self.take_over(),
            Served::Refused => {
                self.complete(Outcome::Failed);
                return self.close();
            }
            Served::Whole => {}
        }
        self.body = None;
        self.complete(Outcome::Completed);
        if !self.machine.is_whole() && !self.machine.closes() {
            return self.drain();
        }
        self.next_request()
    }

    /// The call is over.
    pub(super) fn complete(&mut self, outcome: Outcome) {
        if let Some(call) = &mut self.call {
            call.complete(outcome);
        }
        self.watched.ended(outcome);
    }

    /// What the app wants done next.
    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        self.call.as_mut().map_or(Poll::Ready(Event::End), |call| call.poll_event(cx))
    }

    fn poll_call(&mut self, cx: &mut Context<'_>) -> Poll<Served> {
        loop {
            if self.must_write() {
                if ready!(self.poll_write_out(cx)).is_err() {
                    return Poll::Ready(Served::Lost(CancelReason::WriteFailed));
                }
                self.writing.settle();
            }
            if self.writing.is_finished() {
                return Poll::Ready(Served::Whole);
            }
            if self.offer.as_ref().is_some_and(|offer| offer.is_taken()) {
                return Poll::Ready(Served::Upgraded);
            }
            match self.poll_event(cx) {
                Poll::Ready(Event::Head) => {
                    self.start_response();
                    continue;
                }
                Poll::Ready(event) => match self.perform(event, cx) {
                    None => continue,
                    Some(served) => return Poll::Ready(served),
                },
                Poll::Pending => {}
            }
            match self.poll_incoming(cx) {
                Err(reason) => return Poll::Ready(Served::Lost(reason)),
                Ok(true) => continue,
                Ok(false) => {}
            }
            return match self.poll_write_out(cx) {
                Poll::Ready(Err(_)) => Poll::Ready(Served::Lost(CancelReason::WriteFailed)),
                _ => Poll::Pending,
            };
        }
    }

    /// Collects the head, and the body with it where that is at hand.
    fn start_response(&mut self) {
        self.write_head();
        if let Some(body) = self.call.as_mut().and_then(|call| call.take_whole()) {
            self.write_data(body);
            self.finish_response();
        }
    }

    /// Does what another event says; tells how the response ended, where it has.
    #[inline(never)]
    fn perform(&mut self, event: Event, cx: &mut Context<'_>) -> Option<Served> {
        match event {
            Event::Data(data) => {
                self.write_data(data);
                return self.write_if_full(cx);
            }
            Event::Flush => self.writing.hurry(),
            Event::Trailers(trailers) => self.trailers = Some(Box::new(trailers)),
            Event::End => self.finish_response(),
            Event::Upgrade => return self.accept_upgrade(),
            Event::Failed(error) => {
                log_failure(&error);
                return Some(self.break_off(cx));
            }
            _ => return Some(self.break_off(cx)),
        }
        None
    }

    fn write_head(&mut self) {
        let closes = self.is_last();
        let now = self.clock.now();
        self.writing.begin();
        let Some(call) = &self.call else { return };
        if let Some(error) = call.error() {
            log_failure(error);
        }
        self.machine.write_head(self.out.bytes_mut(), &call.head(), closes, now);
    }

    /// Whether the server wants no other request on the connection.
    fn is_last(&mut self) -> bool {
        let reason = if self.stop.is_leaving() { Some(Reason::Stopping) } else { self.is_old() };
        if let Some(reason) = reason {
            self.watched.set_end(How::Forced(reason));
        }
        reason.is_some()
    }

    /// The response is whole. It waits for the next one only where that one's request lies there
    /// already: pipelined answers go out together.
    #[inline]
    fn finish_response(&mut self) {
        let trailers = self.trailers.take();
        self.machine.write_end(self.out.bytes_mut(), trailers.as_deref());
        self.writing.finish();
        if !self.machine.has_next() {
            self.writing.hurry();
        }
    }

    /// Whether the app, or the next one, has to wait until all that was collected is written.
    fn must_write(&self) -> bool {
        let limits = &self.settings.limits;
        let is_full = self.out.len() >= limits.write_high_water_bytes || !self.large.is_empty();
        let is_enough = self.out.len() >= limits.write_buffer_bytes;
        self.writing.is_due() || is_full || (is_enough && self.writing.is_finished())
    }

    /// What was collected is sent as far as the client takes it; the app goes on meanwhile.
    fn write_if_full(&mut self, cx: &mut Context<'_>) -> Option<Served> {
        let is_enough = self.out.len() >= self.settings.limits.write_buffer_bytes;
        if !is_enough || self.writing.is_blocked() {
            return None;
        }
        let is_lost = matches!(self.poll_write_out(cx), Poll::Ready(Err(_)));
        is_lost.then_some(Served::Lost(CancelReason::WriteFailed))
    }

    /// One attempt to send the rest: a client that does not read cannot hold a failed call.
    pub(super) fn break_off(&mut self, cx: &mut Context<'_>) -> Served {
        let _attempt = self.poll_write_out(cx);
        Served::BrokenOff
    }
}

fn log_failure(error: &Error) {
    let source = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(source, "an app failed: {error}");
}
