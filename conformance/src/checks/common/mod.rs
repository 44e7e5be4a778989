//! The common keys: what a server may offer, and must offer rightly where it does (CommonKeys).

mod callbacks;
mod connection;
mod keys;
mod trailers;

pub(super) use self::callbacks::CALLBACKS;
pub(super) use self::connection::CONNECTION;
pub(super) use self::keys::KEYS;
pub(super) use self::trailers::TRAILERS;
