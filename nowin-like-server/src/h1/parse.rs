//! The bytes of a request head, taken apart in one pass (RFC 9112 §2.2, §3, §5).

use crate::h1::line::{Line, RequestLine, field_line, request_line};
use crate::observe::Reason;

/// A field section of more bytes than these is not remembered: most have far fewer, and each
/// connection that is busy remembers one.
const MAX_KNOWN_BYTES: usize = 2 * 1024;

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

/// A head that is being taken apart.
///
/// It goes on where it stopped, at the start of a line: the lines before are not looked at again
/// when more bytes have come. What it says does not depend on how the bytes came.
///
/// Most requests of a client have the same fields as the one before. So the bytes of a field section
/// are remembered with the places of its lines, and one that has the same bytes is not taken apart:
/// to compare them is the shorter way by far.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeadParser {
    has_line: bool,
    line: RequestLine,
    /// Where the field section starts.
    start: usize,
    /// Places in the field section.
    fields: Vec<Line>,
    /// So many bytes of the field section belong to lines that are whole.
    taken: usize,
    is_whole: bool,
    /// The section that is remembered, whose lines are those in `fields`; empty for none.
    known: Vec<u8>,
}

impl HeadParser {
    /// Forgets the head, for the next one; the fields may be the same.
    pub(crate) fn reset(&mut self) {
        self.has_line = false;
        self.taken = 0;
        self.is_whole = false;
    }

    /// The words of the request line.
    pub(crate) fn line(&self) -> RequestLine {
        self.line
    }

    /// The field lines, as places in the field section.
    pub(crate) fn fields(&self) -> &[Line] {
        &self.fields
    }

    /// The field section of a whole head, the empty line counted.
    pub(crate) fn section<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.start..self.length()).unwrap_or_default()
    }

    /// The bytes of a whole head, the empty line counted.
    pub(crate) fn length(&self) -> usize {
        self.start + self.taken
    }

    /// Says whether a whole head has the very fields that were remembered.
    pub(crate) fn is_known(&self) -> bool {
        !self.known.is_empty()
    }

    /// Remembers the field section of a whole head.
    pub(crate) fn remember(&mut self, bytes: &[u8]) {
        let section = self.section(bytes);
        if section.len() <= MAX_KNOWN_BYTES {
            self.known.extend_from_slice(section);
        }
    }

    /// Takes the head at the front of `bytes` apart; `false` where its end has not come yet.
    ///
    /// # Errors
    ///
    /// 400 for what is malformed, 505 for another version of HTTP, 414 and 431 for what is too long.
    #[inline]
    pub(crate) fn parse(&mut self, bytes: &[u8], limits: HeadLimits) -> Result<bool, Reason> {
        if !self.has_line && !self.take_line(bytes, limits.line_bytes)? {
            return Ok(false);
        }
        let head = bytes.get(..limits.head_bytes).unwrap_or(bytes);
        let section = head.get(self.start..).unwrap_or_default();
        if self.taken == 0 && self.recognise(section) {
            return Ok(true);
        }
        while !self.is_whole && self.take_field(section, limits.fields)? {}
        let is_too_long = !self.is_whole && bytes.len() > limits.head_bytes;
        if is_too_long { Err(Reason::HeadTooLong) } else { Ok(self.is_whole) }
    }

    /// Compares with the section that is remembered; where it is another, that one is forgotten.
    fn recognise(&mut self, section: &[u8]) -> bool {
        if self.is_known() && section.starts_with(&self.known) {
            self.taken = self.known.len();
            self.is_whole = true;
        } else {
            self.known.clear();
            self.fields.clear();
        }
        self.is_whole
    }

    /// Takes a line of the section, or its end; `false` where that has not come yet.
    fn take_field(&mut self, section: &[u8], max_fields: usize) -> Result<bool, Reason> {
        match section.get(self.taken..) {
            Some([b'\r', b'\n', ..]) => {
                self.taken += 2;
                self.is_whole = true;
            }
            Some([] | [b'\r']) | None => return Ok(false),
            Some(_) => {
                let Some((line, next)) = field_line(section, self.taken)? else {
                    return Ok(false);
                };
                if self.fields.len() == max_fields {
                    return Err(Reason::TooManyFields);
                }
                self.fields.push(line);
                self.taken = next;
            }
        }
        Ok(true)
    }

    #[inline]
    fn take_line(&mut self, bytes: &[u8], limit: usize) -> Result<bool, Reason> {
        let Some((line, next)) = request_line(bytes.get(..limit).unwrap_or(bytes))? else {
            let is_too_long = bytes.len() > limit;
            return if is_too_long { Err(Reason::RequestLineTooLong) } else { Ok(false) };
        };
        self.has_line = true;
        self.line = line;
        self.start = next;
        Ok(true)
    }
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
        assert_eq!((line.method(head), line.target(head)), (&b"PUT"[..], &b"/a?b"[..]));
        assert!(line.is_http_10 && parser.length() == head.len() - 4);
        let section = parser.section(head);
        let fields = parser.fields().iter().map(|l| (l.name.of(section), l.value.of(section)));
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
    fn fields_that_are_known_are_those_that_would_be_found() {
        let (short, long) = ("GET / HTTP/1.1\r\n", "PUT /other HTTP/1.0\r\n");
        let (fields, other) = ("Host: h\r\nX:\r\n\r\n", "Host: h\r\nX: \r\n\r\n");
        let mut parser = HeadParser::default();
        for (line, fields) in [(short, fields), (long, fields), (short, other), (long, other)] {
            let head = format!("{line}{fields}GET");
            for end in 0..head.len() {
                let (mut split, mut new) = (parser.clone(), HeadParser::default());
                let _not_yet = split.parse(&head.as_bytes()[..end], LIMITS);
                assert_eq!(split.parse(head.as_bytes(), LIMITS), Ok(true));
                assert_eq!(new.parse(head.as_bytes(), LIMITS), Ok(true));
                assert_eq!((split.line, split.fields()), (new.line, new.fields()), "{end}");
                assert_eq!(split.section(head.as_bytes()), fields.as_bytes());
            }
            assert_eq!(parser.parse(head.as_bytes(), LIMITS), Ok(true));
            if !parser.is_known() {
                parser.remember(head.as_bytes());
            }
            parser.reset();
        }
    }

    #[test]
    fn fields_that_are_known_make_no_head_longer_than_it_may_be() {
        let fields = format!("A: {}\r\n\r\n", "b".repeat(200));
        let head = |bytes: usize| format!("GET /{} HTTP/1.1\r\n{fields}", "a".repeat(bytes - 223));
        let limits = HeadLimits { line_bytes: 256, ..LIMITS };
        let mut parser = HeadParser::default();
        assert_eq!(parser.parse(head(256).as_bytes(), limits), Ok(true));
        parser.remember(head(256).as_bytes());
        parser.reset();
        assert_eq!(parser.clone().parse(head(255).as_bytes(), limits), Ok(true));
        assert!(parser.clone().parse(head(257).as_bytes(), limits).is_err());
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
        let mut parts = vec![line.method(head).into(), line.target(head).into()];
        parts.push(vec![u8::from(!line.is_http_10)]);
        let section = parser.section(head);
        for field in parser.fields() {
            parts.push(field.name.of(section).into());
            parts.push(field.value.of(section).into());
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
