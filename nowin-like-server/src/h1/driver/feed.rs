//! The body of a request, on its way to whoever reads it.

use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
use owin_core::body::BodySender;
use owin_core::features::{BodySizeLimit, DataRate};
use owin_core::{CancelReason, Environment, Error, RequestBody, keys};
use tokio::time::Instant;

use crate::h1::driver::Driver;
use crate::h1::pace::Pace;
use crate::h1::state::Received;
use crate::observe::{End as How, Reason};
use crate::transport::Transport;
use crate::{HalfClosed, Limits};

/// Feeds a body, within its limits.
pub(super) struct Feed {
    sender: BodySender,
    /// How many bytes the head says.
    declared: Option<u64>,
    /// How many bytes were taken.
    taken: u64,
    size: BodySizeLimit,
    rate: DataRate,
    pace: Option<Pace>,
    /// How long no byte may come.
    silence: Duration,
    silent_until: Option<Instant>,
    /// When the client, which is waited for, is too slow.
    deadline: Option<Instant>,
}

impl Feed {
    /// Makes what feeds a body of that length, and the body; offers the limits to the app.
    pub(super) fn new(
        declared: Option<u64>,
        limits: &Limits,
        env: &mut Environment,
    ) -> (Box<Self>, RequestBody) {
        let (sender, body) = match declared {
            Some(length) => RequestBody::channel_of_length(length),
            None => RequestBody::channel(),
        };
        let (size, rate) = (BodySizeLimit::new(limits.body_bytes), DataRate::new(limits.body_rate));
        let offered = env
            .set(keys::SERVER_MAX_REQUEST_BODY_SIZE, size.clone())
            .and_then(|_| env.set(keys::SERVER_MIN_REQUEST_BODY_DATA_RATE, rate.clone()));
        debug_assert!(offered.is_ok(), "the keys have these types");
        let feed = Self {
            sender,
            declared,
            taken: 0,
            size,
            rate,
            pace: None,
            silence: limits.body_silence,
            silent_until: None,
            deadline: None,
        };
        (Box::new(feed), body)
    }

    /// When the client is too slow, where it is waited for.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Why it is, once that has passed.
    pub(super) fn too_slow(&self, now: Instant) -> Reason {
        let is_silent = self.silent_until.is_some_and(|until| until <= now);
        if is_silent { Reason::BodyTimeout } else { Reason::SlowBody }
    }

    /// Tells the reader why there is no more.
    pub(super) fn abort(self, error: Error) {
        self.sender.abort(error);
    }

    /// The client is waited for.
    fn wait(&mut self, now: Instant) {
        let silent_until = *self.silent_until.get_or_insert(now + self.silence);
        let too_slow = self
            .rate
            .minimum()
            .map(|rate| self.pace.get_or_insert_with(|| Pace::new(rate)).wait(now));
        self.deadline = Some(too_slow.map_or(silent_until, |at| at.min(silent_until)));
    }

    /// So many bytes came from the client.
    fn came(&mut self, bytes: usize, now: Instant) {
        self.stop_waiting();
        if let (Some(rate), Some(pace)) = (self.rate.minimum(), &mut self.pace) {
            pace.moved(bytes, rate, now);
        }
    }

    /// Nobody waits for the client: its time does not run.
    fn stop_waiting(&mut self) {
        self.deadline = None;
        self.silent_until = None;
    }

    /// Whether so many bytes more are too many.
    fn is_too_long(&mut self, bytes: usize) -> bool {
        self.size.freeze();
        self.taken = self.taken.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        let known = self.declared.unwrap_or(0).max(self.taken);
        self.size.max_bytes().is_some_and(|max| known > max)
    }
}

impl<T: Transport> Driver<T> {
    /// Feeds the body to whoever reads it, and watches for a client that goes away. `true` where
    /// the app may have something new to look at.
    pub(super) fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Result<bool, CancelReason> {
        if let Some(feed) = &mut self.body {
            match feed.sender.poll_ready(cx) {
                Poll::Ready(true) => return self.feed(cx),
                Poll::Ready(false) => self.body = None,
                Poll::Pending => feed.stop_waiting(),
            }
        }
        while !self.is_at_end && self.machine.unread_bytes() < self.settings.limits.unread_bytes {
            match self.poll_fill(cx) {
                Poll::Pending => break,
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(_)) => return Err(CancelReason::PeerReset),
            }
        }
        let is_gone = self.settings.half_closed == HalfClosed::Gone;
        if self.is_at_end && (is_gone || !self.machine.may_have_come()) {
            return Err(CancelReason::PeerClosed);
        }
        Ok(false)
    }

    /// The app waits for the body.
    fn feed(&mut self, cx: &mut Context<'_>) -> Result<bool, CancelReason> {
        loop {
            let received = match self.machine.read_body() {
                Ok(received) => received,
                Err(reason) => return Ok(self.break_body_off(reason)),
            };
            let Some(feed) = &mut self.body else { return Ok(false) };
            let bytes = if let Received::Data(data) = &received { data.len() } else { 0 };
            if feed.is_too_long(bytes) {
                return Ok(self.break_body_off(Reason::BodyTooLong));
            }
            match received {
                Received::Data(data) => return Ok(self.give(data)),
                Received::End(trailers) => return Ok(self.end_body(trailers)),
                Received::Nothing if self.is_at_end => return Err(CancelReason::PeerClosed),
                Received::Nothing => {}
            }
            if !self.writing.has_begun() {
                self.machine.write_continue(self.out.bytes_mut());
            }
            let read = self.poll_fill(cx);
            let now = self.clock.now();
            let Some(feed) = &mut self.body else { return Ok(false) };
            match read {
                Poll::Ready(Ok(count)) => feed.came(count, now),
                Poll::Ready(Err(_)) => return Err(CancelReason::PeerReset),
                Poll::Pending => {
                    feed.wait(now);
                    return Ok(false);
                }
            }
        }
    }

    /// Nothing that follows can be read: neither the body nor another request.
    pub(super) fn break_body_off(&mut self, reason: Reason) -> bool {
        self.tell_refusal(reason);
        self.watched.set_end(How::Forced(reason));
        self.machine.close();
        if let Some(feed) = self.body.take() {
            feed.abort(reason.into());
        }
        true
    }

    fn give(&mut self, data: Bytes) -> bool {
        let given = self.body.as_mut().map(|feed| feed.sender.give(Frame::data(data)));
        debug_assert!(matches!(given, Some(Ok(()))), "the reader asked");
        if self.machine.is_whole()
            && let Some(feed) = self.body.take()
        {
            feed.sender.finish();
        }
        true
    }

    fn end_body(&mut self, trailers: HeaderMap) -> bool {
        if let Some(mut feed) = self.body.take() {
            if !trailers.is_empty() {
                let given = feed.sender.give(Frame::trailers(trailers));
                debug_assert!(given.is_ok(), "the reader asked");
            }
            feed.sender.finish();
        }
        true
    }
}
