//! Any body, with its type forgotten.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::Error;
use crate::exclusive::Exclusive;

/// A boxed body that is `Sync` because nobody shares it.
#[derive(Debug)]
pub(crate) struct BoxBody {
    inner: Exclusive<Pin<Box<dyn Body<Data = Bytes, Error = Error> + Send>>>,
    hint: SizeHint,
    is_over: bool,
}

impl BoxBody {
    pub(crate) fn new<B>(body: B) -> Self
    where
        B: Body<Data: Buf, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
    {
        let (hint, is_over) = (body.size_hint(), body.is_end_stream());
        let erased = Erased { body };
        Self { inner: Exclusive::new(Box::pin(erased)), hint, is_over }
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        self.hint
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// The next frame. After the end or an error there is none.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let body = self.inner.get_mut();
        let polled = body.as_mut().poll_frame(cx);
        match &polled {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(_))) => {
                self.hint = body.size_hint();
                self.is_over = body.is_end_stream();
            }
            Poll::Ready(None | Some(Err(_))) => self.is_over = true,
        }
        polled
    }
}

pin_project! {
    /// A body whose data are [`Bytes`] and whose errors are ours.
    struct Erased<B> {
        #[pin]
        body: B,
    }
}

impl<B> Body for Erased<B>
where
    B: Body<Data: Buf, Error: Into<Box<dyn StdError + Send + Sync>>>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.project().body.poll_frame(cx).map(|frame| {
            frame.map(|frame| match frame {
                Ok(frame) => Ok(frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))),
                Err(error) => Err(Error::from(error.into())),
            })
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
