//! The requests of one client, one after the other.
//!
//! tiny_http hands out the requests of a connection as soon as it has read their heads, also those
//! behind one that is being answered, and it does not say which connection a request came by. The
//! client's address says so, as long as the connection lasts; then the address may be another one's.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use owin_core::features::ConnectionInfo;
use tokio::time::Instant;

/// So many requests of one connection may wait for the one before.
const MAX_WAITING: usize = 64;

/// For so long an address is known where nobody can tell its connections apart: a client that closed
/// first keeps its port from new connections for as long (TIME-WAIT). Where the server closed first
/// the port is free at once.
const KNOWN_FOR: Duration = Duration::from_secs(60);

/// Between two looks whose request it is that came from the address of a broken connection. A look
/// costs, and who goes on after a refusal may send many requests.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// From so many clients on those that have been silent are forgotten.
const MANY: usize = 256;

/// A connection: the address of its client, and which of those that had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) client: SocketAddr,
    lane: u64,
}

/// Which request of which connection.
#[derive(Debug)]
pub(crate) struct Turn<R> {
    pub(crate) key: Key,
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
    next: u64,
}

#[derive(Debug)]
struct Lane<R> {
    id: u64,
    info: Arc<ConnectionInfo>,
    number: u64,
    is_busy: bool,
    /// The bytes of the connection cannot be told apart any more, or it should be closed.
    is_broken: bool,
    /// The socket of a connection that is broken, where it was found.
    socket: Option<u64>,
    looked: Option<Instant>,
    last_used: Instant,
    waiting: VecDeque<R>,
}

impl<R> Lanes<R> {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::new(State { clients: HashMap::new(), sweep_at: MANY, next: 0 }) }
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
        let State { clients, next, .. } = &mut *state;
        let lane = clients.entry(client).or_insert_with(|| {
            *next += 1;
            Lane::new(*next, info(), now)
        });
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
    pub(crate) fn done(&self, key: Key) -> Option<Turn<R>> {
        let mut state = self.lock();
        let lane = state.lane(key)?;
        lane.last_used = Instant::now();
        if let Some(request) = lane.waiting.pop_front() {
            return Some(lane.turn(key.client, request));
        }
        lane.is_busy = false;
        None
    }

    /// Says whether another request of the connection has come already.
    pub(crate) fn has_waiting(&self, key: Key) -> bool {
        self.lock().lane(key).is_some_and(|lane| !lane.waiting.is_empty())
    }

    /// Sees to it that no more requests of a connection are answered, and gives back those that
    /// wait.
    pub(crate) fn break_up(&self, key: Key) -> VecDeque<R> {
        let mut state = self.lock();
        let Some(lane) = state.lane(key) else { return VecDeque::new() };
        lane.is_broken = true;
        std::mem::take(&mut lane.waiting)
    }

    /// Forgets a connection that takes no more requests. What comes from its address is another's;
    /// where that came already it goes on in the place of this one.
    pub(crate) fn close(&self, key: Key) {
        let mut state = self.lock();
        if state.lane(key).is_some_and(|lane| lane.waiting.is_empty()) {
            let _lane = state.clients.remove(&key.client);
        }
    }

    /// Whether the address is another connection's by now.
    pub(crate) fn is_anothers(&self, key: Key) -> bool {
        self.lock().clients.get(&key.client).is_some_and(|lane| lane.id != key.lane)
    }

    /// Says which socket a connection has.
    pub(crate) fn has_socket(&self, key: Key, socket: u64) {
        if let Some(lane) = self.lock().lane(key) {
            lane.socket = Some(socket);
        }
    }

    /// The broken connection of a client, before a request of that address is taken: then `look` says
    /// which socket has the address now. Another one than before is another connection, and the broken
    /// one is forgotten.
    pub(crate) fn look_again(&self, client: SocketAddr, look: impl FnOnce() -> Option<u64>) {
        let Some((key, before)) = self.lock().suspect(client) else { return };
        // Without the lock, since it takes a while.
        match (before, look()) {
            (Some(before), Some(now)) if before != now => self.close(key),
            (None, Some(now)) => self.has_socket(key, now),
            _ => {}
        }
    }
}

impl<R> State<R> {
    fn lane(&mut self, key: Key) -> Option<&mut Lane<R>> {
        self.clients.get_mut(&key.client).filter(|lane| lane.id == key.lane)
    }

    /// A broken connection, and its socket, where nobody has looked for a while.
    fn suspect(&mut self, client: SocketAddr) -> Option<(Key, Option<u64>)> {
        let lane = self.clients.get_mut(&client).filter(|lane| lane.is_broken)?;
        let now = Instant::now();
        if lane.looked.is_some_and(|looked| looked + BETWEEN_LOOKS > now) {
            return None;
        }
        lane.looked = Some(now);
        Some((Key { client, lane: lane.id }, lane.socket))
    }

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
    fn new(id: u64, info: ConnectionInfo, now: Instant) -> Self {
        Self {
            id,
            info: Arc::new(info),
            number: 0,
            is_busy: false,
            is_broken: false,
            socket: None,
            looked: None,
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
        let key = Key { client, lane: self.id };
        Turn { key, info: Arc::clone(&self.info), number, request }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    /// The connection that has the port now.
    fn key(lanes: &Lanes<u32>, port: u16) -> Key {
        let client = client(port);
        Key { client, lane: lanes.lock().clients.get(&client).unwrap().id }
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
        let next = lanes.done(key(&lanes, 1)).unwrap();
        assert_eq!((next.number, next.request), (1, 11));
        assert!(lanes.done(key(&lanes, 1)).is_none());
        assert_eq!(admit(&lanes, 1, 12), Ok((2, 12)));
    }

    #[test]
    fn nothing_is_answered_on_a_broken_connection() {
        let lanes = Lanes::new();
        assert_eq!(admit(&lanes, 1, 10), Ok((0, 10)));
        assert_eq!(admit(&lanes, 1, 11), Err(None));
        assert_eq!(lanes.break_up(key(&lanes, 1)), [11]);
        assert!(lanes.done(key(&lanes, 1)).is_none());
        assert_eq!(admit(&lanes, 1, 12), Err(Some(12)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_is_forgotten_after_a_while() {
        let lanes = Lanes::new();
        assert_eq!(admit(&lanes, 1, 1), Ok((0, 1)));
        lanes.break_up(key(&lanes, 1));
        assert!(lanes.done(key(&lanes, 1)).is_none());
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
            assert!(lanes.done(key(&lanes, port)).is_none());
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

    #[test]
    fn the_port_of_a_connection_that_is_over_is_another_ones() {
        let lanes = Lanes::new();
        assert_eq!(admit(&lanes, 1, 10), Ok((0, 10)));
        let before = key(&lanes, 1);
        lanes.close(before);
        assert!(!lanes.is_anothers(before), "nobody has it");
        assert_eq!(admit(&lanes, 1, 20), Ok((0, 20)));
        assert_eq!(admit(&lanes, 1, 21), Err(None));
        assert!(lanes.is_anothers(before));
        assert!(lanes.done(before).is_none() && lanes.break_up(before).is_empty());
        lanes.close(before);
        assert_eq!(lanes.done(key(&lanes, 1)).unwrap().request, 21, "the other one goes on");
    }

    #[test]
    fn who_came_before_the_one_before_was_over_has_its_turn() {
        let lanes = Lanes::new();
        assert_eq!(admit(&lanes, 1, 10), Ok((0, 10)));
        assert_eq!(admit(&lanes, 1, 20), Err(None));
        let before = key(&lanes, 1);
        lanes.close(before);
        assert_eq!(lanes.done(before).unwrap().request, 20);
    }

    #[tokio::test(start_paused = true)]
    async fn another_socket_at_the_address_of_a_broken_connection_is_another_connection() {
        let lanes = Lanes::new();
        assert_eq!(admit(&lanes, 1, 10), Ok((0, 10)));
        let broken = key(&lanes, 1);
        lanes.break_up(broken);
        lanes.has_socket(broken, 7);
        for (now, expected) in
            [(Some(7), Err(Some(11))), (None, Err(Some(11))), (Some(8), Ok((0, 11)))]
        {
            tokio::time::advance(BETWEEN_LOOKS).await;
            lanes.look_again(client(1), || now);
            assert_eq!(admit(&lanes, 1, 11), expected, "{now:?}");
        }
        lanes.look_again(client(1), || unreachable!("this one is not broken"));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_looks_for_each_of_many_requests() {
        let lanes = Lanes::new();
        assert_eq!(admit(&lanes, 1, 10), Ok((0, 10)));
        lanes.break_up(key(&lanes, 1));
        lanes.look_again(client(1), || Some(7));
        lanes.look_again(client(1), || unreachable!("somebody has looked just now"));
        tokio::time::advance(BETWEEN_LOOKS).await;
        lanes.look_again(client(1), || Some(8));
        assert_eq!(admit(&lanes, 1, 11), Ok((0, 11)));
    }
}
