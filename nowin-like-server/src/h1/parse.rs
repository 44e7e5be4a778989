//! The bytes of a request head, taken apart in one pass (RFC 9112 §2.2, §3, §5).
//!
//! Nothing is copied: a part is a place in the bytes. Whatever two readers could understand
//! differently is refused; there is no lenient way.

use std::ops::Range;

use crate::h1::bytes::{FIELD_VALUE, TARGET, TOKEN, run};
use crate::observe::Reason;

/// How long a head may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeadLimits {
    /// Bytes of the request line, CRLF counted.
    pub(crate) line_bytes: usize,
    /// Bytes of the whole head, the empty line counted.
    pub(crate) head_bytes: usize,
    /// Field lines.
    pub(crate) fields: usize,
}

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
    pub(crate) method: Span,
    pub(crate) target: Span,
    pub(crate) is_http_10: bool,
}

/// A head that is being taken apart.
///
/// It goes on where it stopped, at the start of a line: the lines before are not looked at again
/// when more bytes have come. What it says does not depend on how the bytes came.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeadParser {
    line: Option<RequestLine>,
    fields: Vec<Line>,
    /// So many bytes belong to lines that are whole.
    taken: usize,
    is_whole: bool,
}

impl HeadParser {
    /// Forgets the head, for the next one.
    pub(crate) fn reset(&mut self) {
        self.line = None;
        self.fields.clear();
        self.taken = 0;
        self.is_whole = false;
    }

    /// The words of the request line.
    pub(crate) fn line(&self) -> RequestLine {
        self.line.unwrap_or_default()
    }

    /// The field lines.
    pub(crate) fn fields(&self) -> &[Line] {
        &self.fields
    }

    /// The bytes of a whole head, the empty line counted.
    pub(crate) fn length(&self) -> usize {
        self.taken
    }

    /// Takes the head at the front of `bytes` apart; `false` where its end has not come yet.
    ///
    /// # Errors
    ///
    /// 400 for what is malformed, 505 for another version of HTTP, 414 and 431 for what is too long.
    pub(crate) fn parse(&mut self, bytes: &[u8], limits: HeadLimits) -> Result<bool, Reason> {
        if self.line.is_none() && !self.take_line(bytes, limits.line_bytes)? {
            return Ok(false);
        }
        let head = bytes.get(..limits.head_bytes).unwrap_or(bytes);
        while !self.is_whole {
            match head.get(self.taken..) {
                Some([b'\r', b'\n', ..]) => {
                    self.taken += 2;
                    self.is_whole = true;
                }
                Some([] | [b'\r']) | None => break,
                Some(_) => {
                    let Some((line, next)) = field_line(head, self.taken)? else { break };
                    if self.fields.len() == limits.fields {
                        return Err(Reason::TooManyFields);
                    }
                    self.fields.push(line);
                    self.taken = next;
                }
            }
        }
        let is_too_long = !self.is_whole && bytes.len() > limits.head_bytes;
        if is_too_long { Err(Reason::HeadTooLong) } else { Ok(self.is_whole) }
    }

    fn take_line(&mut self, bytes: &[u8], limit: usize) -> Result<bool, Reason> {
        let Some((line, next)) = request_line(bytes.get(..limit).unwrap_or(bytes))? else {
            let is_too_long = bytes.len() > limit;
            return if is_too_long { Err(Reason::RequestLineTooLong) } else { Ok(false) };
        };
        self.line = Some(line);
        self.taken = next;
        Ok(true)
    }
}

/// Takes the request line apart and says where the next line starts.
#[inline]
fn request_line(bytes: &[u8]) -> Result<Option<(RequestLine, usize)>, Reason> {
    let Some(method) = word(bytes, 0, TOKEN, Reason::MethodIllegal)? else { return Ok(None) };
    let target = word(bytes, method + 1, TARGET, Reason::TargetIllegal)?;
    let Some(target) = target else { return Ok(None) };
    let at = target + 1;
    let version = bytes.get(at..).unwrap_or_default();
    let is_http_10 = match version.get(..VERSION.len()) {
        Some(b"HTTP/1.1\r\n") => false,
        Some(b"HTTP/1.0\r\n") => true,
        _ => return other_version(version).map(|()| None),
    };
    let (method, target) = (Span::new(0, method), Span::new(method + 1, target));
    Ok(Some((RequestLine { method, target, is_http_10 }, at + VERSION.len())))
}

const VERSION: &[u8] = b"HTTP/1.1\r\n";

/// Where a word ends that one blank follows; what it is where it holds another byte.
#[inline]
fn word(bytes: &[u8], start: usize, class: u8, what: Reason) -> Result<Option<usize>, Reason> {
    let end = start + run(bytes.get(start..).unwrap_or_default(), class);
    match bytes.get(end) {
        None => Ok(None),
        Some(b' ') if end > start => Ok(Some(end)),
        Some(byte @ (b' ' | b'\r' | b'\n')) => Err(wrong_in_line(*byte)),
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
    let colon = start + run(bytes.get(start..).unwrap_or_default(), TOKEN);
    match bytes.get(colon) {
        None => return Ok(None),
        Some(b':') if colon > start => {}
        Some(b'\r' | b'\n') if colon > start => return Err(Reason::LineEndIllegal),
        Some(b' ' | b'\t') if colon == start => return Err(Reason::FieldFolded),
        Some(_) => return Err(Reason::FieldNameIllegal),
    }
    let blanks = bytes.get(colon + 1..).unwrap_or_default();
    let value_start = colon + 1 + blanks.iter().take_while(|byte| is_blank(**byte)).count();
    let end = value_start + run(bytes.get(value_start..).unwrap_or_default(), FIELD_VALUE);
    match bytes.get(end..) {
        Some([b'\r', b'\n', ..]) => {}
        None | Some([] | [b'\r']) => return Ok(None),
        Some([b'\n', ..]) => return Err(Reason::LineEndIllegal),
        Some([b'\r' | 0, ..]) => return Err(Reason::LineByteIllegal),
        Some(_) => return Err(Reason::FieldValueIllegal),
    }
    let value = bytes.get(value_start..end).unwrap_or_default();
    let blank_tail = value.iter().rev().take_while(|byte| is_blank(**byte)).count();
    let (name, value) = (Span::new(start, colon), Span::new(value_start, end - blank_tail));
    Ok(Some((Line { name, value }, end + 2)))
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HeadLimits = HeadLimits { line_bytes: 64, head_bytes: 256, fields: 4 };

    fn status_of(head: impl AsRef<[u8]>) -> Result<bool, u16> {
        let parsed = HeadParser::default().parse(head.as_ref(), LIMITS);
        parsed.map_err(|reason| reason.status().unwrap().as_u16())
    }

    #[test]
    fn the_parts_are_where_they_stand() {
        let head = b"PUT /a?b HTTP/1.0\r\nA:b\r\nLong-Name: \t two words \t\r\nE:\r\n\r\nrest";
        let mut parser = HeadParser::default();
        assert_eq!(parser.parse(head, LIMITS), Ok(true));
        let line = parser.line();
        assert_eq!((line.method.of(head), line.target.of(head)), (&b"PUT"[..], &b"/a?b"[..]));
        assert!(line.is_http_10 && parser.length() == head.len() - 4);
        let fields = parser.fields().iter().map(|l| (l.name.of(head), l.value.of(head)));
        let fields: Vec<_> = fields.collect();
        assert_eq!(fields, [(&b"A"[..], &b"b"[..]), (b"Long-Name", b"two words"), (b"E", b"")]);
    }

    #[test]
    fn no_part_of_a_head_is_whole() {
        let head = b"GET / HTTP/1.1\r\nHost: h\r\nX:\r\n\r\n";
        for end in 0..head.len() {
            assert_eq!(status_of(&head[..end]), Ok(false), "{end}");
        }
        assert_eq!(status_of(head), Ok(true));
    }

    #[test]
    fn bare_line_ends_and_folded_lines_are_refused_at_once() {
        // HT-09, HT-10, attack 3.
        for head in
            ["\n", "GET / HTTP/1.1\n", "GET / HTTP/1.1\r\nA: b\n", "GET / HTTP/1.1\r\nA: b\rc"]
        {
            assert_eq!(status_of(head), Err(400), "{head:?}");
        }
        assert_eq!(status_of("GET / HTTP/1.1\r\nA: b\r\n c"), Err(400));
    }

    #[test]
    fn a_request_line_may_have_so_many_bytes_and_no_more() {
        // HT-20.
        let line = |bytes: usize| format!("GET /{} HTTP/1.1\r\n", "a".repeat(bytes - 16));
        assert_eq!(status_of(line(63) + "\r\n"), Ok(true));
        assert_eq!(status_of(line(64) + "\r\n"), Ok(true));
        assert_eq!(status_of(line(65) + "\r\n"), Err(414));
        assert_eq!(status_of("a".repeat(64)), Ok(false));
        assert_eq!(status_of("a".repeat(65)), Err(414));
    }

    #[test]
    fn a_head_may_have_so_many_bytes_and_no_more() {
        // HT-20.
        let head =
            |bytes: usize| format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "b".repeat(bytes - 23));
        assert_eq!(status_of(head(255)), Ok(true));
        assert_eq!(status_of(head(256)), Ok(true));
        assert_eq!(status_of(head(257)), Err(431));
        assert_eq!(status_of(&head(300).as_bytes()[..256]), Ok(false));
        assert_eq!(status_of(&head(300).as_bytes()[..257]), Err(431));
    }

    #[test]
    fn a_head_may_have_so_many_fields_and_no_more() {
        // HT-20, attack 16.
        let head = |fields: usize| format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(fields));
        assert_eq!(status_of(head(3)), Ok(true));
        assert_eq!(status_of(head(4)), Ok(true));
        assert_eq!(status_of(head(5)), Err(431));
    }

    #[test]
    fn other_versions_are_told_from_what_is_no_version() {
        // HT-12.
        for version in ["HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "HTTP/3.0"] {
            assert_eq!(status_of(format!("GET / {version}\r\n")), Err(505), "{version}");
        }
        for version in
            ["http/1.1", "HTTP/1,1", "HTTP/11", "HTTPS/1.1", "HTTP/1.1 ", "HTTP/1.10", ""]
        {
            assert_eq!(status_of(format!("GET / {version}\r\n")), Err(400), "{version}");
        }
    }

    #[test]
    fn it_does_not_matter_how_the_bytes_came() {
        let whole = "GET / HTTP/1.1\r\nHost: h\r\nX:\r\n\r\n";
        let line = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(60));
        let long = format!("GET / HTTP/1.1\r\nA: {}\r\nB\r\n", "b".repeat(230));
        let broken =
            ["GET / HTTP/1.1\rX", "GET / HTTP/1.1\nX", "GET / HTTP/2.0\r\n", "GET / HTTP/1\r\n"];
        for head in [whole, &line, &long, "GET / HTTP/1.1\r\nA: b\rc"].into_iter().chain(broken) {
            let (mut by_one, mut seen) = (HeadParser::default(), Ok(false));
            for end in 1..=head.len() {
                seen = by_one.parse(&head.as_bytes()[..end], LIMITS);
                if seen != Ok(false) {
                    break;
                }
            }
            assert_eq!(seen, HeadParser::default().parse(head.as_bytes(), LIMITS), "{head:?}");
        }
    }

    /// What httparse makes of a head whose line ends are strict.
    fn other_opinion(head: &[u8]) -> Option<Vec<Vec<u8>>> {
        let mut lines = head.split_inclusive(|byte| *byte == b'\n');
        if lines.any(|line| !line.ends_with(b"\r\n") || line[..line.len() - 2].contains(&b'\r')) {
            return None;
        }
        let mut fields = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut fields);
        if !request.parse(head).ok()?.is_complete() || head.starts_with(b"\r\n") {
            return None;
        }
        let mut parts = vec![request.method?.into(), request.path?.into(), vec![request.version?]];
        for field in request.headers.iter() {
            parts.push(field.name.into());
            parts.push(field.value.into());
        }
        Some(parts)
    }

    fn our_opinion(head: &[u8]) -> Option<Vec<Vec<u8>>> {
        let limits = HeadLimits { line_bytes: 4_096, head_bytes: 4_096, fields: 64 };
        let mut parser = HeadParser::default();
        if !parser.parse(head, limits).ok()? {
            return None;
        }
        let line = parser.line();
        let mut parts = vec![line.method.of(head).into(), line.target.of(head).into()];
        parts.push(vec![u8::from(!line.is_http_10)]);
        for field in parser.fields() {
            parts.push(field.name.of(head).into());
            parts.push(field.value.of(head).into());
        }
        Some(parts)
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(4_000))]

        #[test]
        fn httparse_agrees(
            head in "(GET|PUT|G.T|[!-~]{1,3}) [ -~]{0,12} HTTP/1.[01]\r\n([A-Za-z-]{1,12}:[ \t]{0,2}[ -~]{0,40}\r\n){0,3}\r\n",
            changes in proptest::collection::vec((0_usize..120, 0_u8..=255, proptest::bool::ANY), 0..3),
        ) {
            let mut head = head.into_bytes();
            for (place, byte, is_inserted) in changes {
                let place = place.min(head.len());
                if is_inserted { head.insert(place, byte) } else if let Some(old) = head.get_mut(place) { *old = byte }
            }
            let end = memchr::memmem::find(&head, b"\r\n\r\n").map_or(head.len(), |at| at + 4);
            head.truncate(end);
            let other = other_opinion(&head).filter(|parts| parts[1].iter().all(u8::is_ascii_graphic));
            proptest::prop_assert_eq!(our_opinion(&head), other, "{:?}", String::from_utf8_lossy(&head));
        }
    }
}
