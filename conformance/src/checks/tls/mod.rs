//! TLS below HTTP (RFC 8446, RFC 5246, RFC 9325), against any server whose URL begins with https.

mod ends;
mod handshake;
mod names;
mod records;
mod versions;

pub(super) use self::ends::ENDS;
pub(super) use self::names::NAMES;
pub(super) use self::records::RECORDS;
pub(super) use self::versions::VERSIONS;
