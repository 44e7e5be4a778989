//! The one server of a process, and what a test of it says.

use std::fmt;
use std::io::{self, Write as _};
use std::sync::OnceLock;

use owin_core::Error;

use crate::in_process::{Hosted, Subject};
use crate::report;
use crate::run::{Plan, Report, Verdict};

/// The one server that the tests of a process share: the first of them starts it.
///
/// ```
/// use nowin_like_server::NowinServer;
/// use owin_conformance::in_process::{Failed, Shared};
///
/// static SERVER: Shared = Shared::new();
///
/// fn method() -> Result<(), Failed> {
///     SERVER.tried("RQ-01", || NowinServer::new().into())
/// }
/// assert!(method().is_ok());
/// ```
pub struct Shared(OnceLock<Result<Hosted, String>>);

impl Shared {
    /// No server yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Makes one check, by its id or slug. What is skipped or not as it should be, and fails no run,
    /// is said on standard output.
    ///
    /// # Errors
    ///
    /// Where the check makes a run fail: see
    /// [`Outcome::breaks_the_run`](crate::run::Outcome::breaks_the_run).
    pub fn tried(&self, id: &str, subject: impl FnOnce() -> Subject) -> Result<(), Failed> {
        let start = || Hosted::start(subject()).map_err(|error| chain(&error));
        let hosted = self.0.get_or_init(start);
        let hosted = hosted.as_ref().map_err(|why| Failed(format!("no server: {why}")))?;
        let plan = Plan::new().with_only([id]).map_err(Failed)?;
        let report = hosted.tried(plan).map_err(|error| Failed(chain(&error)))?;
        judged(&report)
    }
}

impl Default for Shared {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shared(started: {})", self.0.get().is_some())
    }
}

/// Why a test of a check fails: the report of that check, as a run has it.
///
/// [`Debug`] is the text itself, since that is what a test prints of an error that it returns.
pub struct Failed(String);

impl Failed {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}", self.0)
    }
}

impl std::error::Error for Failed {}

/// What a report of one check says of it.
pub(crate) fn judged(report: &Report) -> Result<(), Failed> {
    let mut failed = String::new();
    for outcome in &report.outcomes {
        let told = report::outcome(outcome);
        if outcome.breaks_the_run() {
            failed += &told;
        } else if outcome.verdict != Verdict::Pass {
            let _nobody_reads = io::stdout().write_all(told.as_bytes());
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Failed(failed)) }
}

/// An error with what caused it.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}
