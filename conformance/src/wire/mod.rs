//! A client of HTTP that can misbehave: it sends any bytes, and reads what comes with care.
//!
//! [`Link`] is one connection and the script of what is done with it; [`Answer`] is what its parser,
//! which does no I/O, makes of the bytes; [`Transcript`] keeps both directions as evidence.
//! `http2` is the same for HTTP/2.

mod answer;
mod body;
mod certificate;
mod hello;
pub(crate) mod http2;
mod lines;
mod link;
mod pressure;
mod stream;
mod tls;
mod transcript;
mod waiting;
pub(crate) mod websocket;

pub(crate) use self::answer::{Answer, Asked};
pub(crate) use self::hello::{ClientHello, Reply, TLS_12, record, reply_within};
pub(crate) use self::link::{Link, Parsed};
pub(crate) use self::pressure::{Pour, Pressed};
pub(crate) use self::stream::Stream;
pub(crate) use self::tls::{Agreed, Offer, TlsStream, can_be_roots, early_flight};
#[cfg(test)]
pub(crate) use self::transcript::Direction;
pub(crate) use self::transcript::escaped;
pub use self::transcript::{Entry, Transcript, What};
pub(crate) use self::waiting::{End, Limits, Missing};
