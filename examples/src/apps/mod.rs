//! The apps of the example programs; none of them knows a server.

mod hello;
mod plaintext;

pub use self::hello::hello;
pub use self::plaintext::plaintext;
