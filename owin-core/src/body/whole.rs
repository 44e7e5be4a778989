//! A body of a response that is handed over whole.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};

use crate::Error;
use crate::body::BoxBody;

/// A body handed over whole: bytes, a stream of them, or bytes followed by a stream.
///
/// ```
/// use owin_core::body::Whole;
///
/// let body = Whole::from("Hello, World!");
/// assert_eq!(body.length(), Some(13));
/// ```
#[derive(Debug, Default)]
pub struct Whole {
    front: Bytes,
    rest: Option<BoxBody>,
}

impl Whole {
    /// A body without bytes.
    #[must_use]
    pub const fn empty() -> Self {
        Self { front: Bytes::new(), rest: None }
    }

    /// Takes any body; the server pulls it once the pipeline has unwound.
    #[must_use]
    pub fn stream<B>(body: B) -> Self
    where
        B: Body<Data: Buf, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
    {
        Self { front: Bytes::new(), rest: Some(BoxBody::new(body)) }
    }

    /// How many bytes are left, where that is known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        let rest = match &self.rest {
            Some(rest) if rest.is_over() => 0,
            Some(rest) => rest.size_hint().exact()?,
            None => 0,
        };
        rest.checked_add(u64::try_from(self.front.len()).ok()?)
    }

    /// Says whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.front.is_empty() && self.rest.as_ref().is_none_or(BoxBody::is_over)
    }

    /// Takes the bytes, where the body is nothing but bytes.
    ///
    /// # Errors
    ///
    /// The body itself, unchanged, where it is or has a stream.
    pub fn into_bytes(self) -> Result<Bytes, Self> {
        if self.rest.is_some() { Err(self) } else { Ok(self.front) }
    }

    /// Says whether there are bytes that are pulled later.
    pub(crate) fn has_stream(&self) -> bool {
        self.rest.is_some()
    }

    /// Takes the bytes in front of the stream.
    #[inline]
    pub(crate) fn take_front(&mut self) -> Bytes {
        std::mem::take(&mut self.front)
    }

    /// Forgets what is left.
    #[inline]
    pub(crate) fn clear(&mut self) {
        if !self.front.is_empty() || self.rest.is_some() {
            *self = Self::empty();
        }
    }

    /// Puts bytes in front.
    pub(crate) fn prepend(&mut self, mut front: Bytes) {
        if front.is_empty() {
            return;
        }
        if !self.front.is_empty() {
            let joined = [front.as_ref(), self.front.as_ref()].concat();
            front = Bytes::from(joined);
        }
        self.front = front;
    }
}

impl Body for Whole {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if !self.front.is_empty() {
            let front = std::mem::take(&mut self.front);
            return Poll::Ready(Some(Ok(Frame::data(front))));
        }
        self.rest.as_mut().map_or(Poll::Ready(None), |rest| rest.poll(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.length().map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

impl From<Bytes> for Whole {
    fn from(front: Bytes) -> Self {
        Self { front, rest: None }
    }
}

impl From<&'static str> for Whole {
    fn from(text: &'static str) -> Self {
        Self::from(Bytes::from_static(text.as_bytes()))
    }
}

impl From<&'static [u8]> for Whole {
    fn from(bytes: &'static [u8]) -> Self {
        Self::from(Bytes::from_static(bytes))
    }
}

impl From<String> for Whole {
    fn from(text: String) -> Self {
        Self::from(Bytes::from(text))
    }
}

impl From<Vec<u8>> for Whole {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(Bytes::from(bytes))
    }
}
