//! The requests of one client, one after the other.
//!
//! tiny_http hands out the requests of a connection as soon as it has read their heads, also those
//! behind one that is being answered, and it does not say which connection a request came by. The
//! client's address says so, as long as the connection lasts.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use owin_core::features::ConnectionInfo;
use tokio::time::Instant;

/// So many requests of one connection may wait for the one before.
const MAX_WAITING: usize = 64;

/// For so long an address is known: a client that closed first keeps its port from new connections
/// for as long (TIME-WAIT), so that an older entry may be another connection's.
const KNOWN_FOR: Duration = Duration::from_secs(60);

/// From so many clients on those that have been silent are forgotten.
const MANY: usize = 256;

/// Which request of which connection.
#[derive(Debug)]
pub(crate) struct Turn<R> {
    pub(crate) client: SocketAddr,
    pub(crate) info: Arc<ConnectionInfo>,
    /// How many requests there were before.
    pub(crate) number: u64,
    pub(crate) request: R,
}

/// What becomes of a request that has come.
#[derive(Debug)]
pub(crate) enum Admitted<R> {
    /// It is this one's turn.
    Now(Turn<R>),
    /// One before is being answered.
    Waits,
    /// Nothing on this connection is answered any more.
    Unwanted(R),
}

/// The clients and what they wait for.
#[derive(Debug)]
pub(crate) struct Lanes<R> {
    state: Mutex<State<R>>,
}

#[derive(Debug)]
struct State<R> {
    clients: HashMap<SocketAddr, Lane<R>>,
    sweep_at: usize,
}

#[derive(Debug)]
struct Lane<R> {
    info: Arc<ConnectionInfo>,
    number: u64,
    is_busy: bool,
    /// The bytes of the connection cannot be told apart any more, or it should be closed.
    is_broken: bool,
    last_used: Instant,
    waiting: VecDeque<R>,
}

impl<R> Lanes<R> {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::new(State { clients: HashMap::new(), sweep_at: MANY }) }
    }

    fn lock(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a request that has come.
    pub(crate) fn admit(
        &self,
        client: SocketAddr,
        request: R,
        info: impl FnOnce() -> ConnectionInfo,
    ) -> Admitted<R> {
        let now = Instant::now();
        let mut state = self.lock();
        state.sweep(now);
        if state.clients.get(&client).is_some_and(|lane| lane.is_broken && lane.is_old(now)) {
            state.clients.remove(&client);
        }
        let lane = state.clients.entry(client).or_insert_with(|| Lane::new(info(), now));
        lane.last_used = now;
        if lane.is_broken {
            return Admitted::Unwanted(request);
        }
        if !lane.is_busy {
            lane.is_busy = true;
            return Admitted::Now(lane.turn(client, request));
        }
        if lane.waiting.len() >= MAX_WAITING {
            // Who sends so much without reading an answer is not waited for.
            lane.is_broken = true;
            return Admitted::Unwanted(request);
        }
        lane.waiting.push_back(request);
        Admitted::Waits
    }

    /// Says that a request was answered, and whose turn it is then.
    pub(crate) fn done(&self, client: SocketAddr) -> Option<Turn<R>> {
        let mut state = self.lock();
        let lane = state.clients.get_mut(&client)?;
        lane.last_used = Instant::now();
        if let Some(request) = lane.waiting.pop_front() {
            return Some(lane.turn(client, request));
        }
        lane.is_busy = false;
        None
    }

    /// Says whether another request of the connection has come already.
    pub(crate) fn has_waiting(&self, client: SocketAddr) -> bool {
        self.lock().clients.get(&client).is_some_and(|lane| !lane.waiting.is_empty())
    }

    /// Sees to it that no more requests of a connection are answered, and gives back those that
    /// wait.
    pub(crate) fn break_up(&self, client: SocketAddr) -> VecDeque<R> {
        let mut state = self.lock();
        let Some(lane) = state.clients.get_mut(&client) else { return VecDeque::new() };
        lane.is_broken = true;
        std::mem::take(&mut lane.waiting)
    }
}

impl<R> State<R> {
    /// Forgets who has been silent; so the cost of looking is shared by many requests.
    fn sweep(&mut self, now: Instant) {
        if self.clients.len() < self.sweep_at {
            return;
        }
        self.clients.retain(|_, lane| !lane.is_old(now));
        self.sweep_at = MANY.max(self.clients.len().saturating_mul(2));
    }
}

impl<R> Lane<R> {
    fn new(info: ConnectionInfo, now: Instant) -> Self {
        Self {
            info: Arc::new(info),
            number: 0,
            is_busy: false,
            is_broken: false,
            last_used: now,
            waiting: VecDeque::new(),
        }
    }

    fn is_old(&self, now: Instant) -> bool {
        !self.is_busy && self.last_used + KNOWN_FOR <= now
    }

    fn turn(&mut self, client: SocketAddr, request: R) -> Turn<R> {
        let number = self.number;
        self.number += 1;
        Turn { client, info: Arc::clone(&self.info), number, request }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn admit(lanes: &Lanes<u32>, port: u16, request: u32) -> Result<(u64, u32), Option<u32>> {
        match lanes.admit(client(port), request, ConnectionInfo::new) {
            Admitted::Now(turn) => Ok((turn.number, turn.request)),
            Admitted::Waits => Err(None),
            Admitted::Unwanted(request) => Err(Some(request)),
        }
    }

    #[test]
    fn the_requests_of_a_client_take_turns() {
        let lanes = Lanes::new();
        assert_eq!(admit(&lanes, 1, 10), Ok((0, 10)));
        assert_eq!(admit(&lanes, 1, 11), Err(None));
        assert_eq!(admit(&lanes, 2, 20), Ok((0, 20)), "others do not wait");
        let next = lanes.done(client(1)).unwrap();
        assert_eq!((next.number, next.request), (1, 11));
        assert!(lanes.done(client(1)).is_none());
        assert_eq!(admit(&lanes, 1, 12), Ok((2, 12)));
    }

    #[test]
    fn nothing_is_answered_on_a_broken_connection() {
        let lanes = Lanes::new();
        assert_eq!(admit(&lanes, 1, 10), Ok((0, 10)));
        assert_eq!(admit(&lanes, 1, 11), Err(None));
        assert_eq!(lanes.break_up(client(1)), [11]);
        assert!(lanes.done(client(1)).is_none());
        assert_eq!(admit(&lanes, 1, 12), Err(Some(12)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_is_forgotten_after_a_while() {
        let lanes = Lanes::new();
        assert_eq!(admit(&lanes, 1, 1), Ok((0, 1)));
        lanes.break_up(client(1));
        assert!(lanes.done(client(1)).is_none());
        tokio::time::advance(KNOWN_FOR / 2).await;
        assert_eq!(admit(&lanes, 1, 2), Err(Some(2)));
        tokio::time::advance(KNOWN_FOR).await;
        assert_eq!(admit(&lanes, 1, 3), Ok((0, 3)), "another connection of that port");
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_silent_is_forgotten_where_there_are_many() {
        let lanes = Lanes::new();
        assert_eq!(admit(&lanes, 1, 1), Ok((0, 1)));
        for port in 2..u16::try_from(MANY + 1).unwrap() {
            assert_eq!(admit(&lanes, port, 1), Ok((0, 1)));
            assert!(lanes.done(client(port)).is_none());
        }
        tokio::time::advance(KNOWN_FOR).await;
        assert_eq!(admit(&lanes, 60_000, 1), Ok((0, 1)));
        assert_eq!(lanes.lock().clients.len(), 2, "the one that is busy, and the new one");
    }

    #[test]
    fn who_sends_too_much_in_front_is_not_waited_for() {
        let lanes = Lanes::new();
        assert_eq!(admit(&lanes, 1, 0), Ok((0, 0)));
        for request in 0..u32::try_from(MAX_WAITING).unwrap() {
            assert_eq!(admit(&lanes, 1, request), Err(None));
        }
        assert_eq!(admit(&lanes, 1, 7), Err(Some(7)));
    }
}
