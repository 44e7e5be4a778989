//! Any pipe as a transport that remembers whether it was reset.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::transport::Transport;

/// Says that a transport was reset.
#[derive(Debug)]
pub(super) struct WasReset;

/// A pipe, and whether it was reset.
pub(super) struct Remembering<T> {
    io: T,
    was_reset: Arc<AtomicBool>,
}

impl<T> Remembering<T> {
    /// The pipe, and what tells of it afterwards.
    pub(super) fn of(io: T) -> (Self, impl FnOnce() -> Option<WasReset>) {
        let was_reset = Arc::<AtomicBool>::default();
        let told = Arc::clone(&was_reset);
        (Self { io, was_reset }, move || told.load(Ordering::SeqCst).then_some(WasReset))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Transport for Remembering<T> {
    fn reset(self) {
        self.was_reset.store(true, Ordering::SeqCst);
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Remembering<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Remembering<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
