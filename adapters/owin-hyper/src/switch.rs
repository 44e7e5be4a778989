//! A transport that begins with a script and becomes a real one.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf, Bytes};
use owin_core::upgrade::OpaqueStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Ends the head of an answer.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// The transport that hyper's connection is given: at first it reads a request that we wrote, and the
/// head of its answer goes nowhere; then come the bytes of the stream that was taken over.
pub(crate) struct Switch(Arc<Mutex<State>>);

/// Puts the stream in, and takes it out again.
pub(crate) struct Handle(Arc<Mutex<State>>);

struct State {
    /// What is read first.
    script: Bytes,
    /// How many bytes of the end of the head have been written.
    head_end: usize,
    stream: Stream,
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// Who waits until the other end is dropped.
    owner: Option<Waker>,
    is_dropped: bool,
}

enum Stream {
    NotYet,
    Real(OpaqueStream),
    Gone,
}

/// Makes a transport that begins by reading the script.
pub(crate) fn switch(script: Bytes) -> (Switch, Handle) {
    let state = Arc::new(Mutex::new(State {
        script,
        head_end: 0,
        stream: Stream::NotYet,
        reader: None,
        writer: None,
        owner: None,
        is_dropped: false,
    }));
    (Switch(Arc::clone(&state)), Handle(state))
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Handle {
    /// From now on the bytes are those of the stream.
    pub(crate) fn put(&self, stream: OpaqueStream) {
        self.replace(Stream::Real(stream));
    }

    /// Waits until whoever has the transport drops it.
    pub(crate) fn poll_dropped(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.0);
        if state.is_dropped {
            return Poll::Ready(());
        }
        state.owner = Some(cx.waker().clone());
        Poll::Pending
    }

    fn replace(&self, stream: Stream) {
        let mut state = lock(&self.0);
        let before = std::mem::replace(&mut state.stream, stream);
        let wakers = [state.reader.take(), state.writer.take()];
        drop(state);
        drop(before);
        wakers.into_iter().flatten().for_each(Waker::wake);
    }
}

/// Whoever still has the transport reads and writes no more: the server has the connection back.
impl Drop for Handle {
    fn drop(&mut self) {
        self.replace(Stream::Gone);
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        state.is_dropped = true;
        let owner = state.owner.take();
        drop(state);
        if let Some(owner) = owner {
            owner.wake();
        }
    }
}

impl State {
    /// Takes what belongs to the head of the answer, and says how much that was.
    fn swallow(&mut self, data: &[u8]) -> usize {
        let mut taken = 0;
        for byte in data {
            if self.head_end == HEAD_END.len() {
                break;
            }
            taken += 1;
            let is_next = HEAD_END.get(self.head_end) == Some(byte);
            self.head_end = if is_next { self.head_end + 1 } else { usize::from(*byte == b'\r') };
        }
        taken
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the connection was given back to the server")
}

impl AsyncRead for Switch {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let state = &mut *lock(&self.0);
        if !state.script.is_empty() {
            let count = state.script.len().min(buf.remaining());
            buf.put_slice(state.script.get(..count).unwrap_or_default());
            state.script.advance(count);
            return Poll::Ready(Ok(()));
        }
        match &mut state.stream {
            Stream::NotYet => {
                state.reader = Some(cx.waker().clone());
                Poll::Pending
            }
            Stream::Gone => Poll::Ready(Err(gone())),
            Stream::Real(stream) => {
                let read = Pin::new(stream).poll_read(cx, buf);
                state.reader = read.is_pending().then(|| cx.waker().clone());
                read
            }
        }
    }
}

impl Switch {
    fn write<T>(
        &self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut OpaqueStream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let state = &mut *lock(&self.0);
        match &mut state.stream {
            Stream::NotYet => {
                state.writer = Some(cx.waker().clone());
                Poll::Pending
            }
            Stream::Gone => Poll::Ready(Err(gone())),
            Stream::Real(stream) => {
                let written = write(Pin::new(stream), cx);
                state.writer = written.is_pending().then(|| cx.waker().clone());
                written
            }
        }
    }

    fn is_in_head(&self) -> bool {
        lock(&self.0).head_end < HEAD_END.len()
    }
}

impl AsyncWrite for Switch {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_in_head() {
            let taken = lock(&self.0).swallow(data);
            return Poll::Ready(Ok(taken));
        }
        self.write(cx, |stream, cx| stream.poll_write(cx, data))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The head is flushed before there is a stream.
        let is_early = matches!(lock(&self.0).stream, Stream::NotYet);
        if is_early { Poll::Ready(Ok(())) } else { self.write(cx, OpaqueStream::poll_flush) }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.write(cx, OpaqueStream::poll_shutdown))?;
        Poll::Ready(Ok(()))
    }
}
