//! How it is judged whether a server keeps a check.

mod accepted;
mod breach;
mod cases;
mod lapse;
mod probed;
mod property;
mod refusal;
mod talk;
mod template;
mod trial;
mod violation;

pub(crate) use self::accepted::{is_refusal, twin_is_taken};
pub(crate) use self::breach::{Breach, Cases, Error};
pub(crate) use self::cases::{Body, Cuts, Fields};
pub(crate) use self::lapse::{Judged, Lapse, demand};
pub(crate) use self::probed::text;
pub(crate) use self::property::Luck;
pub(crate) use self::refusal::{Or, Refusal, Where};
pub(crate) use self::talk::{GET, POST, UNMEASURED, settle, watched};
pub(crate) use self::trial::{Message, Position, Trial};
pub(crate) use self::violation::{HANDSHAKE, Then, Violation, Wants, goes_on, opened, switched};
