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
    line: Option<Arc<Line>>,
}

impl AnswerBody {
    pub(crate) fn new(body: CallBody, line: Option<Arc<Line>>) -> Self {
        Self { body, line }
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
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let (Poll::Pending, Some(line)) = (&polled, &self.line) {
            line.look_for_loss(cx);
            if line.take_broken() {
                self.body.cancel(CancelReason::PeerClosed);
            }
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
