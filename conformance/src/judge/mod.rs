//! How it is judged whether a server keeps a check.

mod accepted;
mod lapse;
mod probed;
mod refusal;
mod trial;

pub(crate) use self::accepted::is_refusal;
pub(crate) use self::lapse::{Judged, Lapse, demand};
pub(crate) use self::probed::text;
pub(crate) use self::refusal::{Or, Refusal, Where};
pub(crate) use self::trial::{Message, Position, Trial};
