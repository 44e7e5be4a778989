//! The server over real sockets, and apps mounted in actix-web.
#![expect(clippy::unwrap_used, reason = "a helper of tests may stop the test")]
#![expect(clippy::expect_used, reason = "a helper of tests may stop the test")]
#![expect(clippy::indexing_slicing, reason = "a helper of tests may stop the test")]
#![expect(clippy::string_slice, reason = "a helper of tests may stop the test")]

mod addresses;
mod bodies;
mod cancellation;
mod facts;
mod failures;
mod heads;
mod mounting;
mod refusals;
mod stopping;
mod streaming;
mod support;
mod upgrades;
