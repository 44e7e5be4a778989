//! What a middleware leaves as it is; tried in memory, with the middleware around small apps.

mod bodies;
mod calls;
mod ends;
mod messages;

pub(super) use self::bodies::BODIES;
pub(super) use self::calls::CALLS;
pub(super) use self::ends::ENDS;
pub(super) use self::messages::MESSAGES;
