//! A body of a request that somebody feeds, one frame at a time.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

use crate::Error;

/// Feeds a body made by [`RequestBody::channel`](crate::RequestBody::channel).
///
/// Say [`finish`](Self::finish) at the end: a sender that is just dropped tells the reader that the
/// body broke off.
#[derive(Debug)]
pub struct BodySender(Arc<Mutex<State>>);

#[derive(Debug)]
pub(super) struct Receiver {
    state: Arc<Mutex<State>>,
    /// How many bytes are still to come, where that is known.
    left: Option<u64>,
}

#[derive(Debug, Default)]
struct State {
    next: Option<Frame<Bytes>>,
    /// Why the body broke off; told after what was sent before.
    broken: Option<Error>,
    /// The reader has asked and was told to wait.
    is_asked: bool,
    is_finished: bool,
    is_unwanted: bool,
    sender: Option<Waker>,
    watcher: Option<Waker>,
    receiver: Option<Waker>,
}

pub(super) fn channel(length: Option<u64>) -> (BodySender, Receiver) {
    let state = Arc::new(Mutex::new(State::default()));
    (BodySender(Arc::clone(&state)), Receiver { state, left: length })
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl BodySender {
    /// Waits until the reader asks for more; `false` where nobody will ever read.
    pub async fn ready(&mut self) -> bool {
        poll_fn(|cx| self.poll_ready(cx)).await
    }

    /// Polls for the same: `true` where the reader waits, `false` where nobody will ever read.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut state = lock(&self.0);
        if state.is_unwanted {
            return Poll::Ready(false);
        }
        if state.is_asked {
            return Poll::Ready(true);
        }
        state.sender = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Gives the reader a frame that it waits for, after [`poll_ready`](Self::poll_ready).
    ///
    /// # Errors
    ///
    /// Where the frame before was not taken yet; it stays.
    pub fn give(&mut self, frame: Frame<Bytes>) -> Result<(), Error> {
        let mut state = lock(&self.0);
        if state.next.is_some() {
            return Err(Error::server("the reader has not taken the frame before"));
        }
        state.next = Some(frame);
        state.is_asked = false;
        wake(state.receiver.take());
        Ok(())
    }

    /// Sends bytes; waits until the reader asks for them.
    ///
    /// # Errors
    ///
    /// Where nobody reads any more.
    pub async fn send(&mut self, data: impl Into<Bytes>) -> Result<(), Error> {
        let data = data.into();
        if data.is_empty() {
            return Ok(());
        }
        self.send_frame(Frame::data(data)).await
    }

    /// Sends the trailer fields and ends the body.
    ///
    /// # Errors
    ///
    /// Where nobody reads any more.
    pub async fn finish_with(mut self, trailers: HeaderMap) -> Result<(), Error> {
        self.send_frame(Frame::trailers(trailers)).await?;
        self.finish();
        Ok(())
    }

    /// Ends the body.
    pub fn finish(self) {
        let mut state = lock(&self.0);
        state.is_finished = true;
        wake(state.receiver.take());
    }

    /// Breaks the body off with an error.
    pub fn abort(self, error: Error) {
        let mut state = lock(&self.0);
        state.broken = Some(error);
        state.is_finished = true;
        wake(state.receiver.take());
    }

    async fn send_frame(&mut self, frame: Frame<Bytes>) -> Result<(), Error> {
        if !self.ready().await {
            return Err(Error::app("nobody reads the body of the request any more"));
        }
        self.give(frame)
    }
}

/// Sees that the reader of a body waits.
#[derive(Debug)]
pub(crate) struct Watch(Arc<Mutex<State>>);

impl Watch {
    pub(crate) fn on(sender: &BodySender) -> Self {
        Self(Arc::clone(&sender.0))
    }

    pub(crate) fn is_asked(&self, cx: &mut Context<'_>) -> bool {
        let mut state = lock(&self.0);
        state.watcher = Some(cx.waker().clone());
        state.is_asked
    }
}

impl Drop for BodySender {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        if !state.is_finished {
            state.is_finished = true;
            state.broken = Some(Error::peer("the body of the request broke off"));
        }
        wake(state.receiver.take());
    }
}

impl Body for Receiver {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Self { state, left } = self.get_mut();
        let mut state = lock(state);
        if let Some(next) = state.next.take() {
            let taken = next.data_ref().map_or(0, Bytes::len);
            *left = left.map(|left| left.saturating_sub(u64::try_from(taken).unwrap_or(left)));
            return Poll::Ready(Some(Ok(next)));
        }
        if let Some(error) = state.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        if state.is_finished {
            return Poll::Ready(None);
        }
        state.is_asked = true;
        state.receiver = Some(cx.waker().clone());
        wake(state.sender.take());
        wake(state.watcher.take());
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        let state = lock(&self.state);
        let has_ended = state.is_finished && state.next.is_none() && state.broken.is_none();
        self.left == Some(0) || has_ended
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        state.is_unwanted = true;
        wake(state.sender.take());
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
