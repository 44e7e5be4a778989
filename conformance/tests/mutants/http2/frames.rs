//! Frames, read from a socket and written to it.

use std::io::{self, Read, Write};
use std::net::TcpStream;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RESET: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

/// What goes wrong: a code of the connection or of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    Connection(u32),
    Stream(u32, u32),
}

pub(crate) const PROTOCOL: u32 = 1;
pub(crate) const FLOW: u32 = 3;
pub(crate) const CLOSED: u32 = 5;
pub(crate) const SIZE: u32 = 6;
pub(crate) const REFUSED: u32 = 7;
pub(crate) const PACKED: u32 = 9;
pub(crate) const CALM: u32 = 11;

/// A frame as it came.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    /// With the reserved bit.
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// Reads the next one.
    pub(crate) fn read(stream: &mut impl Read) -> io::Result<Self> {
        let mut head = [0; 9];
        stream.read_exact(&mut head)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut payload)?;
        let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        Ok(Self { kind: head[3], flags: head[4], stream: id, payload })
    }

    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// What is left without padding and priority; `None` where the padding is too long.
    pub(crate) fn content(&self) -> Option<Vec<u8>> {
        let (mut from, mut padding) = (0, 0);
        if self.has(0x8) {
            padding = usize::from(*self.payload.first()?);
            from = 1;
        }
        if self.kind == HEADERS && self.has(0x20) {
            from += 5;
        }
        let to = self.payload.len().checked_sub(padding)?;
        self.payload.get(from..to).map(<[u8]>::to_vec)
    }
}

/// Writes a frame.
pub(crate) fn write(to: &mut TcpStream, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = length[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    let _gone = to.write_all(&bytes);
}
