//! The body of a request as a tokio reader.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http_body::Body;
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

use crate::body::BodySender;
use crate::{Error, RequestBody};

impl AsyncRead for RequestBody {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.rest.is_empty() {
            match ready!(self.as_mut().poll_frame(cx)) {
                None => return Poll::Ready(Ok(())),
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                Some(Ok(frame)) => self.rest = frame.into_data().unwrap_or_default(),
            }
        }
        let count = self.rest.len().min(buf.remaining());
        buf.put_slice(&self.rest.split_to(count));
        debug_assert!(!self.rest.has_remaining() || buf.remaining() == 0);
        Poll::Ready(Ok(()))
    }
}

impl BodySender {
    /// Feeds the next `left` bytes of a reader to the body, as far as somebody reads it; `left` then
    /// says how many were not wanted. For a body of known length.
    ///
    /// # Errors
    ///
    /// Where the reader fails or ends before: the client has gone away.
    pub async fn feed(
        mut self,
        reader: &mut (impl AsyncBufRead + Unpin),
        left: &mut u64,
    ) -> Result<(), Error> {
        while *left > 0 && self.ready().await {
            let data = poll_fn(|cx| {
                let filled = ready!(Pin::new(&mut *reader).poll_fill_buf(cx))?;
                let count = filled.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                Poll::Ready(io::Result::Ok(filled.get(..count).unwrap_or_default().to_vec()))
            });
            let data = data.await?;
            if data.is_empty() {
                return Err(Error::peer("the client went away before the whole body came"));
            }
            Pin::new(&mut *reader).consume(data.len());
            *left = left.saturating_sub(u64::try_from(data.len()).unwrap_or(u64::MAX));
            self.send(data).await?;
        }
        self.finish();
        Ok(())
    }
}
