//! Bytes between the transport and the buffers.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use tokio_util::io::poll_read_buf;

use crate::h1::driver::Driver;
use crate::h1::pool;
use crate::transport::Transport;

impl<T: Transport> Driver<T> {
    /// Reads what has come; 0 at the end. A buffer is taken only once there is something to read.
    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let unread = self.machine.unread_mut();
        if unread.capacity() == 0 {
            ready!(self.io.poll_readable(cx))?;
            *unread = pool::take();
        }
        let size = self.settings.limits.read_buffer_bytes;
        if unread.capacity() - unread.len() < size / 2 {
            unread.reserve(size);
        }
        let count = ready!(poll_read_buf(Pin::new(&mut self.io), cx, unread))?;
        self.is_at_end |= count == 0;
        Poll::Ready(Ok(count))
    }

    /// Writes all that was collected.
    pub(super) fn poll_write_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            let count = match Pin::new(&mut self.io).poll_write(cx, &self.out) {
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
            self.out.advance(count);
            if self.writing.deadline().is_some() {
                self.writing.moved(count, self.clock.now());
            }
        }
        Pin::new(&mut self.io).poll_flush(cx)
    }

    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    /// Holds no buffer while there is nothing in it.
    pub(super) fn release_buffers(&mut self) {
        if self.machine.unread_bytes() == 0 {
            pool::give(self.machine.unread_mut());
        }
        if self.out.is_empty() {
            pool::give(&mut self.out);
        }
    }
}
