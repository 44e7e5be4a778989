//! What clients see of the server, byte by byte, and what its apps see of the clients.
#![expect(clippy::unwrap_used, reason = "a helper of tests may stop the test")]
#![expect(clippy::expect_used, reason = "a helper of tests may stop the test")]
#![expect(clippy::panic, reason = "a helper of tests may stop the test")]

mod addresses;
mod admission;
mod callbacks;
mod cancellation;
mod common_keys;
mod connection;
mod continue_100;
mod corpus;
mod curl;
mod descriptors;
mod environment;
mod errors;
mod every_byte;
mod floods;
mod headers;
mod http_10;
mod inherited;
mod keep_alive;
mod last_connections;
mod leaving;
mod lifetime;
mod limits;
mod listeners;
mod memory;
mod messages;
mod mounts;
mod observers;
mod observing;
mod paths;
mod per_core;
mod pipelining;
mod refusals;
mod request_bodies;
mod requests;
mod response_bodies;
mod responses;
mod send_file;
mod smuggling;
mod splitting;
mod startup;
mod stop;
mod streaming;
mod support;
mod truncation;
mod unix;
mod unread_bodies;
mod upgrade_lives;
mod upgraded_bytes;
mod upgrades;
