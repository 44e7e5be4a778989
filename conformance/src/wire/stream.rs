//! What carries the bytes of a connection: TCP, or whatever else can do as much.

use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use socket2::SockRef;

/// What a socket is told to keep of what goes, where it shall keep little; no less than a segment on the
/// way within a machine, for else each waits for its receipt. What comes is kept in little room anyway,
/// until somebody reads it.
const KEPT_BYTES: usize = 64 * 1024;

/// A connection's two directions.
pub(crate) trait Stream: Debug + Send {
    /// Reads some bytes, none at the end, and waits no longer than that.
    fn receive(&mut self, bytes: &mut [u8], patience: Duration) -> io::Result<usize>;

    /// Writes all of the bytes.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Writes some of the bytes, and waits no longer than that for the other side to take any.
    fn send_some(&mut self, bytes: &[u8], patience: Duration) -> io::Result<usize> {
        let _unbounded = patience;
        self.send(bytes).map(|()| bytes.len())
    }

    /// Keeps little of what is on its way to the other side, where that can be told.
    fn keep_little(&mut self) {}

    /// Says that nothing more will be written.
    fn half_close(&mut self);

    /// Ends what is written without a word of what lies above TCP: as if the line had been cut.
    fn cut(&mut self) {
        self.half_close();
    }

    /// Says, on what lies above TCP only, that nothing more will be written; nothing where TCP is all
    /// that there is.
    fn notify_close(&mut self) {}

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

    fn send_some(&mut self, bytes: &[u8], patience: Duration) -> io::Result<usize> {
        let before = self.write_timeout()?;
        self.set_write_timeout(Some(patience.max(Duration::from_millis(1))))?;
        let sent = self.write(bytes);
        self.set_write_timeout(before)?;
        sent
    }

    fn keep_little(&mut self) {
        let _best_effort = SockRef::from(&*self).set_send_buffer_size(KEPT_BYTES);
    }

    fn half_close(&mut self) {
        let _gone = self.shutdown(Shutdown::Write);
    }

    fn reset(self: Box<Self>) {
        let _gone = SockRef::from(&*self).set_linger(Some(Duration::ZERO));
    }
}
