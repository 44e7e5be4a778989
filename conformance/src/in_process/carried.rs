//! A connection in memory, for a client that waits.

use std::fmt;
use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::wire::Stream;

/// How long a write may take; no usual time-out of a server.
const PATIENCE: Duration = Duration::from_millis(3300);

/// An asynchronous stream as one that waits. It is used from threads that run no futures.
pub(super) struct Carried<T> {
    stream: T,
    handle: Handle,
}

impl<T> Carried<T> {
    pub(super) fn new(stream: T, handle: Handle) -> Self {
        Self { stream, handle }
    }
}

fn within<O>(
    handle: &Handle,
    patience: Duration,
    work: impl Future<Output = io::Result<O>>,
) -> io::Result<O> {
    handle.block_on(async { timeout(patience, work).await.map_err(io::Error::from)? })
}

impl<T: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin> Stream for Carried<T> {
    fn receive(&mut self, bytes: &mut [u8], patience: Duration) -> io::Result<usize> {
        within(&self.handle, patience, self.stream.read(bytes))
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        within(&self.handle, PATIENCE, self.stream.write_all(bytes))
    }

    fn half_close(&mut self) {
        let _gone = within(&self.handle, PATIENCE, self.stream.shutdown());
    }

    /// Memory has no reset: both directions end.
    fn reset(self: Box<Self>) {}
}

impl<T: fmt::Debug> fmt::Debug for Carried<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Carried").field(&self.stream).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn it_waits_as_long_as_it_is_told_and_ends_in_two_halves() {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap();
        let (stream, other) = tokio::io::duplex(64);
        let mut one = Carried::new(stream, runtime.handle().clone());
        let mut other = Carried::new(other, runtime.handle().clone());
        let error = one.receive(&mut [0], Duration::from_millis(1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        one.send(b"there").unwrap();
        one.half_close();
        let mut read = [0; 9];
        assert_eq!(other.receive(&mut read, LONG).unwrap(), 5);
        assert_eq!(&read[..5], b"there");
        assert_eq!(other.receive(&mut read, LONG).unwrap(), 0);
        other.send(b"back").unwrap();
        assert_eq!(one.receive(&mut read, LONG).unwrap(), 4);
        Box::new(other).reset();
        assert_eq!(one.receive(&mut read, LONG).unwrap(), 0);
    }
}
