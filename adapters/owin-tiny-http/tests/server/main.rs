//! What clients see of the adapter, byte by byte, and what its apps see of the clients.
#![expect(clippy::unwrap_used, reason = "a helper of tests may stop the test")]
#![expect(clippy::expect_used, reason = "a helper of tests may stop the test")]
#![expect(clippy::panic, reason = "a helper of tests may stop the test")]

mod bad_input;
mod bodies;
mod connections;
mod errors;
mod memory;
mod responses;
mod startup;
mod stopping;
mod support;
