//! A client of WebSockets that can misbehave: it sends any frames, and reads what comes with care
//! (RFC 6455).
//!
//! [`Frame`] is a frame as bytes, without I/O; [`Socket`] is a connection behind its handshake.

mod frame;
mod socket;

pub(crate) use self::frame::{BINARY, Frame, TEXT};
pub(crate) use self::socket::{Event, Socket};

/// Keys of a handshake, and what a server has to answer to each (RFC 6455 §4.2.2): the SHA-1 of the key
/// and a text that the standard gives. The first pair stands in the standard itself.
pub(crate) const KEYS: [(&str, &str); 2] = [
    ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    ("AAECAwQFBgcICQoLDA0ODw==", "Bz3qJYTGdOe8gUSpLosEdiLKDrk="),
];
