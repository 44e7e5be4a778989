#![doc = include_str!("../README.md")]

mod body;
mod error;
mod lanes;
mod listen;
mod peer;
mod pool;
mod request;
mod serve;
mod service;
mod stop;
mod wire;

pub use self::serve::TinyHttpServer;
