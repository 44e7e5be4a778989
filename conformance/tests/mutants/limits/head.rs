//! A head, with its limits but for the fault.

use super::faults::Fault;

/// The limits; those that the probe tells are in [`super::app`].
const LINE: usize = 16 * 1024;
const FIELD: usize = 64 * 1024;
const FIELDS: usize = 1000;
pub(super) const HEAD: usize = 128 * 1024;

/// What something that is too long counts where its length does not.
const COUNTED: usize = 2048;

/// The status that refuses a request.
pub(super) type Refused = u16;

/// A request without its body.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) target: String,
    pub(super) closes: bool,
    pub(super) length: Option<usize>,
    pub(super) is_chunked: bool,
}

/// Reads lines as they come.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Where the line begins that has not ended, and from where on nobody has looked for its end.
    line: usize,
    looked: usize,
    counted: usize,
    fields: usize,
    head: Head,
}

impl Reader {
    /// Reads the lines that are there; with the empty one the head and its length.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        fault: Option<Fault>,
    ) -> Result<Option<(Head, usize)>, Refused> {
        while let Some(found) = bytes[self.looked..].iter().position(|byte| *byte == b'\n') {
            let next = self.looked + found + 1;
            let line = bytes[self.line..next].strip_suffix(b"\r\n").ok_or(400_u16)?;
            let is_first = self.line == 0;
            self.limit(is_first, line.len(), 2, fault)?;
            (self.line, self.looked) = (next, next);
            if is_first {
                self.request_line(line)?;
            } else if line.is_empty() {
                return Ok(Some((std::mem::take(&mut self.head), next)));
            } else {
                self.field(line, fault)?;
            }
        }
        self.looked = bytes.len();
        let (counted, begun) = (self.counted, bytes.len() - self.line);
        let limited = self.limit(self.line == 0, begun, 0, fault);
        self.counted = counted;
        limited.map(|()| None)
    }

    /// Counts a line.
    fn limit(
        &mut self,
        is_first: bool,
        length: usize,
        end: usize,
        fault: Option<Fault>,
    ) -> Result<(), Refused> {
        let has = |own| fault == Some(own);
        let mut counts = length;
        if is_first {
            let most = if has(Fault::ShortLines) { 4096 } else { LINE };
            if length > most && !has(Fault::LineUncounted) {
                return Err(if has(Fault::LongTargetIs431) { 431 } else { 414 });
            }
            counts = length.min(LINE);
        } else if has(Fault::LongFieldsUncounted) {
            counts = length.min(COUNTED);
        } else if length > FIELD {
            return Err(431);
        }
        self.counted += counts + end;
        let most = HEAD + usize::from(has(Fault::HeadOneByteMore));
        if self.counted > most && !has(Fault::HeadUncounted) {
            return Err(431);
        }
        Ok(())
    }

    fn request_line(&mut self, line: &[u8]) -> Result<(), Refused> {
        let text = String::from_utf8_lossy(line);
        let mut words = text.split(' ');
        let (Some(_), Some(target), Some("HTTP/1.1"), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(400);
        };
        self.head.target = target.to_owned();
        Ok(())
    }

    fn field(&mut self, line: &[u8], fault: Option<Fault>) -> Result<(), Refused> {
        self.fields += 1;
        if self.fields > FIELDS && fault != Some(Fault::FieldsUncounted) {
            return Err(431);
        }
        let line = String::from_utf8_lossy(line);
        let (name, value) = line.split_once(':').ok_or(400_u16)?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "connection" => self.head.closes = value.eq_ignore_ascii_case("close"),
            "transfer-encoding" => self.head.is_chunked = value == "chunked",
            "content-length" => {
                let length: usize = value.parse().map_err(|_| 400_u16)?;
                let is_cut = fault == Some(Fault::LengthIn32Bits);
                self.head.length = Some(if is_cut { length % (1 << 32) } else { length });
            }
            _ => {}
        }
        Ok(())
    }
}
