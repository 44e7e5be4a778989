#![doc = include_str!("../README.md")]

mod body;
mod response;
mod serve;
mod streams;
mod variables;
mod watch;

pub use self::response::write_head;
pub use self::serve::Cgi;
pub use self::variables::{Mount, Variables};
