//! A frame as bytes (RFC 6455 §5.2).

/// The opcodes.
pub(crate) const CONTINUATION: u8 = 0x0;
pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;
pub(crate) const PONG: u8 = 0xA;

/// What the client masks its bytes with; anything but zeros shows whether the server takes it off.
const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// The longest payload that is read; no message that the suite sends is longer.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// A frame that the suite sends. What it is can be wrong in any way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    is_final: bool,
    /// The three reserved bits.
    reserved: u8,
    opcode: u8,
    is_masked: bool,
    payload: &'a [u8],
    /// The length that the frame tells, where it is another one than it has.
    told: Option<u64>,
}

/// A frame that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Came {
    pub(crate) is_final: bool,
    pub(crate) opcode: u8,
    pub(crate) payload: Vec<u8>,
    /// What no server may do, though its meaning is clear.
    pub(crate) defect: Option<&'static str>,
}

/// What the bytes that have come are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// More bytes are needed.
    Partial,
    /// A frame, and how many bytes it took.
    Whole(Came, usize),
    /// No frame that the suite reads, and why.
    Malformed(String),
}

impl<'a> Frame<'a> {
    /// A frame that is the last of its message.
    pub(crate) const fn new(opcode: u8, payload: &'a [u8]) -> Self {
        Self { is_final: true, reserved: 0, opcode, is_masked: true, payload, told: None }
    }

    pub(crate) const fn text(payload: &'a [u8]) -> Self {
        Self::new(TEXT, payload)
    }

    pub(crate) const fn binary(payload: &'a [u8]) -> Self {
        Self::new(BINARY, payload)
    }

    pub(crate) const fn continuation(payload: &'a [u8]) -> Self {
        Self::new(CONTINUATION, payload)
    }

    pub(crate) const fn ping(payload: &'a [u8]) -> Self {
        Self::new(PING, payload)
    }

    pub(crate) const fn pong(payload: &'a [u8]) -> Self {
        Self::new(PONG, payload)
    }

    /// The payload is the code, in two bytes, and the reason.
    pub(crate) const fn close(payload: &'a [u8]) -> Self {
        Self::new(CLOSE, payload)
    }

    /// More of its message follows.
    pub(crate) const fn and_more(self) -> Self {
        Self { is_final: false, ..self }
    }

    pub(crate) const fn unmasked(self) -> Self {
        Self { is_masked: false, ..self }
    }

    pub(crate) const fn with_reserved(self, reserved: u8) -> Self {
        Self { reserved, ..self }
    }

    /// Tells a length that it does not have.
    pub(crate) const fn telling(self, length: u64) -> Self {
        Self { told: Some(length), ..self }
    }

    /// The bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let first = (u8::from(self.is_final) << 7) | (self.reserved << 4) | self.opcode;
        let mut bytes = vec![first];
        let has_mask = u8::from(self.is_masked) << 7;
        let length = u64::try_from(self.payload.len()).unwrap_or(u64::MAX);
        let told = self.told.unwrap_or(length);
        match (u8::try_from(told), u16::try_from(told)) {
            (Ok(short @ 0..=125), _) => bytes.push(has_mask | short),
            (_, Ok(middle)) => {
                bytes.push(has_mask | 126);
                bytes.extend(middle.to_be_bytes());
            }
            _ => {
                bytes.push(has_mask | 127);
                bytes.extend(told.to_be_bytes());
            }
        }
        if self.is_masked {
            bytes.extend(MASK);
            bytes
                .extend(self.payload.iter().zip(MASK.iter().cycle()).map(|(byte, own)| byte ^ own));
        } else {
            bytes.extend(self.payload);
        }
        bytes
    }
}

/// Reads the first frame.
pub(super) fn read(bytes: &[u8]) -> Reading {
    let Some(([first, second], rest)) = bytes.split_first_chunk::<2>() else {
        return Reading::Partial;
    };
    let (told, rest, least) = match second & 0x7F {
        126 => match rest.split_first_chunk::<2>() {
            Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), rest, 126),
            None => return Reading::Partial,
        },
        127 => match rest.split_first_chunk::<8>() {
            Some((length, rest)) => (u64::from_be_bytes(*length), rest, 65_536),
            None => return Reading::Partial,
        },
        short => (u64::from(short), rest, 0),
    };
    let length = usize::try_from(told).ok().filter(|_| told <= MOST_BYTES);
    let Some(length) = length else {
        return Reading::Malformed(format!("a frame of {told} bytes, which nobody asked for"));
    };
    let is_masked = second & 0x80 != 0;
    let (mask, rest) = match rest.split_first_chunk::<4>() {
        Some((mask, rest)) if is_masked => (*mask, rest),
        None if is_masked => return Reading::Partial,
        _ => ([0; 4], rest),
    };
    let Some((payload, rest)) = rest.split_at_checked(length) else { return Reading::Partial };
    let defect = if is_masked {
        Some("a frame of the server is masked (RFC 6455 §5.1)")
    } else if first & 0x70 != 0 {
        Some("a reserved bit is set, and no extension was agreed on (RFC 6455 §5.2)")
    } else if told < least {
        Some("a length has more bytes than it needs (RFC 6455 §5.2)")
    } else {
        None
    };
    let payload = payload.iter().zip(mask.iter().cycle()).map(|(byte, own)| byte ^ own).collect();
    let came = Came { is_final: first & 0x80 != 0, opcode: first & 0x0F, payload, defect };
    Reading::Whole(came, bytes.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(bytes: &[u8]) -> (Came, usize) {
        match read(bytes) {
            Reading::Whole(came, used) => (came, used),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_examples_of_the_standard_are_read_and_written() {
        // RFC 6455 §5.7
        let masked = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58];
        assert_eq!(Frame::text(b"Hello").encode(), masked);
        let (came, used) = whole(b"\x81\x05HelloX");
        assert_eq!((came.opcode, came.payload.as_slice(), used), (TEXT, &b"Hello"[..], 7));
        assert!(came.is_final && came.defect.is_none());
        assert_eq!(Frame::text(b"Hel").and_more().unmasked().encode(), b"\x01\x03Hel");
    }

    #[test]
    fn every_length_is_read_as_it_was_written_and_every_prefix_is_partial() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536] {
            let payload = vec![b'x'; length];
            let bytes = Frame::binary(&payload).unmasked().encode();
            let (came, used) = whole(&bytes);
            assert_eq!((came.payload.len(), used, came.defect), (length, bytes.len(), None));
            for end in (0..bytes.len()).step_by(1 + length / 50) {
                assert_eq!(read(&bytes[..end]), Reading::Partial, "{end} of {length}");
            }
        }
    }

    #[test]
    fn what_no_server_may_do_is_a_defect() {
        assert!(whole(&Frame::text(b"a").encode()).0.defect.is_some());
        assert!(whole(&Frame::text(b"a").unmasked().with_reserved(4).encode()).0.defect.is_some());
        assert!(whole(b"\x81\x7E\x00\x01a").0.defect.is_some());
        assert!(whole(b"\x81\x7F\x00\x00\x00\x00\x00\x00\x00\x01a").0.defect.is_some());
    }

    #[test]
    fn a_frame_without_end_is_not_waited_for() {
        let endless = Frame::binary(b"").unmasked().telling(1 << 62).encode();
        assert!(matches!(read(&endless), Reading::Malformed(_)));
    }
}
