//! The probe contract: what a server under test hosts so that the suite sees what its app sees.
//!
//! `conformance/probe/README.md` describes the paths; [`app`] is the reference, `probe.py` beside
//! that page a second one.

mod app;
mod calls;
mod echo;
mod facts;
mod fates;
mod files;
mod gates;
mod limits;
mod pattern;
mod query;
mod reply;
mod taken;
mod websocket;

use std::path::Path;

pub use self::app::{app, app_counting_in, app_with, app_without};
use self::calls::Calls;
pub(crate) use self::echo::hex;
use self::gates::Gates;
pub use self::limits::Limits;
pub(crate) use self::pattern::pattern;

/// What the calls of one probe share.
#[derive(Debug)]
struct State {
    calls: Calls,
    gates: Gates,
    fates: fates::Fates,
    files: files::Files,
    limits: Limits,
}

impl State {
    /// In memory.
    fn here() -> Self {
        Self::of(Calls::here(), Gates::here())
    }

    /// As far as processes must share it, in a folder.
    fn in_folder(folder: &Path) -> Self {
        Self::of(Calls::In(folder.to_owned()), Gates::In(folder.to_owned()))
    }

    fn of(calls: Calls, gates: Gates) -> Self {
        let (fates, files) = (fates::Fates::default(), files::Files::default());
        Self { calls, gates, fates, files, limits: Limits::default() }
    }
}

/// The version of the contract. It moves only when a probe of before would no longer do.
pub const CONTRACT: u64 = 1;

/// The path that says that the contract is hosted, below the path of the URL.
pub const VERSION_PATH: &str = "/.probe/version";
