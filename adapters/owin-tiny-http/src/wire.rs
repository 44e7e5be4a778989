//! A response as bytes of HTTP/1.1 (RFC 9112 §6 and §7).

use std::io;
use std::time::SystemTime;

use bytes::BufMut;
use http::{HeaderMap, StatusCode};
use owin_core::{BodyLength, Head};
use tiny_http::Response;

use crate::request::Facts;

/// How the end of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is none.
    Empty,
    /// By the length in the head.
    Length,
    /// By a last chunk.
    Chunked,
    /// By the end of the connection.
    Close,
    /// By a length that is not known before the end: the body waits for it.
    Collected,
}

impl Framing {
    pub(crate) fn of(head: &Head<'_>, facts: Facts) -> Self {
        match head.length() {
            _ if !head.has_body() => Self::Empty,
            BodyLength::Known(_) => Self::Length,
            _ if !facts.is_http_10 => Self::Chunked,
            _ if facts.closes => Self::Close,
            _ => Self::Collected,
        }
    }

    /// Puts bytes of the body into a buffer.
    pub(crate) fn put(self, data: &[u8], out: &mut Vec<u8>) {
        if self != Self::Chunked {
            out.put_slice(data);
        } else if !data.is_empty() {
            out.put_slice(format!("{:x}\r\n", data.len()).as_bytes());
            out.put_slice(data);
            out.put_slice(b"\r\n");
        }
    }

    /// Puts the end of a whole body into a buffer, with the trailer fields where there is room.
    pub(crate) fn put_end(self, trailers: &HeaderMap, out: &mut Vec<u8>) {
        if self != Self::Chunked {
            return;
        }
        out.put_slice(b"0\r\n");
        for (name, value) in trailers {
            put_line(out, name.as_str().as_bytes(), value.as_bytes());
        }
        out.put_slice(b"\r\n");
    }

    /// What says that a body broke off, where the connection cannot be closed: a chunk of a size
    /// that no reader takes, and nothing behind it.
    pub(crate) fn put_broken(self, out: &mut Vec<u8>) {
        if self == Self::Chunked {
            out.put_slice(b"FFFFFFFFFFFFFFFFF\r\n");
        }
    }
}

/// A head that is ready to be sent by whoever has the connection.
#[derive(Clone, Debug)]
pub(crate) struct HeadBytes {
    status: StatusCode,
    reason: String,
    fields: Vec<u8>,
    closes: bool,
    keeps_http_10: bool,
}

impl HeadBytes {
    /// Takes what the app and the framing say.
    pub(crate) fn new(head: &Head<'_>, framing: Framing) -> Self {
        let mut fields = Vec::with_capacity(256);
        head.write_fields(&mut fields);
        if framing == Framing::Chunked {
            fields.put_slice(b"transfer-encoding: chunked\r\n");
        }
        if !head.has_date() {
            let date = httpdate::fmt_http_date(SystemTime::now());
            put_line(&mut fields, b"date", date.as_bytes());
        }
        Self {
            status: head.status(),
            reason: head.reason_phrase().to_owned(),
            fields,
            closes: false,
            keeps_http_10: false,
        }
    }

    /// Says that the connection does not stay.
    pub(crate) fn closing(mut self) -> Self {
        self.closes = true;
        self
    }

    /// Says to a client of HTTP/1.0, which would not expect it, that the connection stays.
    pub(crate) fn keeping_http_10(mut self) -> Self {
        self.keeps_http_10 = true;
        self
    }

    /// Adds the length of a body that was collected.
    pub(crate) fn with_length(mut self, length: usize) -> Self {
        put_line(&mut self.fields, b"content-length", length.to_string().as_bytes());
        self
    }

    fn connection_line(&self) -> &'static [u8] {
        match (self.closes, self.keeps_http_10) {
            (true, _) => b"connection: close\r\n",
            (false, true) => b"connection: keep-alive\r\n",
            (false, false) => b"",
        }
    }

    /// The whole head.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let (status, reason) = (self.status.as_str(), &self.reason);
        let mut out = Vec::with_capacity(self.fields.len() + 128);
        out.put_slice(format!("HTTP/1.1 {status} {reason}\r\n").as_bytes());
        out.put_slice(&self.fields);
        out.put_slice(self.connection_line());
        out.put_slice(b"\r\n");
        out
    }

    /// The fields as they go behind the `Upgrade` field that tiny_http writes; see the README.
    pub(crate) fn to_upgrade(&self) -> String {
        let mut out = String::from("HTTP/1.1");
        let connection = std::str::from_utf8(self.connection_line()).unwrap_or_default();
        let lines = self.ascii_lines().filter(|line| !is_tiny_https(line));
        for line in lines.chain([connection.trim_end()]).filter(|line| !line.is_empty()) {
            out.push_str("\r\n");
            out.push_str(line);
        }
        out
    }

    /// Status, and the fields that tiny_http would add if it did not find them there.
    pub(crate) fn to_response(&self) -> Response<io::Empty> {
        let mut response = Response::empty(self.status.as_u16());
        for line in self.ascii_lines().filter(|line| is_tiny_https(line)) {
            if let Ok(field) = line.parse::<tiny_http::Header>() {
                response.add_header(field);
            }
        }
        response
    }

    /// The lines that tiny_http takes: a field with bytes beyond ASCII it does not.
    fn ascii_lines(&self) -> impl Iterator<Item = &str> {
        let lines = self.fields.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
        lines.filter_map(|line| std::str::from_utf8(line).ok().filter(|line| line.is_ascii()))
    }
}

/// Whether tiny_http writes such a field itself.
fn is_tiny_https(line: &str) -> bool {
    line.starts_with("date:") || line.starts_with("server:")
}

fn put_line(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.put_slice(name);
    out.put_slice(b": ");
    out.put_slice(value);
    out.put_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Incoming;

    fn facts(is_http_10: bool, closes: bool) -> Facts {
        Facts { is_http_10, closes, expects_continue: false, body: Incoming::None }
    }

    fn refused() -> HeadBytes {
        HeadBytes::new(&Head::refusal(StatusCode::NOT_FOUND), Framing::Length)
    }

    #[test]
    fn a_chunk_has_its_size_and_nothing_is_no_chunk() {
        let mut out = Vec::new();
        Framing::Chunked.put(b"seventeen bytes!!", &mut out);
        Framing::Chunked.put(b"", &mut out);
        Framing::Chunked.put_end(&HeaderMap::new(), &mut out);
        assert_eq!(out, b"11\r\nseventeen bytes!!\r\n0\r\n\r\n");
    }

    #[test]
    fn trailers_stand_behind_the_last_chunk_and_nowhere_else() {
        let trailers = HeaderMap::from_iter([("x-sum".parse().unwrap(), "7".parse().unwrap())]);
        let mut out = Vec::new();
        Framing::Length.put_end(&trailers, &mut out);
        assert!(out.is_empty());
        Framing::Chunked.put_end(&trailers, &mut out);
        assert_eq!(out, b"0\r\nx-sum: 7\r\n\r\n");
    }

    #[test]
    fn a_broken_chunk_is_larger_than_any_number() {
        let mut out = Vec::new();
        Framing::Chunked.put_broken(&mut out);
        let size = std::str::from_utf8(&out).unwrap().trim_end();
        assert!(u64::from_str_radix(size, 16).is_err(), "{size}");
    }

    #[test]
    fn a_head_says_what_becomes_of_the_connection() {
        let said = |head: HeadBytes| String::from_utf8(head.to_bytes()).unwrap();
        assert!(said(refused()).starts_with("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n"));
        assert!(!said(refused()).contains("connection"));
        assert!(said(refused().closing()).ends_with("connection: close\r\n\r\n"));
        assert!(said(refused().keeping_http_10()).ends_with("connection: keep-alive\r\n\r\n"));
    }

    #[test]
    fn tiny_http_is_given_the_same_fields_and_none_twice() {
        let head = refused().closing();
        assert_eq!(head.to_upgrade(), "HTTP/1.1\r\ncontent-length: 0\r\nconnection: close");
        let mut out = Vec::new();
        let version = tiny_http::HTTPVersion(1, 1);
        let upgrade = head.to_upgrade();
        head.to_response().raw_print(&mut out, version, &[], false, Some(&upgrade)).unwrap();
        let out = String::from_utf8(out).unwrap().to_ascii_lowercase();
        assert_eq!(out.matches("\r\ndate: ").count(), 1, "{out}");
        assert_eq!(out.matches("content-length").count(), 1, "{out}");
        assert!(out.ends_with("\r\n\r\n"), "{out}");
    }

    #[test]
    fn only_what_can_be_framed_goes_out_before_its_end() {
        use owin_core::{AppExt, Call, Environment, Error, Event, features::ConnectionInfo};
        let app = (async |mut env: Environment| -> Result<Environment, Error> {
            env.response_mut().flush().await?;
            Ok(env)
        })
        .boxed();
        let mut call = Call::new(&app, ConnectionInfo::new());
        let env = call.prepare();
        call.start(env);
        let cx = &mut std::task::Context::from_waker(std::task::Waker::noop());
        assert!(matches!(call.poll_event(cx), std::task::Poll::Ready(Event::Head)));
        let head = call.head();
        assert_eq!(Framing::of(&head, facts(false, false)), Framing::Chunked);
        assert_eq!(Framing::of(&head, facts(true, true)), Framing::Close);
        assert_eq!(Framing::of(&head, facts(true, false)), Framing::Collected);
        let refusal = Head::refusal(StatusCode::NOT_FOUND);
        assert_eq!(Framing::of(&refusal, facts(true, false)), Framing::Length);
    }
}
