//! The sockets that tiny_http keeps to itself, where the system lets us find them.
//!
//! On Linux a process may duplicate its own descriptors by their numbers (`pidfd_getfd(2)`), and see
//! by the addresses which of them is a connection. That costs a look at every descriptor, so it is
//! done only where a connection has to end and tiny_http would let it stay.

use std::net::{Shutdown, SocketAddr, TcpListener};
use std::time::Duration;

use socket2::SockRef;

/// How long a call takes before its connection is watched, since that costs a look at every
/// descriptor of the process.
const BEFORE_A_LOOK: Duration = Duration::from_millis(500);

/// How soon a reset is seen then.
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// Whether tiny_http's sockets are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Where the system can.
    Allowed,
    Never,
}

/// The two ends of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) look: Look,
    /// The address that is listened on.
    pub(crate) local: SocketAddr,
    pub(crate) client: SocketAddr,
}

impl Peer {
    /// Ends the connection behind what was written; `false` where it was not found. Before anybody sees
    /// its end, `known` is told which socket it has.
    pub(crate) fn finish(self, known: impl Fn(u64)) -> bool {
        self.with(|socket| {
            if let Some(number) = system::number(socket) {
                known(number);
            }
            socket.shutdown(Shutdown::Write).is_ok()
        })
    }

    /// What tells the socket of the connection from all others that there ever were; `None` where it is
    /// not found.
    pub(crate) fn socket(self) -> Option<u64> {
        let mut found = None;
        let _is_found = self.with(|socket| {
            found = system::number(socket);
            found.is_some()
        });
        found
    }

    /// Breaks the connection off, so that what was sent does not look whole; `false` where it was
    /// not found.
    pub(crate) fn reset(self) -> bool {
        self.with(system::reset)
    }

    /// Waits until the client has reset the connection; for ever, where nobody can tell. One that only
    /// closed its half has still to get its answer.
    ///
    /// Most calls are over before anybody looks.
    pub(crate) async fn has_reset(self) {
        tokio::time::sleep(BEFORE_A_LOOK).await;
        if self.look == Look::Never || !system::can_look() {
            return std::future::pending().await;
        }
        // One that was reset before has no other end, so that it is not found.
        let Some(socket) = system::find(|ends| self.is(ends)) else { return };
        while system::is_connected(&socket) {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    fn is(self, ends: Ends) -> bool {
        ends.remote == self.client && is_at(self.local, ends.local)
    }

    /// Every descriptor of it is the same socket. One is enough: once its end is seen, the next that is
    /// found may be another connection's of that address.
    fn with(self, end: impl FnOnce(&SockRef<'_>) -> bool) -> bool {
        self.look == Look::Allowed && system::first(|ends| self.is(ends), end)
    }
}

/// Ends one direction or both of all connections that were accepted on an address, those too on
/// which nothing happens. What has come already is read even where that direction is ended.
pub(crate) fn finish_all(look: Look, local: SocketAddr, how: Shutdown) {
    if look == Look::Allowed {
        let _none =
            system::each(|ends| is_at(local, ends.local), |socket| socket.shutdown(how).is_ok());
    }
}

/// Whether anybody besides us has the listener: the thread of tiny_http that accepts from it. Where
/// nobody can tell it counts as there.
pub(crate) fn is_shared(look: Look, listener: &TcpListener) -> bool {
    look == Look::Never || system::is_shared(listener)
}

/// The addresses of a socket.
#[derive(Clone, Copy, Debug)]
struct Ends {
    local: SocketAddr,
    remote: SocketAddr,
}

fn is_at(listening: SocketAddr, local: SocketAddr) -> bool {
    let is_port = listening.port() == local.port();
    is_port && (listening.ip().is_unspecified() || listening.ip() == local.ip())
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs::read_link;
    use std::net::TcpListener;
    use std::os::fd::AsRawFd as _;
    use std::path::Path;

    use rustix::fd::{AsFd as _, OwnedFd};
    use rustix::net::connect_unspec;
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
    use socket2::SockRef;

    use super::Ends;

    /// Ends the connections that are wanted; `false` where none was found.
    pub(super) fn each(is_it: impl Fn(Ends) -> bool, end: impl Fn(&SockRef<'_>) -> bool) -> bool {
        let mut is_found = false;
        for descriptor in duplicates() {
            let socket = SockRef::from(&descriptor);
            if ends(&socket).is_some_and(&is_it) {
                is_found |= end(&socket);
            }
        }
        is_found
    }

    /// Ends the first connection that is wanted; `false` where none was found.
    pub(super) fn first(
        is_it: impl Fn(Ends) -> bool,
        end: impl FnOnce(&SockRef<'_>) -> bool,
    ) -> bool {
        find(is_it).is_some_and(|descriptor| end(&SockRef::from(&descriptor)))
    }

    /// The number that the system gives to a socket, and never to another one.
    pub(super) fn number(socket: &SockRef<'_>) -> Option<u64> {
        socket.cookie().ok()
    }

    /// Whether the system lets us look: then there is at least the listener.
    pub(super) fn can_look() -> bool {
        duplicates().next().is_some()
    }

    /// The first connection that is wanted; it stays open as long as this does.
    pub(super) fn find(is_it: impl Fn(Ends) -> bool) -> Option<OwnedFd> {
        duplicates().find(|descriptor| ends(&SockRef::from(descriptor)).is_some_and(&is_it))
    }

    /// A connection that was reset has no other end any more.
    pub(super) fn is_connected(socket: &OwnedFd) -> bool {
        SockRef::from(socket).peer_addr().is_ok()
    }

    /// Every descriptor of one socket shows the same number of it.
    pub(super) fn is_shared(listener: &TcpListener) -> bool {
        let folder = Path::new("/proc/self/fd");
        let Ok(ours) = read_link(folder.join(listener.as_raw_fd().to_string())) else {
            return true;
        };
        let Ok(all) = std::fs::read_dir(folder) else { return true };
        all.flatten().filter(|entry| read_link(entry.path()).is_ok_and(|it| it == ours)).count() > 1
    }

    /// A duplicate of each socket of the process, one after the other. One that was closed meanwhile
    /// is left out; one that took its number is told by its addresses.
    fn duplicates() -> impl Iterator<Item = OwnedFd> {
        let itself = pidfd_open(getpid(), PidfdFlags::empty())
            .inspect_err(|error| tracing::debug!(%error, "cannot look for sockets"))
            .ok();
        let listed = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
        listed.filter_map(move |entry| {
            let number = number_of_a_socket(&entry.path())?;
            pidfd_getfd(itself.as_ref()?, number, PidfdGetfdFlags::empty()).ok()
        })
    }

    fn number_of_a_socket(path: &Path) -> Option<i32> {
        let kind = read_link(path).ok()?;
        let is_socket = kind.to_str().is_some_and(|kind| kind.starts_with("socket:"));
        path.file_name()?.to_str()?.parse().ok().filter(|_| is_socket)
    }

    fn ends(socket: &SockRef<'_>) -> Option<Ends> {
        let remote = socket.peer_addr().ok()?.as_socket()?;
        let local = socket.local_addr().ok()?.as_socket()?;
        Some(Ends { local, remote })
    }

    /// Dissolves the association of the socket, which for TCP is a reset.
    pub(super) fn reset(socket: &SockRef<'_>) -> bool {
        connect_unspec(socket.as_fd()).is_ok()
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::net::TcpListener;

    use socket2::SockRef;

    use super::Ends;

    pub(super) fn each(_: impl Fn(Ends) -> bool, _: impl Fn(&SockRef<'_>) -> bool) -> bool {
        false
    }

    pub(super) fn first(_: impl Fn(Ends) -> bool, _: impl FnOnce(&SockRef<'_>) -> bool) -> bool {
        false
    }

    pub(super) fn number(_: &SockRef<'_>) -> Option<u64> {
        None
    }

    pub(super) fn reset(_: &SockRef<'_>) -> bool {
        false
    }

    pub(super) fn can_look() -> bool {
        false
    }

    pub(super) fn find(_: impl Fn(Ends) -> bool) -> Option<()> {
        None
    }

    pub(super) fn is_connected(_: &()) -> bool {
        true
    }

    pub(super) fn is_shared(_: &TcpListener) -> bool {
        true
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::cell::Cell;
    use std::io::{ErrorKind, Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    fn connected() -> (TcpStream, TcpStream, Peer) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let local = listener.local_addr().unwrap();
        let client = TcpStream::connect(local).unwrap();
        let (server, from) = listener.accept().unwrap();
        (client, server, Peer { look: Look::Allowed, local, client: from })
    }

    /// Whether this system lets us look; in some containers it does not.
    fn is_possible(peer: Peer) -> bool {
        let is_found = peer.with(|_| true);
        if !is_found {
            eprintln!("skipped: this system does not let a process duplicate its descriptors");
        }
        is_found
    }

    #[test]
    fn the_servers_end_is_found_and_no_other() {
        let (mut client, mut server, peer) = connected();
        let (mut other_client, mut other, other_peer) = connected();
        if !is_possible(peer) {
            return;
        }
        let known = Cell::new(0);
        assert!(peer.finish(|socket| known.set(socket)));
        assert_eq!(peer.socket(), Some(known.get()));
        assert_ne!(other_peer.socket(), Some(known.get()));
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        assert!(server.write(b"x").is_err(), "this direction is over");
        client.write_all(b"a").unwrap();
        server.read_exact(&mut [0]).unwrap();
        other.write_all(b"b").unwrap();
        other_client.read_exact(&mut [0]).unwrap();
    }

    #[test]
    fn a_reset_is_an_error_to_the_client() {
        let (mut client, _server, peer) = connected();
        if !is_possible(peer) {
            return;
        }
        assert!(peer.reset());
        assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert!(!peer.finish(|_| ()), "there is nothing left to find");
    }

    #[test]
    fn a_listener_that_somebody_else_has_is_known() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(!is_shared(Look::Allowed, &listener));
        assert!(is_shared(Look::Never, &listener), "nobody can tell");
        let other = listener.try_clone().unwrap();
        assert!(is_shared(Look::Allowed, &listener));
        drop(other);
        assert!(!is_shared(Look::Allowed, &listener));
    }

    #[test]
    fn all_of_an_address_are_found() {
        let (mut client, _server, peer) = connected();
        if !is_possible(peer) {
            return;
        }
        finish_all(Look::Never, peer.local, Shutdown::Both);
        finish_all(Look::Allowed, peer.local, Shutdown::Both);
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
    }
}
