#![doc = include_str!("../README.md")]

mod date;
mod h1;
mod server;
mod stop;

pub use self::server::NowinServer;
