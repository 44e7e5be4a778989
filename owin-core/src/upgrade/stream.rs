//! A stream of bytes both ways, without naming a runtime.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::Error;
use crate::exclusive::Exclusive;

/// A stream of bytes both ways; implemented by servers over what they have.
///
/// With the feature `tokio` everything that reads and writes in tokio's way becomes an
/// [`OpaqueStream`] by `OpaqueStream::from_tokio`.
pub trait Duplex: Send + 'static {
    /// Reads into the front of `buf`; 0 at the end.
    ///
    /// # Errors
    ///
    /// Where the connection was lost.
    fn poll_read(
        self: Pin<&mut Self>,
        buf: &mut [u8],
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, Error>>;

    /// Takes some bytes from the front of `data`.
    ///
    /// # Errors
    ///
    /// Where the connection was lost.
    fn poll_write(
        self: Pin<&mut Self>,
        data: &[u8],
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, Error>>;

    /// Sends what was taken.
    ///
    /// # Errors
    ///
    /// Where the connection was lost.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>>;

    /// Ends the outgoing direction.
    ///
    /// # Errors
    ///
    /// Where the connection was lost.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>>;
}

/// The bytes of a connection that was taken over (`opaque.Stream`).
pub struct OpaqueStream(Exclusive<Pin<Box<dyn Duplex>>>);

impl OpaqueStream {
    /// Boxes a stream.
    #[must_use]
    pub fn new(stream: impl Duplex) -> Self {
        Self(Exclusive::new(Box::pin(stream)))
    }

    /// Reads into the front of `buf` and says how many bytes; 0 at the end.
    ///
    /// # Errors
    ///
    /// Where the connection was lost.
    pub async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
        poll_fn(|cx| self.pinned().poll_read(buf, cx)).await
    }

    /// Writes all bytes.
    ///
    /// # Errors
    ///
    /// Where the connection was lost.
    pub async fn write_all(&mut self, mut data: &[u8]) -> Result<(), Error> {
        while !data.is_empty() {
            let count = poll_fn(|cx| self.pinned().poll_write(data, cx)).await?;
            if count == 0 {
                return Err(Error::peer("the connection takes no more bytes"));
            }
            data = data.get(count..).unwrap_or_default();
        }
        Ok(())
    }

    /// Sends what was written.
    ///
    /// # Errors
    ///
    /// Where the connection was lost.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.pinned().poll_flush(cx)).await
    }

    /// Ends the outgoing direction; the other end reads to its end.
    ///
    /// # Errors
    ///
    /// Where the connection was lost.
    pub async fn shutdown(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.pinned().poll_shutdown(cx)).await
    }

    /// The stream itself, to be polled.
    pub fn pinned(&mut self) -> Pin<&mut dyn Duplex> {
        self.0.get_mut().as_mut()
    }
}

impl fmt::Debug for OpaqueStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpaqueStream")
    }
}

#[cfg(feature = "tokio")]
mod tokio_io {
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll, ready};

    use pin_project_lite::pin_project;
    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    use super::{Duplex, OpaqueStream};
    use crate::Error;

    pin_project! {
        struct Tokio<T> {
            #[pin]
            io: T,
        }
    }

    fn lost(error: io::Error) -> Error {
        Error::peer("the connection was lost").with_source(error)
    }

    impl<T: AsyncRead + AsyncWrite + Send + 'static> Duplex for Tokio<T> {
        fn poll_read(
            self: Pin<&mut Self>,
            buf: &mut [u8],
            cx: &mut Context<'_>,
        ) -> Poll<Result<usize, Error>> {
            let mut buf = ReadBuf::new(buf);
            ready!(self.project().io.poll_read(cx, &mut buf)).map_err(lost)?;
            Poll::Ready(Ok(buf.filled().len()))
        }

        fn poll_write(
            self: Pin<&mut Self>,
            data: &[u8],
            cx: &mut Context<'_>,
        ) -> Poll<Result<usize, Error>> {
            self.project().io.poll_write(cx, data).map_err(lost)
        }

        fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
            self.project().io.poll_flush(cx).map_err(lost)
        }

        fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
            self.project().io.poll_shutdown(cx).map_err(lost)
        }
    }

    impl OpaqueStream {
        /// Makes a stream of what reads and writes in tokio's way.
        #[must_use]
        pub fn from_tokio(io: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
            Self::new(Tokio { io })
        }
    }

    impl AsyncRead for OpaqueStream {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let unfilled = buf.initialize_unfilled();
            let count = ready!(self.pinned().poll_read(unfilled, cx)).map_err(io::Error::other)?;
            buf.advance(count);
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for OpaqueStream {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            data: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.pinned().poll_write(data, cx).map_err(io::Error::other)
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.pinned().poll_flush(cx).map_err(io::Error::other)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.pinned().poll_shutdown(cx).map_err(io::Error::other)
        }
    }
}
