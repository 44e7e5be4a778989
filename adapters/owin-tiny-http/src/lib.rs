#![doc = include_str!("../README.md")]

mod body;
mod connection;
mod error;
mod lanes;
mod listen;
mod nudge;
mod peer;
mod pool;
mod request;
mod serve;
mod service;
mod stop;
mod wire;

pub use self::serve::TinyHttpServer;
