//! The lines of a head, each taken apart in one pass (RFC 9112 §2.2, §3, §5).
//!
//! Nothing is copied: a part is a place in the bytes. Whatever two readers could understand
//! differently is refused; there is no lenient way.

use std::ops::Range;

use crate::h1::bytes::{Class, FIELD_VALUE, TARGET, TOKEN, run};
use crate::observe::Reason;

/// A place in the bytes of a head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// No head is so long that its places do not fit: beyond them there is nothing.
    fn new(start: usize, end: usize) -> Self {
        let place = |place| u32::try_from(place).unwrap_or(u32::MAX);
        Self { start: place(start), end: place(end) }
    }

    /// The bytes at this place.
    pub(crate) fn of(self, bytes: &[u8]) -> &[u8] {
        let place = |place| usize::try_from(place).unwrap_or(usize::MAX);
        bytes.get(place(self.start)..place(self.end)).unwrap_or_default()
    }

    /// The place itself.
    pub(crate) fn range(self) -> Range<u32> {
        self.start..self.end
    }
}

/// A field line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) name: Span,
    /// Without the white space around it.
    pub(crate) value: Span,
}

/// The words of a request line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestLine {
    /// Where the method ends, with which the line starts.
    method_end: usize,
    /// Where the target ends, which starts behind one blank.
    target_end: usize,
    pub(crate) is_http_10: bool,
}

impl RequestLine {
    /// The method.
    pub(crate) fn method(self, bytes: &[u8]) -> &[u8] {
        bytes.get(..self.method_end).unwrap_or_default()
    }

    /// The target.
    pub(crate) fn target(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.method_end + 1..self.target_end).unwrap_or_default()
    }
}

/// Takes the request line apart and says where the next line starts.
#[inline]
pub(super) fn request_line(bytes: &[u8]) -> Result<Option<(RequestLine, usize)>, Reason> {
    // Most are `GET`, and known by one look.
    let method = match bytes.strip_prefix(b"GET ") {
        Some(rest) => Some((b"GET".len(), rest)),
        None => word(bytes, TOKEN, Reason::MethodIllegal)?,
    };
    let Some((method_end, rest)) = method else { return Ok(None) };
    let target = word(rest, TARGET, Reason::TargetIllegal)?;
    let Some((target, version)) = target else { return Ok(None) };
    let is_http_10 = match version.first_chunk() {
        Some(line_end) if line_end == VERSION => false,
        Some(b"HTTP/1.0\r\n") => true,
        _ => return other_version(version).map(|()| None),
    };
    let target_end = method_end + 1 + target;
    let next = target_end + 1 + VERSION.len();
    Ok(Some((RequestLine { method_end, target_end, is_http_10 }, next)))
}

const VERSION: &[u8; 10] = b"HTTP/1.1\r\n";

/// The length of the word at the front, which one blank follows, and what stands behind that; what
/// it is where it holds another byte.
#[inline]
fn word(bytes: &[u8], class: Class, what: Reason) -> Result<Option<(usize, &[u8])>, Reason> {
    let length = run(bytes, class);
    match bytes.get(length..) {
        None | Some([]) => Ok(None),
        Some([b' ', rest @ ..]) if length > 0 => Ok(Some((length, rest))),
        Some([byte @ (b' ' | b'\r' | b'\n'), ..]) => Err(wrong_in_line(*byte)),
        Some(_) => Err(what),
    }
}

fn wrong_in_line(byte: u8) -> Reason {
    if byte == b'\n' { Reason::LineEndIllegal } else { Reason::RequestLineIllegal }
}

/// Of a version that is one we say that we do not speak it; anything else is malformed. What may
/// still become a version is waited for.
fn other_version(version: &[u8]) -> Result<(), Reason> {
    for (byte, pattern) in version.iter().zip(b"HTTP/0.0\r\n") {
        let is_right = if *pattern == b'0' { byte.is_ascii_digit() } else { byte == pattern };
        if !is_right {
            return Err(wrong_in_line(*byte));
        }
    }
    if version.len() < VERSION.len() { Ok(()) } else { Err(Reason::VersionUnsupported) }
}

/// Takes a field line apart and says where the next one starts.
#[inline]
pub(super) fn field_line(bytes: &[u8], start: usize) -> Result<Option<(Line, usize)>, Reason> {
    let line = bytes.get(start..).unwrap_or_default();
    let name = run(line, TOKEN);
    let mut value = match line.get(name..) {
        None | Some([]) => return Ok(None),
        Some([b':', value @ ..]) if name > 0 => value,
        Some([b'\r' | b'\n', ..]) if name > 0 => return Err(Reason::LineEndIllegal),
        Some([b' ' | b'\t', ..]) if name == 0 => return Err(Reason::FieldFolded),
        Some(_) => return Err(Reason::FieldNameIllegal),
    };
    let colon = start + name;
    let mut value_start = colon + 1;
    while let [b' ' | b'\t', rest @ ..] = value {
        (value, value_start) = (rest, value_start + 1);
    }
    let length = run(value, FIELD_VALUE);
    let (mut value, end) = value.split_at_checked(length).unwrap_or((value, &[]));
    match end {
        [b'\r', b'\n', ..] => {}
        [] | [b'\r'] => return Ok(None),
        [b'\n', ..] => return Err(Reason::LineEndIllegal),
        [b'\r' | 0, ..] => return Err(Reason::LineByteIllegal),
        _ => return Err(Reason::FieldValueIllegal),
    }
    let next = value_start + length + b"\r\n".len();
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    let (name, value) =
        (Span::new(start, colon), Span::new(value_start, value_start + value.len()));
    Ok(Some((Line { name, value }, next)))
}
