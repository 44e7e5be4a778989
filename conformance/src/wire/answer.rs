//! A response, read strictly (RFC 9112 §4 to §7).

use crate::wire::body;
use crate::wire::lines::Lines;

/// A response that came whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) reason: Vec<u8>,
    /// 0 for HTTP/1.0, 1 for HTTP/1.1.
    pub(crate) minor: u8,
    pub(crate) fields: Vec<(String, Vec<u8>)>,
    pub(crate) framing: Framing,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<(String, Vec<u8>)>,
    /// What breaks the grammar, but leaves no doubt about what was meant.
    pub(crate) defects: Vec<&'static str>,
}

/// How the length of a body is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is none: the status or the method has no body.
    #[default]
    None,
    Length(usize),
    Chunked,
    /// It ends with the connection.
    Close,
}

/// What the method of the request says about the answer's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// For the body too.
    Whole,
    /// For the head only: `HEAD`.
    Head,
}

/// What the bytes that have come are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// More bytes are needed.
    Partial,
    /// A response, and how many bytes it took.
    Whole(Box<Answer>, usize),
    /// No response of HTTP/1, and why.
    Malformed(String),
}

/// Reads the first response; `has_ended` says that no more bytes will come.
pub(super) fn read(bytes: &[u8], asked: Asked, has_ended: bool) -> Reading {
    let mut lines = Lines::new(bytes);
    let (mut answer, mut framing) = match head(&mut lines) {
        Ok(Some(answer)) => match framing(&answer) {
            Ok(framing) => (answer, framing),
            Err(why) => return Reading::Malformed(why),
        },
        Ok(None) => return Reading::Partial,
        Err(why) => return Reading::Malformed(why),
    };
    if asked == Asked::Head || matches!(answer.status, 100..=199 | 204 | 304) {
        framing = Framing::None;
    }
    answer.framing = framing;
    match body::read(&mut lines, &mut answer, has_ended) {
        Ok(true) => Reading::Whole(Box::new(answer), lines.used()),
        Ok(false) => Reading::Partial,
        Err(why) => Reading::Malformed(why),
    }
}

impl Answer {
    /// The first value of a field, as text; bytes that are no UTF-8 are replaced.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        self.values(name).next()
    }

    /// The values of all lines of a field.
    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        let lines = self.fields.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name));
        lines.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    }

    /// Whether the response says that the connection ends with it.
    pub(crate) fn closes(&self) -> bool {
        let says = |word: &str| {
            let values: Vec<String> = self.values("connection").collect();
            let mut words = values.iter().flat_map(|value| value.split(','));
            words.any(|own| own.trim().eq_ignore_ascii_case(word))
        };
        says("close") || (self.minor == 0 && !says("keep-alive")) || self.ends_with_connection()
    }

    /// Whether nothing but the end of the connection says where the body ends.
    pub(crate) fn ends_with_connection(&self) -> bool {
        self.framing == Framing::Close
    }
}

fn head(lines: &mut Lines<'_>) -> Result<Option<Answer>, String> {
    let mut answer = Answer::default();
    let Some(line) = lines.line() else { return is_begun(*lines) };
    status_line(line.bytes, &mut answer)?;
    let mut is_crlf = line.has_cr;
    loop {
        let Some(line) = lines.line() else { return Ok(None) };
        is_crlf &= line.has_cr;
        if line.bytes.is_empty() {
            break;
        }
        answer.fields.push(field(line.bytes)?);
    }
    if !is_crlf {
        answer.defects.push("a line of the head ends with a bare LF (RFC 9112 §2.1)");
    }
    Ok(Some(answer))
}

/// Said of a line in whatever pieces it comes.
const NO_STATUS_LINE: &str = "what came is no status line of HTTP/1";

/// Sees early that what comes is no HTTP, however long its first line gets.
fn is_begun(mut lines: Lines<'_>) -> Result<Option<Answer>, String> {
    let begun = lines.take_all();
    let agrees = begun.iter().zip(b"HTTP/1.").all(|(own, right)| own == right);
    if agrees { Ok(None) } else { Err(NO_STATUS_LINE.to_owned()) }
}

fn status_line(line: &[u8], answer: &mut Answer) -> Result<(), String> {
    let odd = || format!("no status line: {}", super::transcript::escaped(line));
    let rest = line.strip_prefix(b"HTTP/1.").ok_or(NO_STATUS_LINE)?;
    let (minor, rest) = rest.split_first().ok_or_else(odd)?;
    answer.minor = match minor {
        b'0' => 0,
        b'1' => 1,
        _ => return Err(odd()),
    };
    let (code, reason) =
        rest.strip_prefix(b" ").and_then(|r| r.split_at_checked(3)).ok_or_else(odd)?;
    answer.status = decimal(code).and_then(|code| u16::try_from(code).ok()).ok_or_else(odd)?;
    match reason.split_first() {
        Some((b' ', reason)) => answer.reason = reason.to_vec(),
        None => answer.defects.push("there is no space behind the status (RFC 9112 §4)"),
        Some(_) => return Err(odd()),
    }
    Ok(())
}

pub(super) fn field(line: &[u8]) -> Result<(String, Vec<u8>), String> {
    let odd = || format!("no field line: {}", super::transcript::escaped(line));
    let colon = line.iter().position(|byte| *byte == b':').ok_or_else(odd)?;
    let (name, value) = line.split_at_checked(colon).ok_or_else(odd)?;
    let is_token = !name.is_empty() && name.iter().all(|byte| is_tchar(*byte));
    let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
    if !is_token || value.iter().any(|byte| matches!(byte, 0 | b'\r')) {
        return Err(odd());
    }
    Ok((String::from_utf8_lossy(name).into_owned(), value.to_vec()))
}

/// Whether the byte may be in a token (RFC 9110 §5.6.2).
pub(crate) fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn framing(answer: &Answer) -> Result<Framing, String> {
    let codings: Vec<String> = answer.values("transfer-encoding").collect();
    let lengths: Vec<String> = answer.values("content-length").collect();
    match (codings.as_slice(), lengths.as_slice()) {
        ([], []) => Ok(Framing::Close),
        ([], [length]) => {
            let length = decimal(length.as_bytes()).ok_or("the content-length is no number")?;
            Ok(Framing::Length(length))
        }
        ([coding], []) if coding.eq_ignore_ascii_case("chunked") => Ok(Framing::Chunked),
        _ => Err(format!("nobody asked for these codings {codings:?} and lengths {lengths:?}")),
    }
}

fn decimal(digits: &[u8]) -> Option<usize> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| std::str::from_utf8(digits).ok()?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(bytes: &[u8], asked: Asked) -> (Answer, usize) {
        match read(bytes, asked, false) {
            Reading::Whole(answer, used) => (*answer, used),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_response_is_read_and_what_follows_is_left() {
        let bytes = b"HTTP/1.1 200 OK\r\nA: b\r\ncontent-length:  3 \r\n\r\nabcHTTP";
        let (answer, used) = whole(bytes, Asked::Whole);
        assert_eq!((answer.status, answer.body.as_slice()), (200, &b"abc"[..]));
        assert_eq!((answer.field("a"), used), (Some("b".to_owned()), bytes.len() - 4));
        assert!(answer.defects.is_empty() && !answer.closes());
    }

    #[test]
    fn every_prefix_of_a_response_is_partial() {
        for bytes in [
            &b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"[..],
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: u\r\n\r\n",
        ] {
            for end in 0..bytes.len() {
                assert_eq!(read(&bytes[..end], Asked::Whole, false), Reading::Partial, "{end}");
            }
            assert_eq!(whole(bytes, Asked::Whole).0.body, b"abc");
        }
    }

    #[test]
    fn an_answer_to_head_and_a_204_have_no_body() {
        let length = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
        assert_eq!(whole(length, Asked::Head).1, length.len());
        let chunks = b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(whole(chunks, Asked::Whole).1, chunks.len());
    }

    #[test]
    fn without_a_length_the_body_ends_with_the_connection() {
        let bytes = b"HTTP/1.1 200 OK\r\n\r\nabc";
        assert_eq!(read(bytes, Asked::Whole, false), Reading::Partial);
        let Reading::Whole(answer, _) = read(bytes, Asked::Whole, true) else { panic!() };
        assert!(answer.body == b"abc" && answer.closes());
    }

    #[test]
    fn what_breaks_the_grammar_is_malformed() {
        for bytes in [
            &b"GET / HTTP/1.1\r\n"[..],
            b"HTTQ",
            b"HTTP/2.0 200 OK\r\n",
            b"HTTP/1.1 20 OK\r\n",
            b"HTTP/1.1 2000 OK\r\n",
            b"HTTP/1.1 200 OK\r\nA b\r\n",
            b"HTTP/1.1 200 OK\r\nA : b\r\n",
            b"HTTP/1.1 200 OK\r\n: b\r\n",
            b"HTTP/1.1 200 OK\r\nA: b\rc\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\na\r\n",
        ] {
            let read = read(bytes, Asked::Whole, false);
            assert!(matches!(read, Reading::Malformed(_)), "{:?} {read:?}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_leaves_no_doubt_is_a_defect_only() {
        let bytes = b"HTTP/1.1 200\r\nContent-Length: 0\n\r\n";
        assert_eq!(whole(bytes, Asked::Whole).0.defects.len(), 2);
    }
}
