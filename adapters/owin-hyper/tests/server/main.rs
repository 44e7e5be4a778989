//! The server over real sockets.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of tests may stop the test"
)]

mod basics;
mod cancellation;
mod http2;
mod refusals;
mod stop;
mod streams;
mod support;
mod upgrades;
