#![doc = include_str!("../README.md")]

mod date;
mod h1;
pub mod limits;
pub mod observe;
mod server;
mod stop;
pub mod transport;

pub use self::limits::Limits;
pub use self::server::{NowinServer, Readiness};
