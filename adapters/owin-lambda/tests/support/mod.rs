//! What the tests share.

mod double;
pub(crate) mod events;
pub(crate) mod program;

pub(crate) use self::double::Double;
