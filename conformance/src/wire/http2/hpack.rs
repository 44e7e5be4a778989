//! Field blocks (RFC 7541): written as literals, and whatever bytes one likes; read in full.

use std::collections::VecDeque;
use std::sync::LazyLock;

use crate::wire::http2::tables::{CODE_BITS, STATIC};

/// The size of a dynamic table that nobody has agreed on otherwise (RFC 9113 §6.5.2).
pub(crate) const DEFAULT_TABLE_BYTES: usize = 4096;

/// What an entry counts besides its name and value (RFC 7541 §4.1).
const ENTRY_BYTES: usize = 32;

/// What is read of one block at most, unpacked; no answer that the suite asks for has more.
const MAX_LIST_BYTES: usize = 256 * 1024;

/// A field as it came.
pub(crate) type Field = (String, Vec<u8>);

/// Writes a field as a literal without indexing and without Huffman's code (RFC 7541 §6.2.2).
pub(crate) fn literal(block: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    block.push(0);
    for text in [name, value] {
        integer(block, 7, 0, text.len());
        block.extend(text);
    }
}

/// Writes a number into the last bits of a first byte, and as many more as it needs (§5.1).
fn integer(block: &mut Vec<u8>, bits: u32, first: u8, number: usize) {
    let most = (1_usize << bits) - 1;
    let byte = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
    if number < most {
        block.push(first | byte(number));
        return;
    }
    block.push(first | byte(most));
    let mut rest = number - most;
    while rest >= 128 {
        block.push(byte(rest % 128) | 0x80);
        rest /= 128;
    }
    block.push(byte(rest));
}

/// Reads the blocks of a connection; they depend on those before.
#[derive(Debug)]
pub(super) struct Decoder {
    /// The newest first.
    entries: VecDeque<Field>,
    used: usize,
    /// What the other side uses of it.
    room: usize,
    /// What it may use.
    most: usize,
}

impl Decoder {
    pub(super) fn new(most: usize) -> Self {
        Self { entries: VecDeque::new(), used: 0, room: DEFAULT_TABLE_BYTES, most }
    }

    /// Takes effect once the other side has acknowledged it.
    pub(super) fn agreed(&mut self) {
        self.room = self.room.min(self.most);
        self.shrink(0);
    }

    /// Reads a whole block.
    ///
    /// # Errors
    ///
    /// Where it is no block, or has no end.
    pub(super) fn read(&mut self, block: &[u8]) -> Result<Vec<Field>, String> {
        let (mut fields, mut rest, mut size) = (Vec::new(), block, 0);
        while let Some(first) = rest.first().copied() {
            let field = if first & 0x80 != 0 {
                self.at(number(&mut rest, 7)?)?
            } else if first & 0xE0 == 0x20 {
                if !fields.is_empty() {
                    return Err("a table is resized behind a field (RFC 7541 §4.2)".to_owned());
                }
                self.resize(number(&mut rest, 5)?)?;
                continue;
            } else {
                let is_kept = first & 0xC0 == 0x40;
                let index = number(&mut rest, if is_kept { 6 } else { 4 })?;
                let name = if index == 0 { text(&mut rest)? } else { self.at(index)?.0.into() };
                let name = String::from_utf8(name).map_err(|_| "a name is no UTF-8")?;
                let field = (name, text(&mut rest)?);
                if is_kept {
                    self.keep(field.clone());
                }
                field
            };
            size += ENTRY_BYTES + field.0.len() + field.1.len();
            if size > MAX_LIST_BYTES {
                return Err("a field section has no end".to_owned());
            }
            fields.push(field);
        }
        Ok(fields)
    }

    fn at(&self, index: usize) -> Result<Field, String> {
        let odd = || format!("there is no field with index {index} (RFC 7541 §2.3.3)");
        let place = index.checked_sub(1).ok_or_else(odd)?;
        match STATIC.get(place) {
            Some((name, value)) => Ok(((*name).to_owned(), value.as_bytes().to_vec())),
            None => self.entries.get(place - STATIC.len()).cloned().ok_or_else(odd),
        }
    }

    fn keep(&mut self, field: Field) {
        let size = ENTRY_BYTES + field.0.len() + field.1.len();
        self.shrink(size);
        if size <= self.room {
            self.used += size;
            self.entries.push_front(field);
        }
    }

    fn resize(&mut self, room: usize) -> Result<(), String> {
        if room > self.most.max(self.room) {
            return Err(format!("a table of {room} bytes was never allowed (RFC 7541 §6.3)"));
        }
        self.room = room;
        self.shrink(0);
        Ok(())
    }

    /// Drops the oldest entries, until there is room for so many bytes.
    fn shrink(&mut self, more: usize) {
        while self.used + more > self.room {
            let Some((name, value)) = self.entries.pop_back() else { return };
            self.used -= ENTRY_BYTES + name.len() + value.len();
        }
    }
}

/// Takes a number whose first part is in the last bits of the first byte (RFC 7541 §5.1).
fn number(rest: &mut &[u8], bits: u32) -> Result<usize, String> {
    let cut = || "a block ends within a number".to_owned();
    let mut take = || {
        let (first, others) = rest.split_first().ok_or_else(cut)?;
        *rest = others;
        Ok::<_, String>(*first)
    };
    let most = (1_usize << bits) - 1;
    let mut number = usize::from(take()?) & most;
    if number < most {
        return Ok(number);
    }
    for shift in [0, 7, 14, 21] {
        let byte = take()?;
        number += usize::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err("a number is too large (RFC 7541 §5.1)".to_owned())
}

/// Takes a string (RFC 7541 §5.2).
fn text(rest: &mut &[u8]) -> Result<Vec<u8>, String> {
    let is_packed = rest.first().is_some_and(|first| first & 0x80 != 0);
    let length = number(rest, 7)?;
    let cut = "a block ends within a string";
    let (own, others) = rest.split_at_checked(length).ok_or(cut)?;
    *rest = others;
    if is_packed { unpacked(own) } else { Ok(own.to_vec()) }
}

/// The codes by their bits: for each length the first code, and the bytes that have one, in order.
static CODES: LazyLock<Vec<(u32, Vec<usize>)>> = LazyLock::new(|| {
    let mut code = 0;
    let lengths = 0_u8..=30;
    lengths
        .map(|bits| {
            let own = CODE_BITS.iter().enumerate().filter(|(_, own)| **own == bits);
            let own: Vec<usize> = own.map(|(byte, _)| byte).collect();
            let first = code << 1;
            code = first + u32::try_from(own.len()).unwrap_or_default();
            (first, own)
        })
        .collect()
});

/// Reads Huffman's code (RFC 7541 §5.2).
fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let (mut text, mut code, mut bits) = (Vec::new(), 0_u32, 0_usize);
    for byte in bytes {
        for place in (0..8).rev() {
            code = (code << 1) | u32::from((byte >> place) & 1);
            bits += 1;
            let (first, own) = CODES.get(bits).ok_or("a string has no code of Huffman's")?;
            let found = code.checked_sub(*first).and_then(|at| own.get(usize::try_from(at).ok()?));
            if let Some(byte) = found {
                text.push(u8::try_from(*byte).map_err(|_| "a string has an EOS within")?);
                (code, bits) = (0, 0);
            }
        }
    }
    let is_padded = bits < 8 && code == (1 << bits) - 1;
    if is_padded { Ok(text) } else { Err("a string has an odd padding".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let pair = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap();
        digits.chunks(2).map(pair).collect()
    }

    fn shown(decoder: &mut Decoder, hex: &str) -> Vec<String> {
        let fields = decoder.read(&bytes(hex)).unwrap();
        let line = |(name, value): Field| format!("{name}: {}", String::from_utf8(value).unwrap());
        fields.into_iter().map(line).collect()
    }

    // RFC 7541 C.6: three responses on one connection, with Huffman's code and a table of 256 bytes.
    #[test]
    fn the_responses_of_the_standard_are_read() {
        let mut decoder = Decoder::new(256);
        decoder.agreed();
        let first = "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 \
                     82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3";
        let right = [
            ":status: 302",
            "cache-control: private",
            "date: Mon, 21 Oct 2013 20:13:21 GMT",
            "location: https://www.example.com",
        ];
        assert_eq!(shown(&mut decoder, first), right);
        assert_eq!(shown(&mut decoder, "4883 640e ffc1 c0bf")[0], ":status: 307");
        assert_eq!(decoder.entries.len(), 4);
    }

    #[test]
    fn a_literal_is_read_as_it_was_written() {
        let mut block = Vec::new();
        literal(&mut block, b"name", &[b'x'; 300]);
        let field = ("name".to_owned(), vec![b'x'; 300]);
        assert_eq!(Decoder::new(0).read(&block), Ok(vec![field]));
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for odd in [
            "80",
            "be",
            "ff ffff ffff 7f",
            "00",
            "0001 61",
            "3fe2 1f",
            "82 20",
            "0001 6181 00",
            "0001 6182 1fff",
            "0001 6184 ffff ffff",
        ] {
            assert!(Decoder::new(DEFAULT_TABLE_BYTES).read(&bytes(odd)).is_err(), "{odd}");
        }
    }
}
