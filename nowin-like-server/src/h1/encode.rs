//! Responses as bytes (RFC 9112 §4, §6, §7).

use bytes::{BufMut, BytesMut};
use http::{HeaderMap, StatusCode};
use owin_core::{BodyLength, Head};

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
pub(super) fn head(
    out: &mut BytesMut,
    head: &Head<'_>,
    coding: Coding,
    connection: Connection,
    own: &OwnFields<'_>,
) {
    status_line(out, head.status(), head.reason_phrase());
    for (name, value) in head.fields() {
        field(out, name.as_str(), value.as_bytes());
    }
    match head.length() {
        BodyLength::Known(length) => {
            field(out, "content-length", itoa::Buffer::new().format(length).as_bytes());
        }
        _ if coding == Coding::Chunked => field(out, "transfer-encoding", b"chunked"),
        _ => {}
    }
    own.write(out, |name| head.field(name).is_some());
    ending(out, connection);
}

/// Writes the head that says that the protocol changes (RFC 9110 §15.2.2): to the one that the
/// application names, else to the one that the client asked for.
pub(super) fn switch(out: &mut BytesMut, head: &Head<'_>, protocol: &str, own: &OwnFields<'_>) {
    status_line(out, head.status(), head.reason_phrase());
    for (name, value) in head.fields() {
        field(out, name.as_str(), value.as_bytes());
    }
    field(out, "connection", b"upgrade");
    let chosen = head.field("upgrade").map_or(protocol.as_bytes(), |chosen| chosen.as_bytes());
    field(out, "upgrade", chosen);
    own.write(out, |name| head.field(name).is_some());
    out.extend_from_slice(b"\r\n");
}

/// Writes a whole response without a body, for a message that is refused.
pub(super) fn refusal(out: &mut BytesMut, status: StatusCode, own: &OwnFields<'_>) {
    status_line(out, status, status.canonical_reason().unwrap_or_default());
    field(out, "content-length", b"0");
    own.write(out, |_| false);
    ending(out, Connection::Close);
}

/// Writes bytes of the body.
pub(super) fn data(out: &mut BytesMut, data: &[u8], coding: Coding) {
    if data.is_empty() {
        // An empty chunk would be the last one.
        return;
    }
    match coding {
        Coding::Plain => out.extend_from_slice(data),
        Coding::Chunked => {
            out.reserve(data.len() + 20);
            out.extend_from_slice(format!("{:x}\r\n", data.len()).as_bytes());
            out.extend_from_slice(data);
            out.extend_from_slice(b"\r\n");
        }
    }
}

/// Writes the last chunk and the trailer fields behind it, without those that must not be there.
pub(super) fn end(out: &mut BytesMut, trailers: Option<&HeaderMap>) {
    out.extend_from_slice(b"0\r\n");
    let trailers = trailers.into_iter().flat_map(HeaderMap::iter);
    for (name, value) in trailers.filter(|(name, _)| !is_no_trailer(name)) {
        field(out, name.as_str(), value.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

/// The fields that the server adds to every response, unless the application set them.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnFields<'a> {
    pub(super) date: &'a str,
    pub(super) server: Option<&'a str>,
}

impl OwnFields<'_> {
    fn write(&self, out: &mut BytesMut, is_set: impl Fn(&str) -> bool) {
        if !is_set("date") {
            field(out, "date", self.date.as_bytes());
        }
        if let Some(server) = self.server.filter(|_| !is_set("server")) {
            field(out, "server", server.as_bytes());
        }
    }
}

fn status_line(out: &mut BytesMut, status: StatusCode, reason: &str) {
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(status.as_str().as_bytes());
    out.put_u8(b' ');
    out.extend_from_slice(reason.as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn field(out: &mut BytesMut, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

fn ending(out: &mut BytesMut, connection: Connection) {
    match connection {
        Connection::Open => {}
        Connection::KeepAlive => field(out, "connection", b"keep-alive"),
        Connection::Close => field(out, "connection", b"close"),
    }
    out.extend_from_slice(b"\r\n");
}
