//! What every server must do, seen by the app of the probe (OWIN 1.0 §3).

mod requests;
mod responses;

pub(super) use self::requests::REQUESTS;
pub(super) use self::responses::RESPONSES;
