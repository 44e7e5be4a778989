//! The end of a head that comes in pieces, looked for without reading a byte twice.

use crate::h1::parse::HeadLimits;
use crate::observe::Reason;

/// How far the search for the empty line is that ends a head.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Search {
    /// So many bytes were looked at.
    searched: usize,
    has_line: bool,
}

impl Search {
    /// Says whether bytes were looked at which hold no end.
    pub(super) fn is_under_way(self) -> bool {
        self.searched > 0
    }

    /// Looks at the bytes that are new; `true` where the head is whole.
    ///
    /// # Errors
    ///
    /// 400 where a line ends with a bare line feed: the end would never come. 414 and 431 for what
    /// is too long already.
    pub(super) fn go_on(&mut self, unread: &[u8], limits: HeadLimits) -> Result<bool, Reason> {
        let tail = unread.get(self.searched..).unwrap_or_default();
        for at in memchr::memchr_iter(b'\n', tail) {
            let before = unread.get(..self.searched + at).unwrap_or_default();
            if before.ends_with(b"\r\n\r") {
                return Ok(true);
            }
            if !before.ends_with(b"\r") {
                return Err(Reason::LineEndIllegal);
            }
            self.has_line = true;
        }
        self.searched = unread.len();
        if !self.has_line && unread.len() > limits.line_bytes {
            return Err(Reason::RequestLineTooLong);
        }
        if unread.len() > limits.head_bytes {
            return Err(Reason::HeadTooLong);
        }
        Ok(false)
    }
}
