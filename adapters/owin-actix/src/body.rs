//! The body of a response: who asks for it drives the app.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_http::body::{BodySize, MessageBody};
use bytes::Bytes;
use owin_core::features::Outcome;
use owin_core::{Error, Event};

use crate::running::Running;
use crate::upgrade::Takeover;

/// actix copies what it is given: larger pieces are given bit by bit.
const PIECE_BYTES: usize = 64 * 1024;

/// The body of a response of an app, for actix.
///
/// Asking for bytes drives the app and feeds it with the body of the request; nothing is spawned. At
/// the end the call completes. Dropped before, it is cancelled: `owin.CallCancelled` fires, and the
/// app has a few seconds to tidy up. An app that fails after the start makes the body fail, so that
/// actix breaks the response off.
pub(crate) struct CallBody {
    state: State,
    size: BodySize,
    /// What is to be sent next.
    bytes: Bytes,
}

enum State {
    Whole,
    Running(Box<Sending>),
    TakenOver(Box<Takeover>),
}

struct Sending {
    running: Running,
    /// Where the app waits for a flush: since when, as the socket counts.
    flushing: Option<Option<u64>>,
    /// What the app failed with; told once what it had sent before is on its way.
    failed: Option<Error>,
    is_broken: bool,
    /// Where the end of the connection would be the end of the body.
    ends_by_close: bool,
}

impl CallBody {
    pub(crate) fn whole(bytes: Bytes, size: BodySize) -> Self {
        Self { state: State::Whole, size, bytes }
    }

    pub(crate) fn running(running: Running, size: BodySize, is_http_10: bool) -> Self {
        let ends_by_close = is_http_10 && size == BodySize::Stream;
        let sending =
            Sending { running, flushing: None, failed: None, is_broken: false, ends_by_close };
        Self { state: State::Running(Box::new(sending)), size, bytes: Bytes::new() }
    }

    pub(crate) fn taken_over(takeover: Takeover) -> Self {
        let state = State::TakenOver(Box::new(takeover));
        Self { state, size: BodySize::Stream, bytes: Bytes::new() }
    }

    fn piece(&mut self) -> Bytes {
        let count = self.bytes.len().min(PIECE_BYTES);
        self.bytes.split_to(count)
    }
}

impl MessageBody for CallBody {
    type Error = Error;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Error>>> {
        if self.bytes.is_empty() {
            let next = match &mut self.state {
                State::Whole => None,
                State::Running(sending) => ready!(sending.poll(cx)),
                State::TakenOver(takeover) => ready!(takeover.poll(cx)).map(Ok),
            };
            match next {
                Some(Ok(bytes)) => self.bytes = bytes,
                over => {
                    self.state = State::Whole;
                    return Poll::Ready(over);
                }
            }
        }
        Poll::Ready(Some(Ok(self.piece())))
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        let is_whole = matches!(self.state, State::Whole) && self.size != BodySize::Stream;
        if is_whole { Ok(self.bytes) } else { Err(self) }
    }
}

impl Sending {
    /// The next bytes, until the call is over.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Some(Err(error)));
        }
        loop {
            ready!(self.poll_flushed(cx));
            let event = ready!(self.running.poll_event(cx));
            if self.running.is_cut_off() {
                let error = Error::server("the server stops, and its deadline has passed");
                return self.fail(error, Outcome::Cancelled, cx);
            }
            match event {
                Event::Data(data) if !data.is_empty() => return Poll::Ready(Some(Ok(data))),
                Event::Flush => {
                    self.flushing = Some(None);
                    if self.running.connection().line().is_none() {
                        // Told to wait, actix writes what it has; then it asks again.
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                }
                Event::Failed(error) => {
                    tracing::error!("an app failed after its response had started: {error}");
                    return self.fail(error, Outcome::Failed, cx);
                }
                Event::End => {
                    self.running.complete(Outcome::Completed);
                    return Poll::Ready(None);
                }
                _ => {}
            }
        }
    }

    /// Waits until the socket has taken all, where that can be known.
    fn poll_flushed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(since) = &mut self.flushing {
            if let Some(line) = self.running.connection().line() {
                ready!(line.poll_flushed(since, cx));
            }
            self.flushing = None;
        }
        Poll::Ready(())
    }

    /// Breaks the response off, after actix has written what it has.
    fn fail(
        &mut self,
        error: Error,
        outcome: Outcome,
        cx: &Context<'_>,
    ) -> Poll<Option<Result<Bytes, Error>>> {
        self.running.complete(outcome);
        (self.failed, self.is_broken) = (Some(error), true);
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Without chunks and without a length only a reset says that something is missing.
impl Drop for Sending {
    fn drop(&mut self) {
        if self.is_broken
            && self.ends_by_close
            && let Some(line) = self.running.connection().line()
        {
            line.break_off();
        }
    }
}

impl fmt::Debug for CallBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallBody").field("size", &self.size).finish_non_exhaustive()
    }
}
