#![doc = include_str!("../README.md")]

mod driver;
mod limits;
mod protocol;
mod serve;

pub use self::limits::Limits;
pub use self::serve::FastCgi;
