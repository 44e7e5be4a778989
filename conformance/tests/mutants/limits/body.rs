//! A chunked body, with its limits but for the fault.

use super::faults::Fault;
use super::head::Refused;

/// The limits.
const DIGITS: usize = 16;
const EXTENSIONS: usize = 4096;
const TRAILERS: usize = 8192;
pub(super) const BODY: usize = 65_536;

/// What a long extension counts where its length does not, and the lines of chunks where extensions are
/// counted by the chunk.
const COUNTED: usize = 256;

/// Decodes chunks as they come, and throws their data away.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    part: Part,
    /// The bytes of the line that has not ended.
    line: Vec<u8>,
    chunks: usize,
    extensions: usize,
    trailers: usize,
    pub(super) length: usize,
}

#[derive(Debug, Default, Clone, Copy)]
enum Part {
    #[default]
    Size,
    Data(usize),
    /// The CRLF behind the data.
    End,
    Trailers,
}

/// What has been read, and how many bytes that took.
pub(super) enum Read {
    Some,
    All(usize),
}

impl Chunks {
    pub(super) fn read(&mut self, bytes: &[u8], fault: Option<Fault>) -> Result<Read, Refused> {
        let mut at = 0;
        while at < bytes.len() {
            if let Part::Data(left) = self.part {
                let here = left.min(bytes.len() - at);
                self.length += here;
                at += here;
                self.part = if here == left { Part::End } else { Part::Data(left - here) };
                continue;
            }
            let byte = bytes[at];
            at += 1;
            self.line.push(byte);
            self.limit(fault)?;
            if byte != b'\n' {
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = line.strip_suffix(b"\r\n").ok_or(400_u16)?;
            match self.part {
                Part::Size => self.part = self.size(line, fault)?,
                Part::End if line.is_empty() => self.part = Part::Size,
                Part::Trailers if line.is_empty() => return Ok(Read::All(at)),
                Part::Trailers => self.trailers += line.len() + 2,
                _ => return Err(400),
            }
        }
        Ok(Read::Some)
    }

    /// Counts what has come of a line.
    fn limit(&mut self, fault: Option<Fault>) -> Result<(), Refused> {
        let has = |own| fault == Some(own);
        let is_too_long = match self.part {
            Part::Trailers => {
                self.trailers + self.line.len() > TRAILERS && !has(Fault::TrailersUncounted)
            }
            Part::Size if !self.line.contains(&b';') && has(Fault::ZerosUncounted) => {
                // Zeros in front say nothing, and need no memory.
                self.line.drain(..self.line.iter().take_while(|b| **b == b'0').count().max(1) - 1);
                self.line.len() > DIGITS + 2
            }
            Part::Size => self.line.len() > self.most(has(Fault::LongExtensionsUncounted)),
            Part::End => self.line.len() > 2,
            Part::Data(_) => false,
        };
        if is_too_long { Err(400) } else { Ok(()) }
    }

    /// The longest line with a size.
    fn most(&self, is_unlimited: bool) -> usize {
        match self.line.iter().position(|byte| *byte == b';') {
            Some(_) if is_unlimited => usize::MAX,
            Some(digits) => digits + EXTENSIONS.saturating_sub(self.extensions) + 2,
            None => DIGITS + 2,
        }
    }

    fn size(&mut self, line: &[u8], fault: Option<Fault>) -> Result<Part, Refused> {
        let digits = line.iter().position(|byte| *byte == b';').unwrap_or(line.len());
        let text = std::str::from_utf8(&line[..digits]).map_err(|_| 400_u16)?;
        let size = usize::from_str_radix(text, 16).map_err(|_| 400_u16)?;
        self.extensions += match fault {
            Some(Fault::ExtensionsCountedByChunk) => 0,
            Some(Fault::LongExtensionsUncounted) => (line.len() - digits).min(COUNTED),
            _ => line.len() - digits,
        };
        self.chunks += 1;
        if self.chunks > 1000 && fault == Some(Fault::FewChunks) {
            return Err(400);
        }
        let most = BODY + usize::from(fault == Some(Fault::BodyOneByteMore));
        if self.length.saturating_add(size) > most && fault != Some(Fault::ChunksUnlimited) {
            return Err(413);
        }
        Ok(if size == 0 { Part::Trailers } else { Part::Data(size) })
    }
}
