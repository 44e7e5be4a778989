#![doc = include_str!("../README.md")]

mod date;
mod h1;
pub mod limits;
pub mod observe;
mod send_file;
mod server;
mod stop;
pub mod transport;

#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub use self::h1::fuzzing;
pub use self::limits::Limits;
pub use self::server::{HalfClosed, NowinServer, Readiness, Runtimes};
