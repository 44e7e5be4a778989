//! What every server must do, seen by the app of the probe (OWIN 1.0 §3).

mod any;
mod bodies;
mod calls;
mod framing;
mod heads;
mod requests;
mod responses;
mod targets;

pub(super) use self::any::ANY;
pub(super) use self::bodies::BODIES;
pub(super) use self::calls::CALLS;
pub(super) use self::framing::FRAMING;
pub(super) use self::heads::HEADS;
pub(super) use self::requests::REQUESTS;
pub(super) use self::responses::RESPONSES;
pub(super) use self::targets::TARGETS;
