//! Middlewares, tried in memory: what a middleware has no reason to change passes it unchanged.
//!
//! [`check`] makes all checks of the profile `middleware`; [`middleware_tests!`](crate::middleware_tests)
//! makes a test of each.

mod macros;
mod rig;
mod subject;
mod tried;

pub(crate) use self::rig::{Noted, Rig, noting, soon};
pub use self::subject::Subject;
pub use self::tried::{check, tested, tried};
