//! What carries the bytes of a connection: TCP, or whatever else can do as much.

use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use socket2::SockRef;

/// A connection's two directions.
pub(crate) trait Stream: Debug + Send {
    /// Reads some bytes, none at the end, and waits no longer than that.
    fn receive(&mut self, bytes: &mut [u8], patience: Duration) -> io::Result<usize>;

    /// Writes all of the bytes.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Says that nothing more will be written.
    fn half_close(&mut self);

    /// Ends both directions at once, as if the program had died.
    fn reset(self: Box<Self>);
}

impl Stream for TcpStream {
    fn receive(&mut self, bytes: &mut [u8], patience: Duration) -> io::Result<usize> {
        // No time at all would mean to wait for ever.
        self.set_read_timeout(Some(patience.max(Duration::from_millis(1))))?;
        self.read(bytes)
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn half_close(&mut self) {
        let _gone = self.shutdown(Shutdown::Write);
    }

    fn reset(self: Box<Self>) {
        let _gone = SockRef::from(&*self).set_linger(Some(Duration::ZERO));
    }
}
