//! Field blocks, as far as the suite sends them: a part of the static table, the dynamic one, and the
//! codes of five bits of Huffman's.

use super::faults::Fault;

/// The characters whose code has five bits, in the order of their codes.
const FIVE_BITS: &[u8; 10] = b"012aceiost";

/// What a table may have.
const MOST: usize = 4096;

/// What a field section may have, unpacked.
const MOST_UNPACKED: usize = 256 * 1024;

pub(crate) type Line = (Vec<u8>, Vec<u8>);

/// Why a block cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Odd {
    Packed,
    TooLarge,
}

/// What blocks have put into the table, the newest first.
#[derive(Debug, Default)]
pub(crate) struct Table {
    lines: Vec<Line>,
}

/// A block that is read.
struct Block<'a> {
    rest: &'a [u8],
    fault: Option<Fault>,
}

impl Table {
    pub(crate) fn read(&mut self, block: &[u8], fault: Option<Fault>) -> Result<Vec<Line>, Odd> {
        if fault == Some(Fault::TableForgets) {
            self.lines.clear();
        }
        let mut block = Block { rest: block, fault };
        let (mut lines, mut size) = (Vec::new(), 0);
        while let Some(first) = block.rest.first().copied() {
            let line = match self.line(&mut block, first, lines.is_empty()) {
                Ok(Some(line)) => line,
                Ok(None) => continue,
                Err(Short::Cut) if fault == Some(Fault::CutBlockTaken) => break,
                Err(Short::Huge) if fault == Some(Fault::HugeIntegerTaken) => break,
                Err(_) => return Err(Odd::Packed),
            };
            size += line.0.len() + line.1.len() + 32;
            if size > MOST_UNPACKED && fault != Some(Fault::BombTaken) {
                return Err(Odd::TooLarge);
            }
            lines.push(line);
        }
        Ok(lines)
    }

    fn line(
        &mut self,
        block: &mut Block<'_>,
        first: u8,
        is_first: bool,
    ) -> Result<Option<Line>, Short> {
        if first >= 0x80 {
            let index = block.number(7)?;
            let found = self.at(index);
            let is_passed = block.fault == Some(Fault::UnknownIndexTaken);
            return if found.is_none() && !is_passed { Err(Short::Odd) } else { Ok(found) };
        }
        if (0x20..0x40).contains(&first) {
            let size = block.number(5)?;
            let is_late = !is_first && block.fault != Some(Fault::TableSizeAnywhere);
            let is_large = size > MOST && block.fault != Some(Fault::TableMayGrow);
            if is_late || is_large {
                return Err(Short::Odd);
            }
            return Ok(None);
        }
        let is_kept = first >= 0x40;
        let index = block.number(if is_kept { 6 } else { 4 })?;
        let name = match index {
            0 => block.text()?,
            _ => match self.at(index) {
                Some((name, _)) => name,
                None if block.fault == Some(Fault::UnknownIndexTaken) => b"x-nothing".to_vec(),
                None => return Err(Short::Odd),
            },
        };
        let line = (name, block.text()?);
        if is_kept {
            self.lines.insert(0, line.clone());
        }
        Ok(Some(line))
    }

    fn at(&self, index: usize) -> Option<Line> {
        let own = |name: &str, value: &str| Some((name.into(), value.into()));
        match index {
            2 => own(":method", "GET"),
            6 => own(":scheme", "http"),
            16 => own("accept-encoding", "gzip, deflate"),
            32 => own("cookie", ""),
            1..=61 => own("x-static", ""),
            _ => self.lines.get(index.checked_sub(62)?).cloned(),
        }
    }
}

/// Why a part of a block cannot be read.
enum Short {
    Cut,
    Huge,
    Odd,
}

impl Block<'_> {
    fn byte(&mut self) -> Result<u8, Short> {
        let (first, rest) = self.rest.split_first().ok_or(Short::Cut)?;
        self.rest = rest;
        Ok(*first)
    }

    fn number(&mut self, bits: u32) -> Result<usize, Short> {
        let most = 2_usize.pow(bits) - 1;
        let own = usize::from(self.byte()?) & most;
        if own < most {
            return Ok(own);
        }
        let mut number = most;
        for power in 0..4 {
            let byte = self.byte()?;
            number += usize::from(byte & 0x7F) * 128_usize.pow(power);
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Short::Huge)
    }

    fn text(&mut self) -> Result<Vec<u8>, Short> {
        let is_packed = *self.rest.first().ok_or(Short::Cut)? >= 0x80;
        let length = self.number(7)?;
        if self.rest.len() < length {
            return Err(Short::Cut);
        }
        let (own, rest) = self.rest.split_at(length);
        self.rest = rest;
        if is_packed { unpacked(own, self.fault) } else { Ok(own.to_vec()) }
    }
}

/// Reads Huffman's code, of which it knows the ten shortest ones.
fn unpacked(bytes: &[u8], fault: Option<Fault>) -> Result<Vec<u8>, Short> {
    let bits: Vec<u8> =
        bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| (byte >> at) & 1)).collect();
    let (mut text, mut rest) = (Vec::new(), bits.as_slice());
    while rest.len() >= 5 {
        let code = rest[..5].iter().fold(0, |code, bit| code * 2 + usize::from(*bit));
        let Some(character) = FIVE_BITS.get(code) else { break };
        text.push(*character);
        rest = &rest[5..];
    }
    let is_padded = rest.len() < 8 && rest.iter().all(|bit| *bit == 1);
    if is_padded || fault == Some(Fault::PaddingOfCodeUnchecked) {
        Ok(text)
    } else {
        Err(Short::Odd)
    }
}

/// Writes a field as it is.
pub(crate) fn plain(block: &mut Vec<u8>, name: &str, value: &str) {
    block.push(0);
    for text in [name, value] {
        let length = text.len();
        if length < 127 {
            block.push(u8::try_from(length).unwrap());
        } else {
            block.push(127);
            block.push(u8::try_from((length - 127) % 128).unwrap() | 0x80);
            block.push(u8::try_from((length - 127) / 128).unwrap());
        }
        block.extend(text.as_bytes());
    }
}
