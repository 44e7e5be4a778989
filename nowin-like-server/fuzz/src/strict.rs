//! A second reader of heads: httparse, and around it the rules that it does not have, written as
//! plainly as can be. It says what a request is, not why something is none.

use nowin_like_server::fuzzing::Seen;
use owin_core::BodyLength;
use owin_core::address::is_host_and_port;
use owin_core::headers::BodyFraming;
use owin_core::path::Target;

/// The limits of the server's edge.
const HEAD_BYTES: usize = 32 * 1024;
const HEAD_FIELDS: usize = 100;

/// Reads one head; `None` where it is not whole, or no legal request.
#[must_use]
pub fn head(mut bytes: &[u8]) -> Option<Seen> {
    // Empty lines in front of a request line are skipped (RFC 9112 §2.2).
    while let Some(behind) = bytes.strip_prefix(b"\r\n") {
        bytes = behind;
    }
    let end = memchr::memmem::find(bytes, b"\r\n\r\n")? + 4;
    let head = &bytes[..end];
    if end > HEAD_BYTES || !has_legal_lines(head) {
        return None;
    }
    let mut lines = [httparse::EMPTY_HEADER; HEAD_FIELDS];
    let mut request = httparse::Request::new(&mut lines);
    let is_whole = request.parse(head).ok()?.is_complete();
    let (method, target, minor) = (request.method?, request.path?, request.version?);
    let (fields, is_http_10) = (&*request.headers, minor == 0);
    let is_legal = is_whole
        && is_legal_target(method, target)
        && has_legal_host(fields, is_http_10)
        && named(fields, "expect").all(|value| value.eq_ignore_ascii_case(b"100-continue"));
    if !is_legal {
        return None;
    }
    Some(Seen::Head {
        method: method.to_owned(),
        target: target.to_owned(),
        is_http_10,
        fields: fields.iter().map(|line| (line.name.to_owned(), line.value.to_vec())).collect(),
        body: body(fields, is_http_10)?,
    })
}

/// Lines end with CRLF, and neither half of it nor a NUL is anywhere else.
fn has_legal_lines(head: &[u8]) -> bool {
    let text = head.strip_suffix(b"\r\n").unwrap_or(head);
    let mut rest = text;
    while let Some(at) = memchr::memchr3(b'\r', b'\n', 0, rest) {
        if !rest[at..].starts_with(b"\r\n") {
            return false;
        }
        rest = &rest[at + 2..];
    }
    true
}

fn is_legal_target(method: &str, target: &str) -> bool {
    let Ok(parts) = Target::parse(target) else { return false };
    let form = match parts {
        Target::Origin { .. } => true,
        Target::Absolute { scheme, .. } => scheme.eq_ignore_ascii_case("http"),
        Target::Asterisk => method == "OPTIONS",
        _ => false,
    };
    form && method != "CONNECT" && !parts.path().contains("%00")
}

fn has_legal_host(fields: &[httparse::Header<'_>], is_http_10: bool) -> bool {
    let hosts: Vec<&[u8]> = named(fields, "host").collect();
    match hosts[..] {
        [] | [b""] => is_http_10,
        [host] => std::str::from_utf8(host).is_ok_and(is_host_and_port),
        _ => false,
    }
}

/// How long the body is, `Some(None)` where it is chunked.
fn body(fields: &[httparse::Header<'_>], is_http_10: bool) -> Option<Option<u64>> {
    let mut framing = BodyFraming::default();
    for value in named(fields, "content-length") {
        framing.content_length(value).ok()?;
    }
    for value in named(fields, "transfer-encoding") {
        framing.transfer_encoding(value).ok()?;
    }
    match framing.decide(is_http_10).ok()? {
        BodyLength::Known(length) => Some(Some(length)),
        _ => Some(None),
    }
}

fn named<'a>(fields: &'a [httparse::Header<'a>], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    fields.iter().filter(move |line| line.name.eq_ignore_ascii_case(name)).map(|line| line.value)
}
