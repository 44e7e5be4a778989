//! How much there is to do, counted without any two connections being in each other's way.
//!
//! A request that is counted must not cost more than the counting. Each connection counts in a
//! [`Cell`] of its own, which nobody else writes: a count is a load and a store, no locked
//! instruction and no line of the cache that two threads write. A [`Snapshot`] adds the cells of the
//! open connections to the sum of those that are closed. Opening and closing a connection takes a
//! lock for a moment; an accept costs fifty times as much.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use owin_core::features::Outcome;

use crate::observe::{Reason, Snapshot};

/// The counts of a server, as long as it runs.
///
/// Taken from [`NowinServer::counters`](crate::NowinServer::counters) before the start. All counts
/// begin with 0 and only grow, but for those of what is open.
///
/// ```
/// use nowin_like_server::NowinServer;
///
/// let server = NowinServer::new();
/// let counters = server.counters();
/// assert_eq!(counters.snapshot().requests_begun, 0);
/// print!("{}", counters.snapshot());
/// ```
#[derive(Debug, Default)]
pub struct Counters {
    reasons: Reasons,
    upgraded: AtomicU64,
    connections: Mutex<Connections>,
}

/// One count for each reason.
#[derive(Debug)]
struct Reasons(Vec<AtomicU64>);

impl Default for Reasons {
    fn default() -> Self {
        Self(Reason::ALL.iter().map(|_| AtomicU64::new(0)).collect())
    }
}

/// The cells of the open connections, and the sum of all others.
#[derive(Debug, Default)]
struct Connections {
    accepted: u64,
    open: Vec<Option<Arc<Cell>>>,
    /// Places of `open` that are free.
    free: Vec<usize>,
    closed: Requests,
}

/// The requests of one connection: written by its task alone, read by snapshots. Apart from its
/// neighbours, or two threads would fight for the line of the cache.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Cell {
    begun: AtomicU64,
    completed: AtomicU64,
    failed: AtomicU64,
    cancelled: AtomicU64,
}

/// How many requests were begun, and how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Requests {
    pub(super) begun: u64,
    pub(super) completed: u64,
    pub(super) failed: u64,
    pub(super) cancelled: u64,
}

impl Counters {
    /// What was counted until now.
    ///
    /// Requests that end meanwhile may be missing, but none is counted as ended that is not counted
    /// as begun.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot =
            Snapshot { upgraded: self.upgraded.load(Ordering::Relaxed), ..Snapshot::default() };
        let counts = self.reasons.0.iter().map(|count| count.load(Ordering::Relaxed));
        snapshot.set_reasons(Reason::ALL.iter().copied().zip(counts));
        let connections = self.connections();
        let cells = connections.open.iter().flatten();
        let requests = cells.fold(connections.closed, |sum, cell| sum.and(cell.requests()));
        let open = connections.open.len() - connections.free.len();
        snapshot.connections_accepted = connections.accepted;
        drop(connections);
        snapshot.connections_open = u64::try_from(open).unwrap_or(u64::MAX);
        snapshot.set_requests(requests);
        snapshot
    }

    /// Counts a refusal or a forced close.
    pub(super) fn refused(&self, reason: Reason) {
        let place = Reason::ALL.iter().position(|other| *other == reason);
        if let Some(count) = place.and_then(|place| self.reasons.0.get(place)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a connection that an app takes over.
    pub(super) fn upgraded(&self) {
        self.upgraded.fetch_add(1, Ordering::Relaxed);
    }

    fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts the requests of one connection, which is open as long as this is there.
#[derive(Debug)]
pub(super) struct Tally {
    counters: Arc<Counters>,
    cell: Arc<Cell>,
    place: usize,
    is_open: bool,
}

impl Tally {
    /// Counts a connection that was accepted.
    pub(super) fn open(counters: Arc<Counters>) -> Self {
        let cell = Arc::<Cell>::default();
        let mut connections = counters.connections();
        connections.accepted += 1;
        let place = connections.place(Arc::clone(&cell));
        drop(connections);
        Self { counters, cell, place, is_open: true }
    }

    /// Counts a request that is given to the app.
    pub(super) fn begun(&mut self) {
        increase(&self.cell.begun);
    }

    /// Counts how it ended.
    pub(super) fn ended(&mut self, outcome: Outcome) {
        increase(match outcome {
            Outcome::Completed => &self.cell.completed,
            Outcome::Failed => &self.cell.failed,
            _ => &self.cell.cancelled,
        });
    }

    /// How many requests there were.
    pub(super) fn requests(&self) -> u64 {
        self.cell.begun.load(Ordering::Relaxed)
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The connection is over; nothing is counted any more.
    pub(super) fn close(&mut self) {
        if !std::mem::replace(&mut self.is_open, false) {
            return;
        }
        self.counters.connections().leave(self.place, self.cell.requests());
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.close();
    }
}

impl Connections {
    fn place(&mut self, cell: Arc<Cell>) -> usize {
        let free = self.free.pop();
        if let Some((place, slot)) = free.and_then(|place| Some((place, self.open.get_mut(place)?)))
        {
            *slot = Some(cell);
            return place;
        }
        self.open.push(Some(cell));
        self.open.len() - 1
    }

    /// In one go: no snapshot sees the requests twice, or not at all.
    fn leave(&mut self, place: usize, requests: Requests) {
        self.closed = self.closed.and(requests);
        if let Some(cell) = self.open.get_mut(place) {
            *cell = None;
            self.free.push(place);
        }
    }
}

impl Cell {
    /// Reads how requests ended before it reads how many began: what ended has begun.
    fn requests(&self) -> Requests {
        Requests {
            completed: self.completed.load(Ordering::Acquire),
            failed: self.failed.load(Ordering::Acquire),
            cancelled: self.cancelled.load(Ordering::Acquire),
            begun: self.begun.load(Ordering::Acquire),
        }
    }
}

impl Requests {
    fn and(self, other: Self) -> Self {
        Self {
            begun: self.begun + other.begun,
            completed: self.completed + other.completed,
            failed: self.failed + other.failed,
            cancelled: self.cancelled + other.cancelled,
        }
    }
}

/// Adds one to a count that nobody else writes.
fn increase(count: &AtomicU64) {
    count.store(count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
}
