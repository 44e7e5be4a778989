//! Running checks against a server.

mod outcome;
mod plan;
mod queue;
mod room;
mod site;
mod start;

pub use self::outcome::{Conclusion, Lost, Outcome, Report, Verdict};
pub use self::plan::{Plan, Step, run, unreachable, watched};
pub(crate) use self::queue::verdict;
pub(crate) use self::room::room_for;
pub(crate) use self::site::{Connect, Site, said_by_probe};
pub use self::site::{Target, Unreachable};
pub use self::start::{Started, start};
pub use crate::wire::{Entry, Transcript, What};
