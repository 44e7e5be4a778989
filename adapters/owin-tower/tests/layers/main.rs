//! Every layer of tower and tower-http that a server can use, in the middle of a pipeline, over
//! real sockets: what it does is seen by the client, and the keys of the environment go round it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper of tests may stop the test")]
#![expect(clippy::indexing_slicing, reason = "and so may what it looks up")]
#![expect(clippy::panic, reason = "an app of a test panics on purpose")]

mod access;
mod apps;
mod calls;
mod choosing;
mod client;
mod compression;
mod coverage;
mod headers;
mod limits;
mod servers;
mod site;
mod timeouts;
mod watching;
