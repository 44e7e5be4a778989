//! WebSockets (RFC 6455): an echo at a path of the probe, or of the command line.

mod closes;
mod handshakes;
mod messages;
mod violations;

pub(super) use self::closes::CLOSES;
pub(super) use self::handshakes::HANDSHAKES;
pub(super) use self::messages::MESSAGES;
pub(super) use self::violations::VIOLATIONS;

use crate::check::{Clause, standard};

/// A section of the standard of WebSockets.
const fn rfc6455(section: &'static str, says: &'static str) -> Clause {
    standard("RFC 6455", section, says)
}
