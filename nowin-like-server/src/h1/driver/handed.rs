//! The bytes of a connection in the hands of an app, until the server takes them back.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::{Buf, BytesMut};
use owin_core::{CancelReason, CancelSource};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::transport::Transport;

/// The transport behind the bytes that had come already; tells when it is lost.
pub(super) struct Handed<T> {
    unread: BytesMut,
    kept: Kept<T>,
    lost: CancelSource,
}

/// The server's hold on the transport.
pub(super) struct Kept<T>(Arc<Mutex<Shared<T>>>);

struct Shared<T> {
    /// Nothing once the server has taken it back.
    io: Option<T>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// Makes what an app is given, and what takes it back, whoever holds it then.
pub(super) fn hand<T>(io: T, unread: BytesMut, lost: CancelSource) -> (Handed<T>, Kept<T>) {
    let shared = Arc::new(Mutex::new(Shared { io: Some(io), reader: None, writer: None }));
    (Handed { unread, kept: Kept(Arc::clone(&shared)), lost }, Kept(shared))
}

impl<T> Kept<T> {
    /// Takes the transport back: reads and writes fail from now on, and those that wait.
    pub(super) fn take_back(&self) -> Option<T> {
        let mut shared = self.lock();
        let (io, wakers) = (shared.io.take(), [shared.reader.take(), shared.writer.take()]);
        drop(shared);
        wakers.into_iter().flatten().for_each(Waker::wake);
        io
    }

    fn lock(&self) -> MutexGuard<'_, Shared<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Transport> Handed<T> {
    fn read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut shared = self.kept.lock();
        let Some(io) = &mut shared.io else { return Poll::Ready(Err(taken_back())) };
        let done = Pin::new(io).poll_read(cx, buf);
        shared.reader = done.is_pending().then(|| cx.waker().clone());
        self.tell(done)
    }

    fn write<V>(
        &self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut T>, &mut Context<'_>) -> Poll<io::Result<V>>,
    ) -> Poll<io::Result<V>> {
        let mut shared = self.kept.lock();
        let Some(io) = &mut shared.io else { return Poll::Ready(Err(taken_back())) };
        let done = write(Pin::new(io), cx);
        shared.writer = done.is_pending().then(|| cx.waker().clone());
        self.tell(done)
    }

    fn tell<V>(&self, done: Poll<io::Result<V>>) -> Poll<io::Result<V>> {
        if matches!(done, Poll::Ready(Err(_))) {
            self.lost.cancel(CancelReason::PeerReset);
        }
        done
    }
}

fn taken_back() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the connection was given back to the server")
}

impl<T: Transport> AsyncRead for Handed<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.unread.is_empty() {
            return this.read(cx, buf);
        }
        let count = this.unread.len().min(buf.remaining());
        buf.put_slice(this.unread.get(..count).unwrap_or_default());
        this.unread.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl<T: Transport> AsyncWrite for Handed<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(cx, |io, cx| io.poll_write(cx, data))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(cx, T::poll_flush)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(cx, T::poll_shutdown)
    }
}
