#![doc = include_str!("../README.md")]

mod host;
mod options;
mod program;
mod registry;
mod signal;

pub use self::host::{Host, Hosted};
pub use self::options::{Options, parse_urls};
pub use self::program::{Failure, program};
pub use self::registry::Registry;
