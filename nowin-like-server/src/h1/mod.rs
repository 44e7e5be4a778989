//! HTTP/1.0 and HTTP/1.1 (RFC 9112) as a state machine; only [`driver`] awaits.

mod chunked;
mod driver;
mod encode;
mod fields;
mod head;
mod refusal;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use self::driver::Driver;
pub(crate) use self::refusal::Refusal;
pub(crate) use self::state::Settings;
