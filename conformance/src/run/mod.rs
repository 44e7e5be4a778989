//! Running checks against a server.

mod course;
mod expectation;
mod log;
mod outcome;
mod plan;
mod port;
mod queue;
mod room;
mod site;
mod site_http2;
mod start;
mod target;

pub use self::expectation::Expectation;
pub use self::outcome::{Conclusion, Lost, Outcome, Report, Verdict};
pub use self::plan::{Plan, Step, launched, run, unreachable, watched};
pub(crate) use self::plan::{look, run_at};
pub use self::port::free_port;
pub(crate) use self::queue::verdict;
pub(crate) use self::room::room_for;
pub use self::site::Unreachable;
pub(crate) use self::site::{Site, said_by_probe};
pub use self::start::{Launch, Started};
pub(crate) use self::target::Connect;
pub use self::target::Target;
pub use crate::wire::{Entry, Transcript, What};
