//! Connections that go on as something else than HTTP (Opaque 0.3; RFC 9110 §7.8).

mod offers;
mod streams;

pub(super) use self::offers::OFFERS;
pub(super) use self::streams::STREAMS;

/// The end of a head that asks for another protocol.
const ASKS: &str = "Connection: Upgrade\r\nUpgrade: probe\r\n\r\n";
