//! Apps of other people's through the contract: an axum `Router`, tower-http's files, a service of
//! gRPC. What the client sees is compared with what it sees of the same app on hyper itself.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper of tests may stop the test")]
#![expect(clippy::panic, clippy::indexing_slicing, reason = "and so may what it looks up")]

mod events;
mod files;
mod grpc;
mod mounted;
mod raw;
mod router;
mod servers;
mod sockets;
