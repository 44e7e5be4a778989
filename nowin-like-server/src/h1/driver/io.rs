//! Bytes between the transport and the buffers.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use tokio_util::io::poll_read_buf;

use crate::h1::driver::Driver;
use crate::h1::pool;
use crate::transport::Transport;

/// A piece of a body that has so many bytes is not copied.
const LARGE_BYTES: usize = 16 * 1024;

impl<T: Transport> Driver<T> {
    /// Reads what has come; 0 at the end. Who waits for bytes holds no buffers.
    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let unread = self.machine.unread_mut();
        if unread.capacity() == 0 {
            pool::take(unread, &mut self.out);
        }
        let size = self.settings.limits.read_buffer_bytes;
        if unread.capacity() - unread.len() < size / 2 {
            unread.reserve(size);
        }
        match poll_read_buf(Pin::new(&mut self.io), cx, unread) {
            Poll::Ready(count) => {
                let count = count?;
                self.is_at_end |= count == 0;
                Poll::Ready(Ok(count))
            }
            Poll::Pending => {
                if unread.is_empty() && self.out.is_empty() {
                    pool::give(unread, &mut self.out);
                }
                Poll::Pending
            }
        }
    }

    /// Collects bytes of the body; a large piece is not copied, but sent as it is.
    #[inline]
    pub(super) fn write_data(&mut self, data: Bytes) {
        if data.is_empty() {
            // An empty chunk would be the last one.
            return;
        }
        self.machine.write_data_start(self.out.bytes_mut(), data.len());
        if data.len() >= LARGE_BYTES {
            self.large = data;
        } else {
            self.out.bytes_mut().extend_from_slice(&data);
            self.machine.write_data_end(self.out.bytes_mut());
        }
    }

    /// Writes all that was collected.
    pub(super) fn poll_write_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() || !self.large.is_empty() {
            let count = match self.poll_write(cx) {
                Poll::Ready(count) => count?,
                Poll::Pending => {
                    let now = self.clock.now();
                    self.writing.wait(now);
                    return Poll::Pending;
                }
            };
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.wrote(count);
            if self.writing.deadline().is_some() {
                self.writing.moved(count, self.clock.now());
            }
        }
        Pin::new(&mut self.io).poll_flush(cx)
    }

    /// One write of what was collected and, in the same call, of a large piece behind it.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let io = Pin::new(&mut self.io);
        match (self.out.is_empty(), self.large.is_empty()) {
            (_, true) => io.poll_write(cx, self.out.unsent()),
            (true, false) => io.poll_write(cx, &self.large),
            (false, false) => {
                let both = [IoSlice::new(self.out.unsent()), IoSlice::new(&self.large)];
                io.poll_write_vectored(cx, &both)
            }
        }
    }

    fn wrote(&mut self, count: usize) {
        let of_out = count.min(self.out.len());
        self.out.advance(of_out);
        let of_large = (count - of_out).min(self.large.len());
        if of_large > 0 {
            self.large.advance(of_large);
            if self.large.is_empty() {
                self.large = Bytes::new();
                self.machine.write_data_end(self.out.bytes_mut());
            }
        }
    }

    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
