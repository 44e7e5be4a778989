//! Where one message ends and the next begins (RFC 9112 §6, §7).
//!
//! Whoever reads that otherwise than a proxy in front can be made to take a part of one request for
//! another one.

mod borders;
mod chunks;
mod codings;
mod lengths;
mod pipelines;

pub(super) use self::borders::BORDERS;
pub(super) use self::chunks::CHUNKS;
pub(super) use self::codings::CODINGS;
pub(super) use self::lengths::LENGTHS;
pub(super) use self::pipelines::PIPELINES;
