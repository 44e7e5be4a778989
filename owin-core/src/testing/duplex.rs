//! Two ends of a stream in memory.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::upgrade::Duplex;
use crate::{CancelReason, CancelSource, Error};

/// How many bytes one direction holds before its writer waits.
const CAPACITY_BYTES: usize = 64 * 1024;

/// One end of a stream in memory; what one end writes, the other reads.
#[derive(Debug)]
pub struct MemoryStream {
    incoming: Arc<Mutex<Direction>>,
    outgoing: Arc<Mutex<Direction>>,
    /// Fires when this end is dropped.
    lost: Option<CancelSource>,
}

#[derive(Debug, Default)]
struct Direction {
    bytes: VecDeque<u8>,
    is_shut: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// Makes the two ends of a stream in memory.
#[must_use]
pub fn memory_pair() -> (MemoryStream, MemoryStream) {
    let (there, back) = (Arc::default(), Arc::default());
    let (incoming, outgoing) = (Arc::clone(&back), Arc::clone(&there));
    let first = MemoryStream { incoming, outgoing, lost: None };
    (first, MemoryStream { incoming: there, outgoing: back, lost: None })
}

impl MemoryStream {
    /// Tells the source when this end is gone.
    pub(super) fn losing(mut self, lost: CancelSource) -> Self {
        self.lost = Some(lost);
        self
    }
}

fn lock(direction: &Mutex<Direction>) -> MutexGuard<'_, Direction> {
    direction.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Duplex for MemoryStream {
    fn poll_read(
        self: Pin<&mut Self>,
        buf: &mut [u8],
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, Error>> {
        let mut incoming = lock(&self.incoming);
        if incoming.bytes.is_empty() && !incoming.is_shut && !buf.is_empty() {
            incoming.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = incoming.bytes.len().min(buf.len());
        for (place, byte) in buf.iter_mut().zip(incoming.bytes.drain(..count)) {
            *place = byte;
        }
        wake(incoming.writer.take());
        Poll::Ready(Ok(count))
    }

    fn poll_write(
        self: Pin<&mut Self>,
        data: &[u8],
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, Error>> {
        let mut outgoing = lock(&self.outgoing);
        if outgoing.is_shut {
            return Poll::Ready(Err(Error::peer("the other end is gone")));
        }
        let room = CAPACITY_BYTES.saturating_sub(outgoing.bytes.len());
        if room == 0 {
            outgoing.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = room.min(data.len());
        outgoing.bytes.extend(data.iter().take(count));
        wake(outgoing.reader.take());
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut outgoing = lock(&self.outgoing);
        outgoing.is_shut = true;
        wake(outgoing.reader.take());
        Poll::Ready(Ok(()))
    }
}

/// Both directions end: the other end reads to its end, and its writes fail.
impl Drop for MemoryStream {
    fn drop(&mut self) {
        for direction in [&self.outgoing, &self.incoming] {
            let mut direction = lock(direction);
            direction.is_shut = true;
            wake(direction.reader.take());
            wake(direction.writer.take());
        }
        if let Some(lost) = &self.lost {
            lost.cancel(CancelReason::PeerClosed);
        }
    }
}
