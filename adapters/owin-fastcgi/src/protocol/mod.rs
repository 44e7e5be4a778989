//! FastCGI 1.0 without I/O: bytes in, events and bytes out.

mod broken;
mod machine;
mod pairs;
mod record;

pub(crate) use self::broken::Broken;
pub(crate) use self::machine::{Event, Machine};

#[cfg(test)]
mod tests;
