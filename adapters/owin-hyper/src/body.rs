//! The two bodies on their way through hyper.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use owin_core::upgrade::Decision;
use owin_core::{CancelReason, Error};
use owin_http::CallBody;
use pin_project_lite::pin_project;

use crate::line::Line;

/// The body of an answer, as hyper reads it: who asks for a frame drives the app.
#[derive(Debug)]
pub struct AnswerBody {
    body: CallBody,
    /// What was not given in one piece.
    rest: Bytes,
    /// Nothing over HTTP/2.
    line: Option<Arc<Line>>,
}

/// hyper is given no more at once over HTTP/1.x: it copies what it is given.
const PIECE_BYTES: usize = 64 * 1024;

impl AnswerBody {
    pub(crate) fn new(body: CallBody, line: Option<Arc<Line>>) -> Self {
        Self { body, rest: Bytes::new(), line }
    }

    /// A frame that is no longer than hyper is given.
    fn piece_of(&mut self, frame: Frame<Bytes>) -> Frame<Bytes> {
        if self.line.is_none() || frame.data_ref().is_none_or(|data| data.len() <= PIECE_BYTES) {
            return frame;
        }
        frame.map_data(|mut data| {
            self.rest = data.split_off(PIECE_BYTES);
            data
        })
    }

    pub(crate) fn take_upgrade(&mut self) -> Option<Decision> {
        self.body.take_upgrade()
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if !self.rest.is_empty() {
            let rest = Frame::data(std::mem::take(&mut self.rest));
            return Poll::Ready(Some(Ok(self.piece_of(rest))));
        }
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let (Poll::Pending, Some(line)) = (&polled, &self.line) {
            line.look_for_loss(cx);
            if line.take_broken() {
                self.body.cancel(CancelReason::PeerClosed);
            }
        }
        polled.map(|frame| Some(frame?.map(|frame| self.piece_of(frame))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.body.size_hint();
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint.set_lower(hint.lower().saturating_add(rest));
        hint
    }
}

/// hyper has all of the answer, or wants no more of it.
impl Drop for AnswerBody {
    fn drop(&mut self) {
        if let Some(line) = &self.line {
            line.end();
        }
    }
}

pin_project! {
    /// The body of a request, as the app reads it: tells the connection how far it is.
    pub(crate) struct RequestBody<B> {
        #[pin]
        body: B,
        line: Option<Arc<Line>>,
    }
}

impl<B> RequestBody<B> {
    pub(crate) fn new(body: B, line: Option<Arc<Line>>) -> Self {
        Self { body, line }
    }
}

impl<B: Body> Body for RequestBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let polled = this.body.as_mut().poll_frame(cx);
        let Some(line) = this.line else { return polled };
        match &polled {
            Poll::Ready(Some(Err(_))) => line.break_off(),
            Poll::Ready(None) => line.make_whole(),
            Poll::Ready(Some(Ok(_))) if this.body.is_end_stream() => line.make_whole(),
            Poll::Ready(_) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
