//! Every program, started and called.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod axum_app;
mod layers;
mod mounted;
mod nginx;
mod same_app;
mod support;
