//! `owin.RequestBody`: pulled by the application.

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes, BytesMut};
use http::StatusCode;
use http_body::{Body, Frame, SizeHint};

use crate::body::channel::{self, BodySender};
use crate::body::{BoxBody, Whole};
use crate::headers::Headers;
use crate::lint::ReadWatch;
use crate::{Error, ErrorKind};

/// The decoded body of a request (OWIN 1.0 §3.4).
///
/// An [`http_body::Body`]; with the feature `tokio` an `AsyncRead` too. The end comes only after
/// the whole body: where the client goes away before, reading fails, however often. Trailer fields are in
/// [`trailers`](Self::trailers) once the end was reached.
///
/// ```
/// use owin_core::{Environment, Error};
///
/// async fn echo(mut env: Environment) -> Result<Environment, Error> {
///     while let Some(chunk) = env.request_mut().body_mut().chunk().await? {
///         env.response_mut().write_bytes(chunk).await?;
///     }
///     Ok(env)
/// }
/// ```
#[derive(Default)]
pub struct RequestBody {
    body: Option<BoxBody>,
    /// What an `AsyncRead` did not take yet.
    pub(super) rest: Bytes,
    trailers: Option<Box<Headers>>,
    /// The fault and the answer of an error that broke the body off. It must never look whole.
    broken: Option<(ErrorKind, StatusCode)>,
    /// Who is told of each read.
    watch: Option<Arc<ReadWatch>>,
}

impl RequestBody {
    /// A body that is at its end.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Takes any body. The server's own stops with an error where the peer goes away.
    #[must_use]
    pub fn new<B>(body: B) -> Self
    where
        B: Body<Data: Buf, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
    {
        Self { body: Some(BoxBody::new(body)), ..Self::default() }
    }

    /// A body and what feeds it, one frame at a time: who sends waits until it was taken.
    #[must_use]
    pub fn channel() -> (BodySender, Self) {
        let (sender, receiver) = channel::channel(None);
        (sender, Self::new(receiver))
    }

    /// The same for a body that says in front how many bytes it has: so an app that answers with it
    /// can say so too.
    #[must_use]
    pub fn channel_of_length(length: u64) -> (BodySender, Self) {
        let (sender, receiver) = channel::channel(Some(length));
        (sender, Self::new(receiver))
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    ///
    /// Where the rest of the body cannot come any more, or breaks a limit.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            match poll_fn(|cx| Pin::new(&mut *self).poll_frame(cx)).await {
                None => return Ok(None),
                Some(frame) => {
                    if let Ok(data) = frame?.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// The whole rest of the body.
    ///
    /// # Errors
    ///
    /// As for [`chunk`](Self::chunk), and with the status 413 where there are more than `max_bytes`.
    pub async fn read_to_end(&mut self, max_bytes: usize) -> Result<Bytes, Error> {
        let mut all = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if all.len() + chunk.len() > max_bytes {
                return Err(Error::peer(format!("the body has more than {max_bytes} bytes"))
                    .with_status(StatusCode::PAYLOAD_TOO_LARGE));
            }
            if all.is_empty() && self.is_end_stream() {
                return Ok(chunk);
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    /// The trailer fields; `None` before the end of the body, and where there were none.
    #[must_use]
    pub fn trailers(&self) -> Option<&Headers> {
        self.trailers.as_deref()
    }

    /// Says whether the body is just as [`empty`](Self::empty) makes it.
    pub(crate) fn is_blank(&self) -> bool {
        let Self { body, rest, trailers, broken, watch } = self;
        let has_nothing = body.is_none() && rest.is_empty() && trailers.is_none();
        has_nothing && broken.is_none() && watch.is_none()
    }

    /// Who is told of each read; for the lint, which puts back what was there before.
    pub(crate) fn watch_mut(&mut self) -> &mut Option<Arc<ReadWatch>> {
        &mut self.watch
    }

    fn poll_inner(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            return Poll::Ready(Some(Ok(Frame::data(rest))));
        }
        if let Some((kind, status)) = self.broken {
            let error = Error::new(kind, "the body of the request broke off before");
            return Poll::Ready(Some(Err(error.with_status(status))));
        }
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = body.poll(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.trailers = Some(Box::new(Headers::from(trailers.clone())));
                }
            }
            Poll::Ready(Some(Err(error))) => self.broken = Some((error.kind(), error.status())),
            Poll::Ready(None) | Poll::Pending => {}
        }
        polled
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let polled = self.poll_inner(cx);
        if let Some(watch) = &self.watch {
            watch.polled(polled.is_pending());
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
            && self.broken.is_none()
            && self.body.as_ref().is_none_or(BoxBody::is_over)
    }

    fn size_hint(&self) -> SizeHint {
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        let Some(body) = self.body.as_ref().filter(|body| !body.is_over()) else {
            return SizeHint::with_exact(rest);
        };
        let mut hint = body.size_hint();
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint.set_lower(hint.lower().saturating_add(rest));
        hint
    }
}

impl From<Whole> for RequestBody {
    fn from(whole: Whole) -> Self {
        if whole.is_empty() { Self::empty() } else { Self::new(whole) }
    }
}

/// Bodies look alike, whoever feeds them.
impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestBody")
    }
}
