//! A TCP connection as hyper reads and writes it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::time::Sleep;

use crate::line::Line;
use crate::out::Out;

/// The transport of a connection.
///
/// A client that closes its sending half gets its answer: hyper would take the end for the end of
/// the connection, so it is not told before the answer is out.
#[derive(Debug)]
pub(crate) struct Io {
    /// What was read to find out what the client speaks.
    pub(crate) front: Bytes,
    reader: OwnedReadHalf,
    line: Arc<Line>,
    closing: Option<Closing>,
}

/// The end of a connection on which the client may still be sending: the rest is read for a while, or
/// the client would be reset before it has read its answer (RFC 9112 §9.6).
#[derive(Debug)]
struct Closing {
    left_bytes: usize,
    late: Pin<Box<Sleep>>,
}

/// How long that lasts, and how much is read.
const LINGER: (Duration, usize) = (Duration::from_secs(1), 256 * 1024);

impl Io {
    /// Takes a connection, and what hyper's service has to know of it.
    pub(crate) fn new(stream: TcpStream) -> (Self, Arc<Line>) {
        let (reader, writer) = stream.into_split();
        let line = Arc::new(Line::over(writer));
        let front = Bytes::new();
        (Self { front, reader, line: Arc::clone(&line), closing: None }, line)
    }

    fn out(&self) -> io::Result<&Out> {
        self.line.out().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Reads what nobody wants.
    fn drain(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(closing) = &mut self.closing else { return Poll::Ready(()) };
        let mut piece = [0; 4 * 1024];
        while closing.left_bytes > 0 && closing.late.as_mut().poll(cx).is_pending() {
            let mut buf = ReadBuf::new(&mut piece);
            let read = ready!(Pin::new(&mut self.reader).poll_read(cx, &mut buf));
            if read.is_err() || buf.filled().is_empty() {
                break;
            }
            closing.left_bytes = closing.left_bytes.saturating_sub(buf.filled().len());
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.front.is_empty() {
            let count = self.front.len().min(buf.remaining());
            buf.put_slice(self.front.get(..count).unwrap_or_default());
            self.front.advance(count);
            self.line.read();
            return Poll::Ready(Ok(()));
        }
        let (before, has_room) = (buf.filled().len(), buf.remaining() > 0);
        ready!(Pin::new(&mut self.reader).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.line.read();
        } else if has_room && self.line.waits_for_answer() {
            self.line.keep_reader(cx.waker());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.out()?.poll_write(cx, &[IoSlice::new(data)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.out()?.poll_write(cx, data)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.out()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.closing.is_none() {
            ready!(self.out()?.poll_shutdown(cx))?;
            if !self.line.has_more() {
                return Poll::Ready(Ok(()));
            }
            let late = Box::pin(tokio::time::sleep(LINGER.0));
            self.closing = Some(Closing { left_bytes: LINGER.1, late });
        }
        self.drain(cx).map(Ok)
    }
}
