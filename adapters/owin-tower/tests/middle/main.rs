//! Layers of tower in the middle of a pipeline, and pipelines in the middle of tower's services.
#![expect(clippy::unwrap_used, reason = "a helper of tests may stop the test")]
#![expect(clippy::panic, reason = "an app of a test panics on purpose")]

mod answers;
mod errors;
mod identity;
mod pushes;
mod reentry;
mod support;
