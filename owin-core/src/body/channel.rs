//! A body of a request that somebody feeds, one frame at a time.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};

use crate::Error;

/// Feeds a body made by [`RequestBody::channel`](crate::RequestBody::channel).
///
/// Say [`finish`](Self::finish) at the end: a sender that is just dropped tells the reader that the
/// body broke off.
#[derive(Debug)]
pub struct BodySender(Arc<Mutex<State>>);

#[derive(Debug)]
pub(super) struct Receiver(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    next: Option<Result<Frame<Bytes>, Error>>,
    is_finished: bool,
    is_unwanted: bool,
    sender: Option<Waker>,
    receiver: Option<Waker>,
}

pub(super) fn channel() -> (BodySender, Receiver) {
    let state = Arc::new(Mutex::new(State::default()));
    (BodySender(Arc::clone(&state)), Receiver(state))
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl BodySender {
    /// Waits until the reader asks for more; `false` where nobody will ever read.
    pub async fn ready(&mut self) -> bool {
        poll_fn(|cx| self.poll_ready(cx)).await
    }

    /// Sends bytes; waits until those before were taken.
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
        state.next = Some(Err(error));
        state.is_finished = true;
        wake(state.receiver.take());
    }

    async fn send_frame(&mut self, frame: Frame<Bytes>) -> Result<(), Error> {
        if !self.ready().await {
            return Err(Error::app("nobody reads the body of the request any more"));
        }
        let mut state = lock(&self.0);
        state.next = Some(Ok(frame));
        wake(state.receiver.take());
        Ok(())
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut state = lock(&self.0);
        if state.is_unwanted {
            return Poll::Ready(false);
        }
        if state.next.is_none() {
            return Poll::Ready(true);
        }
        state.sender = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for BodySender {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        if !state.is_finished {
            state.is_finished = true;
            state.next = Some(Err(Error::peer("the body of the request broke off")));
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
        let mut state = lock(&self.0);
        if let Some(next) = state.next.take() {
            wake(state.sender.take());
            return Poll::Ready(Some(next));
        }
        if state.is_finished {
            return Poll::Ready(None);
        }
        state.receiver = Some(cx.waker().clone());
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        let state = lock(&self.0);
        state.is_finished && state.next.is_none()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        state.is_unwanted = true;
        wake(state.sender.take());
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
