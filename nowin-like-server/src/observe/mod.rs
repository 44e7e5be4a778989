//! What an operator sees of refusals and load.

mod reason;

pub use self::reason::Reason;
