//! The beginning of a connection: the bytes until the first handshake message is there.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::faults::Fault;
use super::hello::{self, Hello};

/// The most that a record may have, encrypted or not (RFC 5246 §6.2.3).
const MAX_RECORD: usize = 16 * 1024 + 2048;

/// Records without content before the message that are stepped over.
const MAX_EMPTY: usize = 32;

/// How a server speaks TLS.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    pub(super) fault: Option<Fault>,
    /// What is agreed on by ALPN.
    pub(super) protocol: &'static [u8],
    /// It takes the clients of libraries alone, and none of the beginnings that the suite writes itself.
    pub(super) is_too_strict: bool,
}

/// A connection of which nothing was answered.
pub(super) struct Front {
    pub(super) tcp: TcpStream,
    pub(super) manner: Manner,
    /// All that has come, as the session is to see it.
    pub(super) came: Vec<u8>,
    pub(super) first: Option<First>,
}

/// What a connection begins with.
#[derive(Clone, Debug)]
pub(super) enum First {
    /// A ClientHello, in so many records; `None` where it is malformed.
    Hello(Option<Hello>, usize),
    /// Something else.
    Other,
    /// It ended before that was clear.
    Nothing,
}

impl Front {
    pub(super) fn new(tcp: TcpStream, manner: Manner) -> Self {
        let _set = tcp.set_nodelay(true);
        Self { tcp, manner, came: Vec::new(), first: None }
    }

    pub(super) fn has(&self, fault: Fault) -> bool {
        self.manner.fault == Some(fault)
    }

    /// Reads until it is clear what the client begins with.
    pub(super) fn read_hello(&mut self) {
        while self.first.is_none() {
            let mut bytes = [0; 16 * 1024];
            let length = self.tcp.read(&mut bytes).unwrap_or_default();
            if length == 0 {
                self.first = Some(First::Nothing);
                return;
            }
            self.came.extend(&bytes[..length]);
            self.spoil();
            let most = if self.has(Fault::LongRecordTaken) { usize::MAX } else { MAX_RECORD };
            self.first = first(&self.came, most);
        }
    }

    /// Makes the records that the fault lets through such as everybody takes.
    fn spoil(&mut self) {
        let (mut kept, mut rest) = (Vec::new(), self.came.as_slice());
        while rest.len() >= 5 {
            let length = usize::from(u16::from_be_bytes([rest[3], rest[4]]));
            let Some(content) = rest.get(5..5 + length) else { break };
            let is_skipped = match self.manner.fault {
                Some(Fault::EmptyRecordsSkipped) => length == 0,
                Some(Fault::UnknownRecordSkipped) => !(20..=24).contains(&rest[0]),
                _ => false,
            };
            if self.manner.fault == Some(Fault::LongRecordTaken) && length > MAX_RECORD {
                for part in content.chunks(16 * 1024) {
                    kept.extend(&rest[..3]);
                    kept.extend(u16::try_from(part.len()).unwrap().to_be_bytes());
                    kept.extend(part);
                }
            } else if !is_skipped {
                kept.extend(&rest[..5 + length]);
            }
            rest = &rest[5 + length..];
        }
        kept.extend(rest);
        self.came = kept;
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        let _gone = self.tcp.write_all(bytes);
    }

    /// Waits until the client goes.
    pub(super) fn wait(&mut self) {
        while self.tcp.read(&mut [0; 4096]).is_ok_and(|length| length > 0) {}
    }
}

/// What the bytes begin with; `None` where that is not clear yet.
fn first(bytes: &[u8], most: usize) -> Option<First> {
    let (mut message, mut rest, mut records, mut empty) = (Vec::new(), bytes, 0, 0);
    loop {
        if rest.first().is_some_and(|kind| *kind != 22) || empty > MAX_EMPTY {
            return Some(First::Other);
        }
        let header = rest.get(..5)?;
        let length = usize::from(u16::from_be_bytes([header[3], header[4]]));
        if header[1] != 3 || length > most {
            return Some(First::Other);
        }
        let content = rest.get(5..5 + length)?;
        message.extend(content);
        records += usize::from(length > 0);
        empty += usize::from(length == 0);
        rest = &rest[5 + length..];
        if message.first().is_some_and(|kind| *kind != 1) {
            return Some(First::Other);
        }
        if let Some([_, high, middle, low]) = message.first_chunk::<4>() {
            let length = u32::from_be_bytes([0, *high, *middle, *low]);
            if let Some(whole) = message.get(4..4 + usize::try_from(length).unwrap()) {
                return Some(First::Hello(hello::read(whole), records));
            }
        }
    }
}
