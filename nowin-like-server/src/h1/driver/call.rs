//! One call under way: bytes between transport, machine and app, polled.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::Frame;
use owin_core::{CancelReason, Error, Event};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::io::poll_read_buf;

use crate::date;
use crate::h1::Refusal;
use crate::h1::driver::{Driver, READ_BYTES, Served};
use crate::h1::state::Received;

/// How many bytes may lie unread while an app runs.
const UNREAD_BYTES: usize = 64 * 1024;

/// Bytes of a response that are collected before they have to be written.
const OUT_BYTES: usize = 64 * 1024;

const NO_UPGRADE: Refusal =
    Refusal::with(http::StatusCode::INTERNAL_SERVER_ERROR, "the connection was not offered");

impl<T: AsyncRead + AsyncWrite + Unpin> Driver<T> {
    /// Drives the call to its end.
    pub(super) fn poll_serve(&mut self, cx: &mut Context<'_>) -> Poll<Served> {
        loop {
            if self.must_write {
                if ready!(self.poll_write_out(cx)).is_err() {
                    return Poll::Ready(Served::Lost(CancelReason::WriteFailed));
                }
                self.must_write = false;
            }
            if self.is_finished {
                return Poll::Ready(Served::Whole);
            }
            if let Poll::Ready(event) = self.call.poll_event(cx) {
                if self.perform(event) {
                    continue;
                }
                // One attempt: a client that does not read cannot hold a failed call.
                let _attempt = self.poll_write_out(cx);
                return Poll::Ready(Served::BrokenOff);
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

    /// Does what an event says; `false` where the response is broken off.
    fn perform(&mut self, event: Event) -> bool {
        match event {
            Event::Head => {
                self.head_is_written = true;
                if let Some(error) = self.call.error() {
                    log_failure(error);
                }
                let (head, closes) = (self.call.head(), self.stop.is_draining());
                date::with_now(|date| {
                    self.machine.write_head(&mut self.out, &head, closes, date);
                });
            }
            Event::Data(data) => {
                self.machine.write_data(&mut self.out, &data);
                self.must_write = self.out.len() >= OUT_BYTES;
            }
            Event::Flush => self.must_write = true,
            Event::Trailers(trailers) => self.trailers = trailers,
            Event::End => self.finish_response(),
            Event::Failed(error) => {
                log_failure(&error);
                return false;
            }
            _ => {
                tracing::error!("an app takes over a connection that was not offered to it");
                date::with_now(|date| self.machine.write_refusal(&mut self.out, NO_UPGRADE, date));
                return false;
            }
        }
        true
    }

    /// The response is whole. It waits for the next one only where that one's request lies there
    /// already: pipelined answers go out together.
    fn finish_response(&mut self) {
        let trailers = std::mem::take(&mut self.trailers);
        self.machine.write_end(&mut self.out, &trailers);
        self.is_finished = true;
        self.must_write = self.out.len() >= OUT_BYTES || !self.machine.has_next();
    }

    /// Feeds the body to whoever reads it, and watches for a client that goes away. `true` where the
    /// app may have something new to look at.
    fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Result<bool, CancelReason> {
        if let Some(sender) = &mut self.body {
            match sender.poll_ready(cx) {
                Poll::Ready(true) => return self.feed(cx),
                Poll::Ready(false) => self.body = None,
                Poll::Pending => {}
            }
        }
        while !self.is_at_end && self.machine.unread_bytes() < UNREAD_BYTES {
            match self.poll_read(cx) {
                Poll::Pending => break,
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(_)) => return Err(CancelReason::PeerReset),
            }
        }
        if self.is_at_end && !self.machine.may_have_come() {
            return Err(CancelReason::PeerClosed);
        }
        Ok(false)
    }

    /// The app waits for the body.
    fn feed(&mut self, cx: &mut Context<'_>) -> Result<bool, CancelReason> {
        loop {
            let received = match self.machine.read_body() {
                Ok(received) => received,
                Err(refusal) => {
                    self.machine.close();
                    if let Some(sender) = self.body.take() {
                        sender.abort(refusal.into());
                    }
                    return Ok(true);
                }
            };
            match received {
                Received::Data(data) => return Ok(self.give(Frame::data(data))),
                Received::End(trailers) => return Ok(self.end_body(trailers)),
                Received::Nothing if self.is_at_end => return Err(CancelReason::PeerClosed),
                Received::Nothing => {}
            }
            if !self.head_is_written {
                self.machine.write_continue(&mut self.out);
            }
            match self.poll_read(cx) {
                Poll::Pending => return Ok(false),
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(_)) => return Err(CancelReason::PeerReset),
            }
        }
    }

    fn give(&mut self, frame: Frame<Bytes>) -> bool {
        let given = self.body.as_mut().map(|sender| sender.give(frame));
        debug_assert!(matches!(given, Some(Ok(()))), "the reader asked");
        if self.machine.is_whole()
            && let Some(sender) = self.body.take()
        {
            sender.finish();
        }
        true
    }

    fn end_body(&mut self, trailers: HeaderMap) -> bool {
        if let Some(mut sender) = self.body.take() {
            if !trailers.is_empty() {
                let given = sender.give(Frame::trailers(trailers));
                debug_assert!(given.is_ok(), "the reader asked");
            }
            sender.finish();
        }
        true
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.machine.unread_mut().reserve(READ_BYTES);
        let read = ready!(poll_read_buf(Pin::new(&mut self.io), cx, self.machine.unread_mut()))?;
        self.is_at_end |= read == 0;
        Poll::Ready(Ok(read))
    }

    pub(super) fn poll_write_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            let count = ready!(Pin::new(&mut self.io).poll_write(cx, &self.out))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.out.advance(count);
        }
        Pin::new(&mut self.io).poll_flush(cx)
    }
}

fn log_failure(error: &Error) {
    let source = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(source, "an app failed: {error}");
}
