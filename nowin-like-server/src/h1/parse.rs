//! The bytes of a request head, taken apart in one pass (RFC 9112 §2.2, §3, §5).
//!
//! Nothing is copied: a part is a place in the bytes. Whatever two readers could understand
//! differently is refused; there is no lenient way.

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
    start: usize,
    end: usize,
}

impl Span {
    /// The bytes at this place.
    pub(crate) fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start..self.end).unwrap_or_default()
    }
}

/// A field line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) name: Span,
    /// Without the white space around it.
    pub(crate) value: Span,
}

/// A head that is whole; its field lines lie beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) method: Span,
    pub(crate) target: Span,
    pub(crate) is_http_10: bool,
    /// The bytes of the head, the empty line counted.
    pub(crate) length: usize,
}

/// Takes the head at the front of `bytes` apart; `None` where its end has not come yet.
///
/// # Errors
///
/// 400 for what is malformed, 505 for another version of HTTP, 414 and 431 for what is too long.
pub(crate) fn parse(
    bytes: &[u8],
    limits: HeadLimits,
    lines: &mut Vec<Line>,
) -> Result<Option<Parsed>, Reason> {
    lines.clear();
    let Some(mut parsed) = request_line(bytes, limits.line_bytes)? else {
        return too_long_or(bytes, limits.head_bytes, None);
    };
    let mut at = parsed.length;
    loop {
        match bytes.get(at..) {
            Some([b'\r', b'\n', ..]) => break,
            None | Some([] | [b'\r']) => return too_long_or(bytes, limits.head_bytes, None),
            Some(_) => {}
        }
        let Some((line, next)) = field_line(bytes, at)? else {
            return too_long_or(bytes, limits.head_bytes, None);
        };
        if lines.len() == limits.fields {
            return Err(Reason::TooManyFields);
        }
        lines.push(line);
        at = next;
    }
    parsed.length = at + 2;
    too_long_or(bytes.get(..parsed.length).unwrap_or(bytes), limits.head_bytes, Some(parsed))
}

/// Of a head that is too long nothing else counts.
fn too_long_or(head: &[u8], limit: usize, found: Option<Parsed>) -> Result<Option<Parsed>, Reason> {
    if head.len() > limit {
        return Err(Reason::HeadTooLong);
    }
    Ok(found)
}

/// Takes the request line apart; the length of what is returned is that of the line.
fn request_line(bytes: &[u8], limit: usize) -> Result<Option<Parsed>, Reason> {
    let line = line_parts(bytes)?;
    if line.map_or(bytes.len(), |line| line.length) > limit {
        return Err(Reason::RequestLineTooLong);
    }
    Ok(line)
}

fn line_parts(bytes: &[u8]) -> Result<Option<Parsed>, Reason> {
    let Some(method) = word(bytes, 0, TOKEN)? else { return Ok(None) };
    let Some(target) = word(bytes, method.end + 1, TARGET)? else { return Ok(None) };
    let at = target.end + 1;
    let rest = bytes.get(at..).unwrap_or_default();
    let is_http_10 = match rest.get(..VERSION.len()) {
        Some(b"HTTP/1.1\r\n") => false,
        Some(b"HTTP/1.0\r\n") => true,
        Some(version) => return Err(wrong_version(version)),
        None if rest.contains(&b'\n') => return Err(Reason::RequestLineIllegal),
        None => return Ok(None),
    };
    Ok(Some(Parsed { method, target, is_http_10, length: at + VERSION.len() }))
}

const VERSION: &[u8] = b"HTTP/1.1\r\n";

/// A word that one blank ends.
fn word(bytes: &[u8], start: usize, class: u8) -> Result<Option<Span>, Reason> {
    let end = start + run(bytes.get(start..).unwrap_or_default(), class);
    match bytes.get(end) {
        None => Ok(None),
        Some(b' ') if end > start => Ok(Some(Span { start, end })),
        Some(_) => Err(Reason::RequestLineIllegal),
    }
}

/// Of a version that is one we say that we do not speak it; anything else is malformed.
fn wrong_version(version: &[u8]) -> Reason {
    match version {
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor, b'\r', b'\n']
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            Reason::VersionUnsupported
        }
        _ => Reason::RequestLineIllegal,
    }
}

/// Takes a field line apart and says where the next one starts.
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
        Some([b'\r' | b'\n', ..]) => return Err(Reason::LineEndIllegal),
        Some(_) => return Err(Reason::FieldValueIllegal),
    }
    let value = bytes.get(value_start..end).unwrap_or_default();
    let blank_tail = value.iter().rev().take_while(|byte| is_blank(**byte)).count();
    let name = Span { start, end: colon };
    let value = Span { start: value_start, end: end - blank_tail };
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
        let parsed = parse(head.as_ref(), LIMITS, &mut Vec::new());
        parsed.map(|parsed| parsed.is_some()).map_err(|reason| reason.status().unwrap().as_u16())
    }

    #[test]
    fn the_parts_are_where_they_stand() {
        let head = b"PUT /a?b HTTP/1.0\r\nA:b\r\nLong-Name: \t two words \t\r\nE:\r\n\r\nrest";
        let mut lines = Vec::new();
        let parsed = parse(head, LIMITS, &mut lines).unwrap().unwrap();
        assert_eq!((parsed.method.of(head), parsed.target.of(head)), (&b"PUT"[..], &b"/a?b"[..]));
        assert!(parsed.is_http_10 && parsed.length == head.len() - 4);
        let fields: Vec<_> = lines.iter().map(|l| (l.name.of(head), l.value.of(head))).collect();
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
        let mut lines = Vec::new();
        let parsed = parse(head, limits, &mut lines).ok()??;
        let mut parts = vec![parsed.method.of(head).into(), parsed.target.of(head).into()];
        parts.push(vec![u8::from(!parsed.is_http_10)]);
        for line in lines {
            parts.push(line.name.of(head).into());
            parts.push(line.value.of(head).into());
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
