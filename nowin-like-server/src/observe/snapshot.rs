//! What was counted, at one moment.

use std::fmt;

use crate::observe::Reason;
use crate::observe::counters::Requests;

/// The counts of a server at one moment; `Display` writes a line for each.
///
/// ```
/// use nowin_like_server::observe::{Reason, Snapshot};
///
/// let mut before = Snapshot::default();
/// before.connections_accepted = 2;
/// assert_eq!(before.count(Reason::HeadTooLong), 0);
/// assert!(before.to_string().starts_with("connections-accepted 2\n"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The connections that there was room for, until now.
    pub connections_accepted: u64,
    /// Those that are open.
    pub connections_open: u64,
    /// The connections that apps took over, until now.
    pub upgraded: u64,
    /// The requests that apps were given. What was refused is not among them.
    pub requests_begun: u64,
    /// Those whose response was finished.
    pub requests_completed: u64,
    /// Those whose app failed.
    pub requests_failed: u64,
    /// Those whose client went away, or that the server gave up.
    pub requests_cancelled: u64,
    pub(super) reasons: Vec<(Reason, u64)>,
}

impl Snapshot {
    /// The requests that apps are at work on.
    #[must_use]
    pub const fn requests_under_way(&self) -> u64 {
        let ended = self.requests_completed + self.requests_failed + self.requests_cancelled;
        self.requests_begun.saturating_sub(ended)
    }

    /// The connections that there was no room for.
    #[must_use]
    pub fn connections_refused(&self) -> u64 {
        self.count(Reason::TooManyConnections) + self.count(Reason::TooManyFromAddress)
    }

    /// How often something was refused, closed or dropped for this reason.
    #[must_use]
    pub fn count(&self, reason: Reason) -> u64 {
        let found = self.reasons.iter().find(|(other, _)| *other == reason);
        found.map_or(0, |(_, count)| *count)
    }

    /// The reasons that there were, with their counts.
    pub fn reasons(&self) -> impl Iterator<Item = (Reason, u64)> {
        self.reasons.iter().copied()
    }

    /// How often a time or a speed was the reason.
    #[must_use]
    pub fn timeouts(&self) -> u64 {
        self.reasons().filter(|(reason, _)| reason.is_timeout()).map(|(_, count)| count).sum()
    }

    /// How often it was neither that nor the planned end of a connection.
    #[must_use]
    pub fn refusals(&self) -> u64 {
        let refusals = self.reasons().filter(|(reason, _)| kind(*reason) == REFUSED);
        refusals.map(|(_, count)| count).sum()
    }

    pub(super) fn set_reasons(&mut self, counts: impl Iterator<Item = (Reason, u64)>) {
        self.reasons = counts.filter(|(_, count)| *count > 0).collect();
    }

    pub(super) const fn set_requests(&mut self, requests: Requests) {
        self.requests_begun = requests.begun;
        self.requests_completed = requests.completed;
        self.requests_failed = requests.failed;
        self.requests_cancelled = requests.cancelled;
    }
}

const REFUSED: &str = "refused";

fn kind(reason: Reason) -> &'static str {
    match (reason.is_timeout(), reason.is_planned()) {
        (true, _) => "timed-out",
        (false, true) => "ended",
        (false, false) => REFUSED,
    }
}

/// A line for each count, its name first: `requests-begun 7`, `refused head-too-long 2`. Reasons that
/// there were not have no line.
impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, count) in [
            ("connections-accepted", self.connections_accepted),
            ("connections-open", self.connections_open),
            ("connections-refused", self.connections_refused()),
            ("connections-upgraded", self.upgraded),
            ("requests-begun", self.requests_begun),
            ("requests-completed", self.requests_completed),
            ("requests-failed", self.requests_failed),
            ("requests-cancelled", self.requests_cancelled),
            ("requests-under-way", self.requests_under_way()),
        ] {
            writeln!(f, "{name} {count}")?;
        }
        for (reason, count) in self.reasons() {
            writeln!(f, "{} {} {count}", kind(reason), reason.code())?;
        }
        Ok(())
    }
}
