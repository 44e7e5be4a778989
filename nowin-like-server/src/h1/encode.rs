//! Responses as bytes (RFC 9112 §4, §6, §7).

use http::{HeaderMap, StatusCode};
use owin_core::Head;

use crate::date;
use crate::h1::fields::is_no_trailer;

/// What makes a client send its body (RFC 9110 §15.2.1).
pub(super) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What is said of the connection after a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connection {
    /// Nothing: it stays open, as HTTP/1.1 has it.
    Open,
    /// It stays open, which a client of HTTP/1.0 has to be told.
    KeepAlive,
    /// It closes.
    Close,
}

/// How the bytes of a response's body are framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// As they are, by their number or by the end of the connection.
    Plain,
    /// In chunks.
    Chunked,
}

/// Writes a head.
#[inline]
pub(super) fn head(
    out: &mut Vec<u8>,
    head: &Head<'_>,
    coding: Coding,
    connection: Connection,
    own: &OwnFields<'_>,
) {
    start(out, head);
    head.write_fields(out);
    if coding == Coding::Chunked {
        out.extend_from_slice(b"transfer-encoding: chunked\r\n");
    }
    own.write(out, head.has_date(), head.has_server());
    ending(out, connection);
}

/// Writes the head that says that the protocol changes (RFC 9110 §15.2.2): to the one that the
/// application names, else to the one that the client asked for.
pub(super) fn switch(out: &mut Vec<u8>, head: &Head<'_>, protocol: &str, own: &OwnFields<'_>) {
    start(out, head);
    for (name, value) in head.lines() {
        field(out, name, value);
    }
    field(out, b"connection", b"upgrade");
    let chosen = head.field("upgrade").map_or(protocol.as_bytes(), |chosen| chosen.as_bytes());
    field(out, b"upgrade", chosen);
    own.write(out, head.has_date(), head.has_server());
    out.extend_from_slice(b"\r\n");
}

/// Writes a whole response without a body, for a message that is refused.
pub(super) fn refusal(out: &mut Vec<u8>, status: StatusCode, own: &OwnFields<'_>) {
    let head = Head::refusal(status);
    start(out, &head);
    head.write_fields(out);
    own.write(out, false, false);
    ending(out, Connection::Close);
}

/// Writes what stands in front of so many bytes of the body.
pub(super) fn data_start(out: &mut Vec<u8>, length: usize, coding: Coding) {
    if coding == Coding::Chunked {
        out.reserve(length.min(USUAL_HEAD) + 20);
        put_hexadecimal(out, length);
        out.extend_from_slice(b"\r\n");
    }
}

/// Writes what stands behind them.
pub(super) fn data_end(out: &mut Vec<u8>, coding: Coding) {
    if coding == Coding::Chunked {
        out.extend_from_slice(b"\r\n");
    }
}

fn put_hexadecimal(out: &mut Vec<u8>, number: usize) {
    if number >= 16 {
        put_hexadecimal(out, number / 16);
    }
    let digit = u32::try_from(number % 16).ok().and_then(|digit| char::from_digit(digit, 16));
    out.push(digit.and_then(|digit| u8::try_from(digit).ok()).unwrap_or(b'0'));
}

/// Writes the last chunk and the trailer fields behind it, without those that must not be there.
pub(super) fn end(out: &mut Vec<u8>, trailers: Option<&HeaderMap>) {
    out.extend_from_slice(b"0\r\n");
    let trailers = trailers.into_iter().flat_map(HeaderMap::iter);
    for (name, value) in trailers.filter(|(name, _)| !is_no_trailer(name)) {
        field(out, name.as_str().as_bytes(), value.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

/// The fields that the server adds to every response, unless the application set them.
#[derive(Debug)]
pub(super) struct OwnFields<'a> {
    /// The line with the date.
    pub(super) date: date::Line,
    /// The line with the name of the server; empty for none.
    pub(super) server: &'a str,
}

impl OwnFields<'_> {
    fn write(&self, out: &mut Vec<u8>, has_date: bool, has_server: bool) {
        if !has_date {
            out.extend_from_slice(&self.date);
        }
        if !has_server {
            out.extend_from_slice(self.server.as_bytes());
        }
    }
}

/// Room for a usual head, so that memory is looked for once.
const USUAL_HEAD: usize = 512;

#[inline]
fn start(out: &mut Vec<u8>, head: &Head<'_>) {
    out.reserve(USUAL_HEAD);
    head.write_status_line(out);
}

fn field(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

fn ending(out: &mut Vec<u8>, connection: Connection) {
    match connection {
        Connection::Open => {}
        Connection::KeepAlive => out.extend_from_slice(b"connection: keep-alive\r\n"),
        Connection::Close => out.extend_from_slice(b"connection: close\r\n"),
    }
    out.extend_from_slice(b"\r\n");
}
