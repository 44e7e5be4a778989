//! Records (FastCGI 1.0 §3.3): a header of eight bytes, content, padding.

use owin_core::bytes::{Buf, BufMut, Bytes, BytesMut};

use super::Broken;

const VERSION: u8 = 1;

const HEADER_BYTES: usize = 8;

/// The most content that goes into a record: what 16 bits hold, in whole eights, by which readers
/// like to be aligned.
const MAX_CONTENT: usize = 0xfff8;

/// Bytes that are a record to nobody: there is no version 0.
pub(super) const NONE: [u8; HEADER_BYTES] = [0; HEADER_BYTES];

/// The types (FastCGI 1.0 §8).
pub(super) mod kind {
    pub(crate) const BEGIN_REQUEST: u8 = 1;
    pub(crate) const ABORT_REQUEST: u8 = 2;
    pub(crate) const END_REQUEST: u8 = 3;
    pub(crate) const PARAMS: u8 = 4;
    pub(crate) const STDIN: u8 = 5;
    pub(crate) const STDOUT: u8 = 6;
    pub(crate) const DATA: u8 = 8;
    pub(crate) const GET_VALUES: u8 = 9;
    pub(crate) const GET_VALUES_RESULT: u8 = 10;
    pub(crate) const UNKNOWN_TYPE: u8 = 11;
}

/// A record as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) kind: u8,
    /// The request that it belongs to; 0 for none.
    pub(super) id: u16,
    pub(super) content: Bytes,
}

impl Record {
    /// Takes a whole record from the front of the input; `None` where it has not all come.
    ///
    /// # Errors
    ///
    /// Where it is of another version: then nothing in it means anything.
    pub(super) fn take(input: &mut BytesMut) -> Result<Option<Self>, Broken> {
        if let Some(version) = input.first().filter(|version| **version != VERSION) {
            return Err(Broken::Version(*version));
        }
        let Some([_, kind, id @ .., length_1, length_0, padding, _]) = input.first_chunk::<8>()
        else {
            return Ok(None);
        };
        let (kind, id) = (*kind, u16::from_be_bytes(*id));
        let length = usize::from(u16::from_be_bytes([*length_1, *length_0]));
        let padding = usize::from(*padding);
        if input.len() < HEADER_BYTES + length + padding {
            return Ok(None);
        }
        input.advance(HEADER_BYTES);
        let content = input.split_to(length).freeze();
        input.advance(padding);
        Ok(Some(Self { kind, id, content }))
    }
}

/// Writes content as records, as many as it takes; none where it is empty.
pub(super) fn write(kind: u8, id: u16, content: &[u8], out: &mut BytesMut) {
    for content in content.chunks(MAX_CONTENT) {
        put_header(kind, id, content.len(), out);
        out.extend_from_slice(content);
    }
}

/// Writes a record without content: the end of a stream.
pub(super) fn write_end(kind: u8, id: u16, out: &mut BytesMut) {
    put_header(kind, id, 0, out);
}

fn put_header(kind: u8, id: u16, length: usize, out: &mut BytesMut) {
    out.put_slice(&[VERSION, kind]);
    out.put_u16(id);
    out.put_u16(u16::try_from(length).unwrap_or(u16::MAX));
    out.put_slice(&[0, 0]);
}
