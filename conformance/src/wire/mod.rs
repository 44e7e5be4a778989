//! A client of HTTP/1 that can misbehave: it sends any bytes, and reads what comes with care.
//!
//! [`Link`] is one connection and the script of what is done with it; [`Answer`] is what its parser,
//! which does no I/O, makes of the bytes; [`Transcript`] keeps both directions as evidence.

mod answer;
mod body;
mod lines;
mod link;
mod stream;
mod transcript;
pub(crate) mod websocket;

pub(crate) use self::answer::{Answer, Asked};
pub(crate) use self::link::{End, Limits, Link, Missing, Parsed, Pressed};
pub(crate) use self::stream::Stream;
#[cfg(test)]
pub(crate) use self::transcript::Direction;
pub(crate) use self::transcript::escaped;
pub use self::transcript::{Entry, Transcript, What};
