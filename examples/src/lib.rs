//! What the example programs share: the apps, and a third-party server.

pub mod apps;
pub mod custom_server;

use nowin_like_server::NowinServer;
use owin_core::testing::{MemoryClient, MemoryServer};
use owin_host::Registry;

use crate::custom_server::CustomServer;

/// The servers that the programs know, and what calls the app of the one in memory.
#[must_use]
pub fn servers() -> (Registry, MemoryClient) {
    let (memory, client) = MemoryServer::new();
    (Registry::new().with(NowinServer::new()).with(CustomServer).with(memory), client)
}

// The examples of the top-level README are compiled and run here: this crate knows all the others.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
