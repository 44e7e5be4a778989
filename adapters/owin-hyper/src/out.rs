//! What is to be written, collected while hyper is at work.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;

/// So many bytes are collected at most.
const COLLECTED_BYTES: usize = 64 * 1024;

/// Writes of so many bytes and more are not copied.
const LARGE_BYTES: usize = 8 * 1024;

/// Memory that is kept for the next answer.
const KEPT_BYTES: usize = 8 * 1024;

/// The writing half of a connection.
///
/// Each time the connection is driven, what hyper writes is collected, and goes out together when it
/// has nothing more to do: so pipelined answers leave together. hyper's own way of doing so
/// (`pipeline_flush`) holds answers back while a part of the next request lies there, also the
/// refusal of a head and the answer to an upgrade, and takes any number of bytes from a body.
pub(crate) struct Out {
    transport: Arc<OwnedWriteHalf>,
    collected: Mutex<Vec<u8>>,
    /// Nobody drives the connection any more: what is written goes out at once.
    is_direct: AtomicBool,
    /// The client does not take what is to be written.
    is_blocked: AtomicBool,
}

impl Out {
    pub(crate) fn new(transport: OwnedWriteHalf) -> Self {
        Self {
            transport: Arc::new(transport),
            collected: Mutex::default(),
            is_direct: AtomicBool::new(false),
            is_blocked: AtomicBool::new(false),
        }
    }

    pub(crate) fn transport(&self) -> &Arc<OwnedWriteHalf> {
        &self.transport
    }

    /// Says whether there is something that the client does not take.
    pub(crate) fn is_blocked(&self) -> bool {
        self.is_blocked.load(Ordering::Relaxed)
    }

    /// From now on what is written goes out at once.
    pub(crate) fn make_direct(&self) {
        self.is_direct.store(true, Ordering::Relaxed);
    }

    /// Takes bytes.
    pub(crate) fn poll_write(
        &self,
        cx: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let count: usize = data.iter().map(|piece| piece.len()).sum();
        let mut collected = self.lock();
        let is_driven = !self.is_direct.load(Ordering::Relaxed);
        if is_driven && count < LARGE_BYTES && collected.len() < COLLECTED_BYTES {
            data.iter().for_each(|piece| collected.extend_from_slice(piece));
            return Poll::Ready(Ok(count));
        }
        ready!(self.send(&mut collected, cx))?;
        self.poll_transport(cx, |transport| transport.try_write_vectored(data))
    }

    /// Sends what was collected, unless the connection is still being driven.
    pub(crate) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_direct.load(Ordering::Relaxed) {
            self.poll_send(cx)
        } else {
            Poll::Ready(Ok(()))
        }
    }

    /// Sends what was collected.
    pub(crate) fn poll_send(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.send(&mut self.lock(), cx)
    }

    /// Ends the outgoing direction, once everything has been sent.
    pub(crate) fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        match socket2::SockRef::from(self.stream()).shutdown(Shutdown::Write) {
            Err(error) if error.kind() != io::ErrorKind::NotConnected => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn send(&self, collected: &mut Vec<u8>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !collected.is_empty() {
            let count = ready!(self.poll_transport(cx, |it| it.try_write(collected)))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            collected.drain(..count);
        }
        if collected.capacity() > KEPT_BYTES {
            *collected = Vec::new();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_transport(
        &self,
        cx: &mut Context<'_>,
        write: impl Fn(&OwnedWriteHalf) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            match write(&self.transport) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => {
                    self.is_blocked.store(false, Ordering::Relaxed);
                    return Poll::Ready(written);
                }
            }
            self.is_blocked.store(true, Ordering::Relaxed);
            ready!(self.stream().poll_write_ready(cx))?;
        }
    }

    fn stream(&self) -> &TcpStream {
        let transport: &OwnedWriteHalf = &self.transport;
        transport.as_ref()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.collected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Out").field("is_blocked", &self.is_blocked).finish_non_exhaustive()
    }
}
