//! The payload of actix, fed into the body of a request.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_http::Payload;
use bytes::Bytes;
use futures_core::Stream;
use owin_core::body::BodySender;
use owin_core::http_body::Frame;
use owin_core::{BodyLength, Error, RequestBody};

use crate::error;

/// So much is taken from actix before the app asks, so that the end of a client that goes away in
/// the middle of its request is seen.
const MAX_AHEAD_BYTES: usize = 64 * 1024;

/// Feeds a body, in the task of the connection: a payload of actix must not leave its thread, the
/// body of a request may go where it likes.
pub(crate) struct Feed {
    /// `None` once actix has given all, or nobody reads.
    payload: Option<Payload>,
    /// `None` once the reader was told of the end.
    sender: Option<BodySender>,
    ahead: VecDeque<Bytes>,
    ahead_bytes: usize,
    /// How many bytes are still to be taken, where what follows is none of the body.
    left: Option<u64>,
    broken: Option<Error>,
    is_lost: bool,
    /// Whether nobody reads what is left.
    is_skipped: bool,
}

impl Feed {
    /// Joins a payload to a new body.
    pub(crate) fn new(payload: Payload, length: BodyLength) -> (Self, RequestBody) {
        let known = if let BodyLength::Known(length) = length { Some(length) } else { None };
        let (sender, body) =
            known.map_or_else(RequestBody::channel, RequestBody::channel_of_length);
        let feed = Self {
            payload: Some(payload),
            sender: Some(sender),
            ahead: VecDeque::new(),
            ahead_bytes: 0,
            left: known,
            broken: None,
            is_lost: false,
            is_skipped: false,
        };
        (feed, body)
    }

    /// Whether all of the body is here.
    pub(crate) fn is_whole(&self) -> bool {
        self.payload.is_none() && !self.is_skipped
    }

    /// Whether the client went away before it had sent all; said once.
    pub(crate) fn take_lost(&mut self) -> bool {
        std::mem::take(&mut self.is_lost)
    }

    /// Takes what actix has, and gives it to the reader as far as that asks for it. Returns whether
    /// the reader was given anything.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        let mut has_given = false;
        loop {
            self.take(cx);
            if !self.give(cx) {
                return has_given;
            }
            has_given = true;
        }
    }

    fn take(&mut self, cx: &mut Context<'_>) {
        while let Some(payload) = &mut self.payload
            && self.ahead_bytes < MAX_AHEAD_BYTES
        {
            match Pin::new(payload).poll_next(cx) {
                Poll::Pending => return,
                Poll::Ready(Some(Ok(data))) => self.keep(data),
                Poll::Ready(Some(Err(error))) => {
                    self.is_lost = error::is_loss(&error);
                    self.broken = Some(error::of_payload(error));
                    self.payload = None;
                }
                Poll::Ready(None) => self.payload = None,
            }
        }
    }

    fn keep(&mut self, mut data: Bytes) {
        if let Some(left) = &mut self.left {
            data.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left = left.saturating_sub(u64::try_from(data.len()).unwrap_or(u64::MAX));
            if *left == 0 {
                self.payload = None;
            }
        }
        if !data.is_empty() {
            self.ahead_bytes += data.len();
            self.ahead.push_back(data);
        }
    }

    /// Gives the reader one piece, or the end.
    fn give(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(sender) = &mut self.sender else { return false };
        match sender.poll_ready(cx) {
            Poll::Pending if self.ahead.is_empty() && self.payload.is_none() => {
                self.end();
                false
            }
            Poll::Pending => false,
            Poll::Ready(false) => {
                // Dropped, a payload in chunks is skipped by actix; behind any other it closes.
                self.is_skipped = self.payload.take().is_some();
                self.sender = None;
                self.ahead.clear();
                false
            }
            Poll::Ready(true) => match self.ahead.pop_front() {
                Some(data) => {
                    self.ahead_bytes = self.ahead_bytes.saturating_sub(data.len());
                    sender.give(Frame::data(data)).is_ok()
                }
                None if self.payload.is_none() => {
                    self.end();
                    true
                }
                None => false,
            },
        }
    }

    fn end(&mut self) {
        let Some(sender) = self.sender.take() else { return };
        match self.broken.take() {
            Some(error) => sender.abort(error),
            None => sender.finish(),
        }
    }
}
