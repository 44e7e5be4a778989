//! The body of a response that is still under way: who reads it drives the app.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use owin_core::features::Outcome;
use owin_core::upgrade::Decision;
use owin_core::{CancelReason, Error, Event};

use crate::lease::Lease;

/// The body of a response of an app. Asking for a frame drives the app; nothing is spawned.
///
/// At the end the call completes. Dropped before, it is cancelled: `owin.CallCancelled` fires with
/// [`CancelReason::PeerClosed`](owin_core::CancelReason::PeerClosed). An app that fails after the
/// start makes the body fail, so that the foreign server breaks the response off. A flush of the
/// app's is over when it is asked for the next frame: foreign servers send what they have before
/// they ask again.
pub struct CallBody(State);

enum State {
    Whole(Bytes),
    Running(Running),
    Upgrade(Box<Decision>),
}

struct Running {
    lease: Lease,
    /// How many bytes are still to come, where the head says so.
    left: Option<u64>,
    /// Whether any bytes are to come.
    has_body: bool,
    /// What came after the last byte that was promised.
    after: Option<Box<Result<Frame<Bytes>, Error>>>,
}

impl CallBody {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self(State::Whole(bytes))
    }

    pub(crate) fn running(mut lease: Lease, left: Option<u64>, has_body: bool) -> Self {
        let has_body = has_body && left != Some(0);
        if !has_body {
            lease.deliver();
        }
        Self(State::Running(Running { lease, left, has_body, after: None }))
    }

    pub(crate) fn upgrade(decision: Decision) -> Self {
        Self(State::Upgrade(Box::new(decision)))
    }

    /// Fires `owin.CallCancelled`, unless the call is over. The app is driven on.
    pub fn cancel(&self, reason: CancelReason) {
        if let State::Running(running) = &self.0 {
            running.lease.cancel(reason);
        }
    }

    /// Takes the decision to take the connection over, of a response with the status 101; the server
    /// performs it once the response has been sent.
    #[must_use]
    pub fn take_upgrade(&mut self) -> Option<Decision> {
        if !matches!(self.0, State::Upgrade(_)) {
            return None;
        }
        match std::mem::replace(&mut self.0, State::Whole(Bytes::new())) {
            State::Upgrade(decision) => Some(*decision),
            State::Whole(_) | State::Running(_) => None,
        }
    }
}

impl Running {
    /// The next frame, until the call is over.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(after) = self.after.take() {
            return Poll::Ready(Some(*after));
        }
        while let Some(kept) = self.lease.kept() {
            match ready!(kept.call.poll_event(cx)) {
                Event::Data(data) => {
                    let frame = self.count(data, cx);
                    return Poll::Ready(Some(Ok(frame)));
                }
                Event::Trailers(trailers) => return Poll::Ready(Some(Ok(self.end_with(trailers)))),
                Event::Flush => {
                    // Asked again, the foreign server has sent what it was given.
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Event::Failed(error) => return Poll::Ready(Some(Err(self.fail(error)))),
                Event::End => self.lease.complete(Outcome::Completed),
                _ => {}
            }
        }
        Poll::Ready(None)
    }

    /// Counts the bytes. After the last one that was promised no server may ask again: so what
    /// follows is asked for now.
    fn count(&mut self, data: Bytes, cx: &mut Context<'_>) -> Frame<Bytes> {
        let count = u64::try_from(data.len()).unwrap_or(u64::MAX);
        self.left = self.left.map(|left| left.saturating_sub(count));
        if self.left == Some(0) {
            self.lease.deliver();
            self.look_ahead(cx);
        }
        Frame::data(data)
    }

    fn look_ahead(&mut self, cx: &mut Context<'_>) {
        let Some(kept) = self.lease.kept() else { return };
        match kept.call.poll_event(cx) {
            Poll::Ready(Event::End) => self.lease.complete(Outcome::Completed),
            Poll::Ready(Event::Trailers(trailers)) => {
                self.after = Some(Box::new(Ok(self.end_with(trailers))));
            }
            Poll::Ready(Event::Failed(error)) => self.after = Some(Box::new(Err(self.fail(error)))),
            Poll::Ready(_) => cx.waker().wake_by_ref(),
            Poll::Pending => {}
        }
    }

    /// Trailer fields are the last that comes.
    fn end_with(&mut self, trailers: HeaderMap) -> Frame<Bytes> {
        self.lease.complete(Outcome::Completed);
        Frame::trailers(trailers)
    }

    fn fail(&mut self, error: Error) -> Error {
        tracing::error!("an app failed after its response had started: {error}");
        self.lease.complete(Outcome::Failed);
        error
    }

    fn is_over(&mut self) -> bool {
        self.after.is_none() && self.lease.kept().is_none()
    }
}

impl Body for CallBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match &mut self.0 {
            State::Running(running) => {
                let polled = ready!(running.poll(cx));
                if running.is_over() {
                    self.0 = State::Whole(Bytes::new());
                }
                Poll::Ready(polled)
            }
            State::Whole(bytes) if !bytes.is_empty() => {
                Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes)))))
            }
            State::Whole(_) | State::Upgrade(_) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            State::Running(running) => !running.has_body,
            State::Whole(bytes) => bytes.is_empty(),
            State::Upgrade(_) => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            State::Running(running) if !running.has_body => SizeHint::with_exact(0),
            State::Running(running) => {
                running.left.map_or_else(SizeHint::new, SizeHint::with_exact)
            }
            State::Whole(bytes) => {
                SizeHint::with_exact(u64::try_from(bytes.len()).unwrap_or(u64::MAX))
            }
            State::Upgrade(_) => SizeHint::with_exact(0),
        }
    }
}

impl fmt::Debug for CallBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallBody")
    }
}
