//! When a call ends, who hears of it, and what a slow end costs the other one (OWIN 1.0 §3.6).

mod pressure;
mod tokens;

pub(super) use self::pressure::PRESSURE;
pub(super) use self::tokens::TOKENS;
