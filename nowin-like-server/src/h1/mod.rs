//! HTTP/1.0 and HTTP/1.1 (RFC 9112) as a state machine; only [`driver`] awaits.

mod bytes;
mod calls;
mod chunk_line;
mod chunked;
mod driver;
mod encode;
mod fields;
#[cfg(any(test, feature = "fuzzing"))]
#[path = "../fuzzing.rs"]
pub mod fuzzing;
mod head;
mod line;
mod outbox;
mod pace;
mod parse;
mod pool;
mod settings;
mod state;
#[cfg(test)]
mod tests;
mod trailers;

pub(crate) use self::calls::Calls;
pub(crate) use self::driver::Driver;
pub(crate) use self::settings::{Settings, Upgrades};
