//! Lines of bytes, taken off the front.

/// Bytes that are read from the front; nothing is copied.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    whole: usize,
}

/// A line without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) bytes: &'a [u8],
    /// Whether it ended with CRLF, and not with a bare LF.
    pub(super) has_cr: bool,
}

impl<'a> Lines<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, whole: bytes.len() }
    }

    /// Takes a line; `None` where its end has not come.
    pub(super) fn line(&mut self) -> Option<Line<'a>> {
        let end = self.rest.iter().position(|byte| *byte == b'\n')?;
        let (line, rest) = self.rest.split_at_checked(end + 1)?;
        self.rest = rest;
        let line = line.strip_suffix(b"\n")?;
        let bytes = line.strip_suffix(b"\r");
        Some(Line { bytes: bytes.unwrap_or(line), has_cr: bytes.is_some() })
    }

    /// Takes so many bytes; `None` where they have not all come.
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    /// Takes all that there is.
    pub(super) fn take_all(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    /// How many bytes were taken.
    pub(super) fn used(&self) -> usize {
        self.whole - self.rest.len()
    }
}
