//! What one call does, seen from a server through `Call` and from a client through `TestHost`.
#![expect(clippy::unwrap_used, reason = "a helper of tests may stop the test")]
#![expect(clippy::panic, reason = "a helper of tests may stop the test")]

mod at_hand;
mod builder;
mod cancel;
mod completed;
mod errors;
mod fields;
mod inner;
mod length;
#[cfg(feature = "tokio")]
mod reader;
mod recycle;
mod request_body;
mod send_file;
mod server;
mod start;
mod support;
mod trailers;
mod upgrade;
mod whole;
mod write;
