//! What a mutant knows of its client while an app runs, and what it does with a connection that the
//! app has taken over.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use super::faults::Fault;
use super::head::Head;
use super::server::Connection;

/// What is read ahead of an app that does not read.
const AHEAD: usize = 1024 * 1024;

/// What is echoed where a fault cuts large streams.
const CUT: usize = 512 * 1024;

/// The other end of a connection.
#[derive(Debug, Default)]
pub(crate) struct Client {
    is_lost: bool,
    has_half_closed: bool,
    is_given_up: bool,
}

impl Client {
    /// Nothing is written to it any more.
    pub(super) fn is_given_up(&self) -> bool {
        self.is_given_up
    }
}

impl Connection {
    /// Whether the client has gone, looked at without waiting.
    pub(crate) fn is_lost(&mut self, head: &Head, has_read: bool) -> bool {
        let is_full = self.unread.len() > AHEAD && !self.has(Fault::UploadSwallowed);
        if self.client.is_lost || self.client.has_half_closed || is_full {
            return self.client.is_lost;
        }
        let mut bytes = vec![0; 64 * 1024];
        let _set = self.stream.set_read_timeout(Some(Duration::from_millis(1)));
        let read = self.stream.read(&mut bytes);
        let _set = self.stream.set_read_timeout(None);
        match read {
            Ok(0) if !has_read && !self.is_there(head) => {
                self.client.is_lost = !self.has(Fault::EndInBodyUntold);
                self.client.has_half_closed = true;
            }
            Ok(0) => {
                self.client.has_half_closed = true;
                self.client.is_given_up = self.has(Fault::HalfCloseIsLoss);
            }
            Ok(length) => self.unread.extend(&bytes[..length]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                self.client.is_lost = !self.has(Fault::ResetUntold);
                self.client.has_half_closed = true;
            }
            Err(_) => {}
        }
        self.client.is_lost
    }

    pub(crate) fn unread_bytes(&self) -> usize {
        self.unread.len()
    }

    /// Whether it was seen before that the client has gone.
    pub(crate) fn is_known_lost(&self) -> bool {
        self.client.is_lost
    }

    pub(crate) fn forget_loss(&mut self) {
        self.client.is_lost = false;
    }

    /// Keeps the connection until the client ends it.
    pub(crate) fn linger(&mut self) {
        while !self.is_dead() && self.stream.read(&mut [0; 1024]).is_ok_and(|length| length > 0) {}
    }

    /// Writes back what is read, to the end.
    pub(crate) fn echo(&mut self) {
        let early = std::mem::take(&mut self.unread);
        if !self.has(Fault::EarlyBytesLost) {
            self.write(early);
        }
        let (mut bytes, mut reads, mut total) = (vec![0; 64 * 1024], 0, 0);
        loop {
            let length = match self.stream.read(&mut bytes) {
                Ok(0) => return,
                Ok(length) => length,
                Err(_) if self.has(Fault::StreamOutlivesClient) => return self.outlive(),
                Err(_) => return,
            };
            (reads, total) = (reads + 1, total + length);
            if self.has(Fault::HalfCloseEndsStream) && self.is_half_closed() {
                return;
            }
            let is_lost = (length < 16 && reads == 2 && self.has(Fault::SecondReadLost))
                || (total > CUT && self.has(Fault::LargeStreamsCut));
            if !is_lost {
                self.write(&bytes[..length]);
            }
        }
    }

    fn outlive(&self) {
        while !self.is_dead() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
