//! What is too long, too many or too slow (RFC 9110 §17.5).
//!
//! Nobody sees from outside how much memory a server takes; what can be seen is that it refuses, stops
//! reading, or goes on without end.

mod bodies;
mod crowd;
mod crowds;
mod heads;
mod times;
mod told;

pub(super) use self::bodies::BODIES;
pub(super) use self::crowds::CROWDS;
pub(super) use self::heads::HEADS;
pub(super) use self::times::TIMES;
pub(super) use self::told::TOLD;

use crate::check::{Clause, rfc9110};

/// Why anything has a limit.
const LENGTHS: Clause = rfc9110(
    "17.5",
    "a recipient has to limit every element whose length nobody defined, or it can be filled up",
);
