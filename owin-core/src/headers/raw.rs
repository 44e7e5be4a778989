//! Field lines as bytes: one block, and where each line stands in it.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};

/// A header of more lines than this is kept as a map, which finds a name without walking.
const MAX_CHECKED_LINES: usize = 32;

/// So is one of more bytes, so that no long value is copied.
const MAX_CHECKED_BYTES: usize = 4 * 1024;

/// Field lines as bytes, in the order in which they came.
///
/// The server that fills them has checked them: names are tokens, values hold no control
/// characters. A line that breaks this is missing from the map that is built of them.
///
/// ```
/// use owin_core::headers::{Headers, RawFields};
///
/// let mut headers = Headers::new();
/// let raw: &mut RawFields = headers.raw_mut();
/// raw.push("Host", b"example.org");
/// raw.push("X-Note", b"one");
/// assert_eq!(headers.text("HOST"), Some("example.org"));
/// ```
#[derive(Clone, Default)]
pub struct RawFields {
    block: Vec<u8>,
    lines: Vec<Line>,
    is_filled_by_server: bool,
    /// Of the lines that were checked, one may say something to the server itself.
    may_concern_server: bool,
}

/// Where a line stands in the block.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Line {
    name: Span,
    value: Span,
}

/// A range of the block; no head has 4 GiB.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Span {
    start: u32,
    end: u32,
}

impl RawFields {
    pub(super) const fn new() -> Self {
        Self {
            block: Vec::new(),
            lines: Vec::new(),
            is_filled_by_server: false,
            may_concern_server: false,
        }
    }

    /// Adds a line.
    pub fn push(&mut self, name: &str, value: &[u8]) {
        let start = self.place();
        self.block.extend_from_slice(name.as_bytes());
        let middle = self.place();
        self.block.extend_from_slice(value);
        self.push_range(start..middle, middle..self.place());
    }

    /// Takes a copy of a whole head, for lines that are added by [`push_range`](Self::push_range);
    /// lines that were there before are dropped. Cheaper than a copy of each line.
    ///
    /// ```
    /// use owin_core::Headers;
    ///
    /// let mut headers = Headers::new();
    /// let raw = headers.raw_mut();
    /// raw.set_block(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    /// raw.push_range(16..20, 22..23);
    /// raw.extend_ranges([(0..3, 4..1000)]); // there is no such line
    /// assert!(headers.lines().eq([("Host", &b"h"[..])]));
    /// ```
    #[inline]
    pub fn set_block(&mut self, block: &[u8]) {
        self.lines.clear();
        self.block.clear();
        self.block.extend_from_slice(block);
    }

    /// Adds a line that stands in the block already: where its name is and where its value. Ranges
    /// that are not in the block give no line.
    #[inline]
    pub fn push_range(&mut self, name: Range<u32>, value: Range<u32>) {
        self.lines.push(Line { name: Span::from(name), value: Span::from(value) });
    }

    /// Adds lines that stand in the block already, as [`push_range`](Self::push_range) does one.
    #[inline]
    pub fn extend_ranges(&mut self, lines: impl IntoIterator<Item = (Range<u32>, Range<u32>)>) {
        let line = |(name, value)| Line { name: Span::from(name), value: Span::from(value) };
        self.lines.extend(lines.into_iter().map(line));
    }

    /// The number of lines.
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_bytes().count()
    }

    /// Says whether there is no line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_bytes().next().is_none()
    }

    /// Where the next byte of the block will stand.
    fn place(&self) -> u32 {
        narrow(self.block.len())
    }

    /// Every line, in the order in which they came. One whose name is no text is left out.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.as_bytes().filter_map(|(name, value)| Some((std::str::from_utf8(name).ok()?, value)))
    }

    /// The same, names as bytes.
    #[inline]
    pub(super) fn as_bytes(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let block = &self.block;
        self.lines.iter().filter_map(|line| Some((line.name.of(block)?, line.value.of(block)?)))
    }

    /// The value of the first line of that name.
    pub(super) fn find(&self, name: &str) -> Option<&[u8]> {
        self.lines.iter().find(|line| line.has_name(name, &self.block))?.value.of(&self.block)
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        self.block.clear();
        self.lines.clear();
        self.is_filled_by_server = false;
        self.may_concern_server = false;
    }

    /// Empties it for a server to fill: from now on nobody knows whether the lines are legal.
    #[inline]
    pub(super) fn clear_for_server(&mut self) -> &mut Self {
        self.clear();
        self.is_filled_by_server = true;
        self
    }

    /// Says whether the lines are the same, byte by byte and in the same places.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.block == other.block && self.lines == other.lines
    }

    /// Takes a copy of those lines, where they have no more bytes than that; else it is empty.
    pub(super) fn copy_short(&mut self, other: &Self, max_bytes: usize) {
        self.clear();
        if other.block.len() <= max_bytes {
            self.block.extend_from_slice(&other.block);
            self.lines.extend_from_slice(&other.lines);
        }
    }

    /// The lines as a map. All values share one copy of the block.
    pub(super) fn to_map(&self) -> HeaderMap {
        // A map has room for 24,576 lines at least; nothing that a peer sends may panic.
        let mut map = HeaderMap::try_with_capacity(self.lines.len()).unwrap_or_default();
        let block = Bytes::copy_from_slice(&self.block);
        for line in &self.lines {
            let (Some(name), Some(value)) = (line.name.of(&block), line.value.of(&block)) else {
                continue;
            };
            let value = HeaderValue::from_maybe_shared(block.slice_ref(value));
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), value) {
                let _is_full = map.try_append(name, value);
            }
        }
        map
    }
}

/// Lines that were checked: their names are in lower case, and the block is what HTTP/1.x writes.
impl RawFields {
    /// Every line as HTTP/1.x writes it, where all were checked.
    pub(super) fn checked_block(&self) -> Option<&[u8]> {
        if self.is_filled_by_server { None } else { Some(&self.block) }
    }

    /// Says whether a line may say something to the server itself, as far as its name's length tells
    /// without a look at the name; lines that were not checked may say anything.
    pub(super) fn may_concern_server(&self) -> bool {
        self.may_concern_server || self.is_filled_by_server
    }

    /// Says whether that line can be added here: there are few of them, and all were checked. What
    /// has to be kept besides name and value can only be kept in a map.
    #[inline]
    pub(super) fn has_room_for(&self, name: &str, value: &HeaderValue) -> bool {
        let more_bytes = name.len() + value.len();
        !self.is_filled_by_server
            && self.lines.len() < MAX_CHECKED_LINES
            && self.block.len() + more_bytes < MAX_CHECKED_BYTES
            && !value.is_sensitive()
    }

    /// Adds a line for which there [is room](Self::has_room_for).
    #[inline]
    pub(super) fn push_checked(&mut self, name: &str, value: &HeaderValue) {
        self.may_concern_server |= may_concern_server(name.as_bytes());
        let start = self.place();
        self.block.extend_from_slice(name.as_bytes());
        let name_end = self.place();
        self.block.extend_from_slice(b": ");
        let value_start = self.place();
        self.block.extend_from_slice(value.as_bytes());
        let value_end = self.place();
        self.block.extend_from_slice(b"\r\n");
        self.push_range(start..name_end, value_start..value_end);
    }

    /// Removes every line of that name, where all were checked; says how many there were.
    #[inline]
    pub(super) fn remove_checked(&mut self, name: &str) -> usize {
        if self.lines.is_empty() { 0 } else { self.remove_lines(name) }
    }

    fn remove_lines(&mut self, name: &str) -> usize {
        let count = self.lines.len();
        while let Some(place) = self.lines.iter().position(|line| line.has_name(name, &self.block))
        {
            let Span { start, .. } = self.lines.remove(place).name;
            let next = self.lines.get(place).map(|next| next.name.start);
            let end = next.unwrap_or(self.place());
            if let Some(line) = (Span { start, end }).range() {
                self.block.drain(line);
            }
            self.lines.iter_mut().skip(place).for_each(|later| later.move_up(end - start));
        }
        count - self.lines.len()
    }
}

/// Says whether a name is as long as that of a field by which an app tells the server something, or
/// which it must leave to the server: most others are told apart by that.
pub(crate) const fn may_concern_server(name: &[u8]) -> bool {
    matches!(name.len(), 2 | 4 | 6 | 7 | 10 | 14 | 16 | 17)
}

/// A place in a block; what lies behind 4 GiB is in no line.
fn narrow(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

impl Line {
    fn has_name(&self, name: &str, block: &[u8]) -> bool {
        self.name.of(block).is_some_and(|own| own.eq_ignore_ascii_case(name.as_bytes()))
    }

    fn move_up(&mut self, bytes: u32) {
        for place in
            [&mut self.name.start, &mut self.name.end, &mut self.value.start, &mut self.value.end]
        {
            *place = place.saturating_sub(bytes);
        }
    }
}

impl Span {
    #[inline]
    fn range(self) -> Option<Range<usize>> {
        Some(usize::try_from(self.start).ok()?..usize::try_from(self.end).ok()?)
    }

    #[inline]
    fn of(self, block: &[u8]) -> Option<&[u8]> {
        block.get(self.range()?)
    }
}

impl From<Range<u32>> for Span {
    #[inline]
    fn from(Range { start, end }: Range<u32>) -> Self {
        Self { start, end }
    }
}

impl fmt::Debug for RawFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
