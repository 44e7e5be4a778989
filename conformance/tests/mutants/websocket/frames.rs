//! Frames, read strictly and written well but for the fault.

use super::faults::Fault;

/// The longest payload.
const MOST: u64 = 4 * 1024 * 1024;

/// A frame of a client.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) is_final: bool,
    pub(super) opcode: u8,
    pub(super) payload: Vec<u8>,
}

/// What has come of a frame.
#[derive(Debug)]
pub(super) enum Read {
    Partial,
    /// The frame, and the bytes that it took.
    Whole(Frame, usize),
    /// A violation, and its code.
    Broken(u16),
}

pub(super) fn read(bytes: &[u8], fault: Option<Fault>) -> Read {
    let has = |own| fault == Some(own);
    let [first, second, rest @ ..] = bytes else { return Read::Partial };
    let (is_final, opcode) = (first & 0x80 != 0, first & 0x0F);
    if first & 0x70 != 0 && !has(Fault::ReservedTaken) {
        return Read::Broken(1002);
    }
    if !matches!(opcode, 0..=2 | 8..=10) && !has(Fault::OpcodesTaken) {
        return Read::Broken(1002);
    }
    let is_masked = second & 0x80 != 0;
    if !is_masked && !has(Fault::UnmaskedTaken) {
        return Read::Broken(1002);
    }
    if opcode >= 8 && !is_final && !has(Fault::ControlPartsTaken) {
        return Read::Broken(1002);
    }
    if opcode >= 8 && second & 0x7F > 125 && !has(Fault::LongControlTaken) {
        return Read::Broken(1002);
    }
    let (mut length, mut rest) = match (second & 0x7F, rest) {
        (126, [a, b, rest @ ..]) => (u64::from(u16::from_be_bytes([*a, *b])), rest),
        (127, rest) if rest.len() >= 8 => {
            let (length, rest) = rest.split_at(8);
            (u64::from_be_bytes(length.try_into().unwrap()), rest)
        }
        (126 | 127, _) => return Read::Partial,
        (short, rest) => (u64::from(short), rest),
    };
    if length >> 63 == 1 {
        if !has(Fault::TopBitDropped) {
            return Read::Broken(1002);
        }
        length &= u64::MAX >> 1;
    }
    let mut mask = [0; 4];
    if is_masked {
        if rest.len() < 4 {
            return Read::Partial;
        }
        mask.copy_from_slice(&rest[..4]);
        rest = &rest[4..];
    }
    if length > MOST {
        if !has(Fault::GreatFrameCut) {
            return Read::Broken(1009);
        }
        length = u64::try_from(rest.len()).unwrap();
    }
    let length = usize::try_from(length).unwrap();
    if rest.len() < length {
        return Read::Partial;
    }
    let mut payload = rest[..length].to_vec();
    for four in payload.chunks_mut(4) {
        for (byte, own) in four.iter_mut().zip(mask) {
            *byte ^= own;
        }
    }
    Read::Whole(Frame { is_final, opcode, payload }, bytes.len() - rest.len() + length)
}

/// The bytes of a frame of the server.
pub(super) fn written(opcode: u8, payload: &[u8], fault: Option<Fault>) -> Vec<u8> {
    let has = |own| fault == Some(own);
    let mut bytes = vec![0x80 | opcode];
    if has(Fault::ReservedBit) {
        bytes[0] |= 0x20;
    }
    let masked = if has(Fault::Masks) { 0x80 } else { 0 };
    match payload.len() {
        short @ 0..=125 if !has(Fault::LongLengths) => {
            bytes.push(masked | u8::try_from(short).unwrap());
        }
        middle @ 0..=65_535 => {
            bytes.push(masked | 126);
            bytes.extend(u16::try_from(middle).unwrap().to_be_bytes());
        }
        long => {
            bytes.push(masked | 127);
            bytes.extend(u64::try_from(long).unwrap().to_be_bytes());
        }
    }
    if has(Fault::Masks) {
        bytes.extend([0; 4]);
    }
    bytes.extend(payload);
    bytes
}
