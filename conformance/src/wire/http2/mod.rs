//! A client of HTTP/2 that can misbehave: it sends any frames and any blocks, and reads what comes
//! with care.
//!
//! [`Frame`] and the blocks of `hpack` are bytes; [`Peer`] is what is known of the server, without
//! I/O; [`Link`] is one connection. [`Step`] is a frame of a script, as a check writes it down.

mod draft;
mod frame;
mod hpack;
mod link;
mod peer;
mod reply;
mod tables;

pub(crate) use self::draft::{Fill, Line, Step, field, raw};
pub(crate) use self::frame::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, Frame, GOAWAY, HEADERS, PADDED, PING,
    PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE, WITH_PRIORITY, code,
};
pub(crate) use self::hpack::literal;
pub(crate) use self::link::Link;
pub(crate) use self::peer::Peer;
pub(crate) use self::reply::Reply;

/// How much the server may have in its table of fields (RFC 9113 §6.5.2).
pub(crate) const HEADER_TABLE_SIZE: u16 = 1;
/// How many streams the other side may have open.
pub(crate) const MAX_CONCURRENT_STREAMS: u16 = 3;
/// How much may be sent on a new stream.
pub(crate) const INITIAL_WINDOW_SIZE: u16 = 4;
/// How long a frame may be.
pub(crate) const MAX_FRAME_SIZE: u16 = 5;
