//! How many connections there may be at once: in total, and from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// The network part of an IPv6 address: what one customer has at least (RFC 6177 §2), so that a
/// limit of one address is no limit of one in 2⁶⁴.
const NETWORK: Ipv6Addr = Ipv6Addr::new(0xffff, 0xffff, 0xffff, 0xffff, 0, 0, 0, 0);

/// Admits connections as long as there is room; clones share the room.
#[derive(Clone, Debug)]
pub(super) struct Admission(Arc<Room>);

#[derive(Debug)]
struct Room {
    connections: Option<usize>,
    per_address: Option<usize>,
    open: AtomicUsize,
    /// How many connections each address has; none that has none.
    of_addresses: Mutex<HashMap<IpAddr, usize>>,
    freed: Notify,
}

/// What is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// There are as many connections as there may be.
    Server,
    /// There are as many connections from that address as there may be.
    Address,
}

impl Admission {
    /// So many connections in total, and so many from one address; `None` for no limit.
    pub(super) fn new(connections: Option<usize>, per_address: Option<usize>) -> Self {
        Self(Arc::new(Room {
            connections,
            per_address,
            open: AtomicUsize::new(0),
            of_addresses: Mutex::default(),
            freed: Notify::new(),
        }))
    }

    /// Admits a connection until its ticket is dropped. One that comes from no address counts in
    /// total only.
    pub(super) fn admit(&self, from: Option<IpAddr>) -> Result<Ticket, Full> {
        let room = &self.0;
        let more = |open: usize| {
            room.connections.is_none_or(|most| open < most).then(|| open.saturating_add(1))
        };
        let counted = room.open.fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        counted.map_err(|_| Full::Server)?;
        let mut ticket = Ticket { room: Arc::clone(room), from: None };
        if let (Some(from), Some(most)) = (from.map(network), room.per_address) {
            let mut of_addresses = room.of_addresses();
            let open = of_addresses.get(&from).copied().unwrap_or_default();
            if open >= most {
                return Err(Full::Address);
            }
            of_addresses.insert(from, open + 1);
            ticket.from = Some(from);
        }
        Ok(ticket)
    }

    /// Waits until a connection that was admitted is over; what was over before does not count.
    pub(super) fn freed(&self) -> Notified<'_> {
        self.0.freed.notified()
    }
}

/// The place of one connection; dropped after the connection itself.
#[derive(Debug)]
pub(super) struct Ticket {
    room: Arc<Room>,
    from: Option<IpAddr>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(from) = self.from {
            self.room.leave(from);
        }
        self.room.open.fetch_sub(1, Ordering::AcqRel);
        self.room.freed.notify_waiters();
    }
}

impl Room {
    fn of_addresses(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.of_addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, from: IpAddr) {
        let mut of_addresses = self.of_addresses();
        match of_addresses.get_mut(&from) {
            Some(open @ 2..) => *open -= 1,
            _ => drop(of_addresses.remove(&from)),
        }
    }
}

/// What counts as one address: a v4 address, in v6 clothes too, or a v6 network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => (six & NETWORK).into(),
        four @ IpAddr::V4(_) => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of connections from these addresses, all of them open at once.
    fn admitted(admission: &Admission, from: &[&str]) -> (Vec<Ticket>, Vec<Full>) {
        let (mut tickets, mut full) = (Vec::new(), Vec::new());
        for address in from {
            match admission.admit(address.parse().ok()) {
                Ok(ticket) => tickets.push(ticket),
                Err(error) => full.push(error),
            }
        }
        (tickets, full)
    }

    fn open(admission: &Admission) -> (usize, usize) {
        let room = &admission.0;
        (room.open.load(Ordering::Relaxed), room.of_addresses().values().sum())
    }

    #[test]
    fn as_many_are_admitted_as_there_may_be_and_not_one_more() {
        let admission = Admission::new(Some(3), None);
        let (tickets, full) = admitted(&admission, &["none"; 3]);
        assert_eq!((tickets.len(), full), (3, vec![]));
        assert_eq!(admission.admit(None).unwrap_err(), Full::Server);
        assert_eq!(open(&admission).0, 3);
    }

    #[test]
    fn one_that_leaves_makes_room_for_one() {
        let admission = Admission::new(Some(2), None);
        let (mut tickets, _) = admitted(&admission, &["none"; 3]);
        drop(tickets.pop());
        let again = admission.admit(None);
        assert!(again.is_ok());
        assert_eq!(admission.admit(None).unwrap_err(), Full::Server);
    }

    #[test]
    fn one_address_cannot_take_the_room_of_the_others() {
        let admission = Admission::new(Some(4), Some(2));
        let (tickets, full) =
            admitted(&admission, &["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"]);
        assert_eq!((tickets.len(), full), (3, vec![Full::Address]));
        assert_eq!(open(&admission), (3, 3));
    }

    #[test]
    fn nothing_is_left_of_an_address_that_left() {
        let admission = Admission::new(None, Some(1));
        for _ in 0..3 {
            let (tickets, full) = admitted(&admission, &["192.0.2.1", "2001:db8::1", "192.0.2.1"]);
            assert_eq!((tickets.len(), full), (2, vec![Full::Address]));
        }
        assert_eq!(open(&admission), (0, 0));
        assert!(admission.0.of_addresses().is_empty());
    }

    #[test]
    fn a_v4_address_is_the_same_in_v6_clothes() {
        let admission = Admission::new(None, Some(1));
        let (_tickets, full) = admitted(&admission, &["192.0.2.1", "::ffff:192.0.2.1"]);
        assert_eq!(full, [Full::Address]);
        let (_others, full) = admitted(&admission, &["192.0.2.2", "::ffff:192.0.2.3"]);
        assert_eq!(full, []);
    }

    #[test]
    fn a_v6_network_is_one_address_and_its_neighbour_another() {
        let admission = Admission::new(None, Some(1));
        let (_tickets, full) = admitted(
            &admission,
            &["2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1", "2001:db8:0:3::1"],
        );
        assert_eq!(full, [Full::Address]);
    }

    #[test]
    fn what_comes_from_no_address_has_no_limit_of_one() {
        let admission = Admission::new(None, Some(1));
        let (tickets, full) = admitted(&admission, &["none"; 5]);
        assert_eq!((tickets.len(), full), (5, vec![]));
    }

    #[test]
    fn a_limit_of_none_admits_nobody() {
        assert_eq!(Admission::new(Some(0), None).admit(None).unwrap_err(), Full::Server);
    }

    #[test]
    fn whoever_waits_hears_that_one_has_left() {
        let admission = Admission::new(Some(1), None);
        let ticket = admission.admit(None).unwrap();
        let mut freed = std::pin::pin!(admission.freed());
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(freed.as_mut().poll(&mut cx).is_pending());
        drop(ticket);
        assert!(freed.poll(&mut cx).is_ready());
    }
}
