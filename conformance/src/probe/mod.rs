//! The probe contract: what a server under test hosts so that the suite sees what its app sees.
//!
//! `conformance/probe/README.md` describes the paths; [`app`] is the reference, `probe.py` beside
//! that page a second one.

mod app;
mod calls;
mod echo;
mod query;
mod reply;

pub use self::app::{app, app_counting_in};
pub(crate) use self::echo::hex;

/// The version of the contract. It moves only when a probe of before would no longer do.
pub const CONTRACT: u64 = 1;

/// The path that says that the contract is hosted, below the path of the URL.
pub const VERSION_PATH: &str = "/.probe/version";
