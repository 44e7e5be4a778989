//! Sockets of IP addresses.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use owin_core::{Address, Error};
#[cfg(any(target_os = "linux", target_os = "android"))]
use socket2::SockFilter;
use socket2::{Domain, Protocol, SockRef, Type};
use tokio::net::{TcpListener, TcpStream};

use crate::server::bind::{Bound, Origin, Socket};
use crate::server::sockets::{Sharing, Sockets};
use crate::transport::Listener;

/// `EAFNOSUPPORT` on Linux, which has no `ErrorKind` of its own.
const AF_NOT_SUPPORTED: i32 = 97;

/// Binds an address. One of the loopback addresses may be missing on the machine, but not be taken;
/// where the machine has no IPv6, `*` is every IPv4 address.
pub(super) fn bind(address: &Address, sockets: &Sockets) -> Result<Vec<Bound>, Error> {
    let mut bound = Vec::new();
    let mut missing = None;
    for socket in address.sockets()? {
        match bind_one(address, socket, sockets) {
            Ok(one) => bound.push(one),
            Err(error) if is_missing(&error) => missing = Some(error),
            Err(error) => return Err(address.unusable(&error)),
        }
    }
    if let (Some(_), true, "*") = (&missing, bound.is_empty(), address.host()) {
        let any = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), address.port());
        let one = bind_one(address, any, sockets).map_err(|error| address.unusable(&error));
        return one.map(|one| vec![one]);
    }
    match missing {
        Some(error) if bound.is_empty() => Err(address.unusable(&error)),
        _ => Ok(bound),
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        || error.raw_os_error() == Some(AF_NOT_SUPPORTED)
}

fn bind_one(address: &Address, wanted: SocketAddr, sockets: &Sockets) -> io::Result<Bound> {
    if sockets.sharing == Sharing::Threads && wanted.port() != 0 {
        // The system lets every process of ours share the port once one socket may share it.
        let alone = Sockets { sharing: Sharing::Nobody, ..*sockets };
        drop(listen(wanted, &alone)?);
    }
    let listener = listen(wanted, sockets)?;
    let address = address.bound_to(listener.local_addr()?);
    Ok(Bound { address, socket: Socket::Tcp(listener), origin: Origin::Made })
}

pub(super) fn listen(wanted: SocketAddr, sockets: &Sockets) -> io::Result<std::net::TcpListener> {
    let domain = Domain::for_address(wanted);
    let socket = socket2::Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    if wanted.is_ipv6() {
        // `*` takes IPv4 too; `[::1]` must not, or it would collide with `127.0.0.1`.
        socket.set_only_v6(!wanted.ip().is_unspecified())?;
    }
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    #[cfg(unix)]
    socket.set_reuse_port(sockets.sharing != Sharing::Nobody)?;
    tune(&socket, sockets)?;
    socket.set_nonblocking(true)?;
    socket.bind(&wanted.into())?;
    socket.listen(sockets.backlog)?;
    Ok(socket.into())
}

/// A listener of ours, whose connections need no tuning of their own where the system hands down
/// what the listener has.
#[derive(Debug)]
pub(super) struct Tuned {
    pub(super) listener: TcpListener,
    pub(super) origin: Origin,
    pub(super) is_ending: bool,
}

impl Listener for Tuned {
    type Transport = TcpStream;

    async fn accept(&mut self) -> io::Result<TcpStream> {
        let (stream, _) = self.listener.accept().await?;
        if !HANDS_DOWN {
            let _kept_as_it_was = stream.set_nodelay(true);
        }
        Ok(stream)
    }

    /// What waits at a socket that was given waits for whoever is given it next.
    fn accept_waiting(&mut self) -> Option<io::Result<TcpStream>> {
        if self.origin == Origin::Given {
            return None;
        }
        if !self.is_ending {
            self.is_ending = true;
            let _others_may_come = turn_away(&SockRef::from(&self.listener));
        }
        self.listener.accept_waiting()
    }
}

/// Lets nobody connect any more, though the socket still listens: between the last look at those who
/// wait and the end of the socket somebody could come, and would be reset. Whoever tries is not
/// answered, and tries again a second later (RFC 6298 §2): then there is no socket, or another one.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn turn_away(listener: &SockRef<'_>) -> io::Result<()> {
    // Drops a segment with SYN among its flags, and passes every other (socket(7)); the numbers are
    // the classic BPF's: BPF_LD|BPF_B|BPF_ABS, BPF_JMP|BPF_JSET|BPF_K, BPF_RET|BPF_K.
    let flags = SockFilter::new(0x30, 0, 0, 13);
    let is_syn = SockFilter::new(0x45, 0, 1, 0x02);
    let (drop_it, pass_it) =
        (SockFilter::new(0x06, 0, 0, 0), SockFilter::new(0x06, 0, 0, u32::MAX));
    listener.attach_filter(&[flags, is_syn, drop_it, pass_it])
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn turn_away(_: &SockRef<'_>) -> io::Result<()> {
    Ok(())
}

/// Whether connections have the options of the socket that accepts them, as on Linux.
const HANDS_DOWN: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// Sets what connections take over from the socket that accepts them: a system call less for each.
pub(super) fn tune(socket: &socket2::Socket, sockets: &Sockets) -> io::Result<()> {
    // Small responses go out in one write each; waiting for more would only delay them.
    socket.set_tcp_nodelay(true)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    socket.set_tcp_user_timeout(sockets.user_timeout)?;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _unknown_here = sockets.user_timeout;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use socket2::SockRef;

    use super::*;

    /// A socket that listens, and a connection that it accepted.
    fn accepted(sockets: &Sockets) -> (TcpListener, TcpStream, TcpStream) {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into(), sockets).unwrap();
        listener.set_nonblocking(false).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        (listener, client, server)
    }

    #[test]
    fn a_connection_is_tuned_when_it_is_accepted() {
        let (_listener, _client, server) = accepted(&Sockets::default());
        assert!(server.nodelay().unwrap());
        let timeout = SockRef::from(&server).tcp_user_timeout().unwrap();
        assert_eq!(timeout, Some(Duration::from_secs(30)));
    }

    #[test]
    fn the_user_timeout_can_be_chosen() {
        for (chosen, milliseconds) in [(Some(Duration::from_millis(1_500)), 1_500), (None, 0)] {
            let sockets = Sockets { user_timeout: chosen, ..Sockets::default() };
            let (_listener, _client, server) = accepted(&sockets);
            let timeout = SockRef::from(&server).tcp_user_timeout().unwrap().unwrap_or_default();
            assert_eq!(timeout, Duration::from_millis(milliseconds));
        }
    }

    #[test]
    fn a_port_is_shared_only_by_those_who_all_want_it() {
        let sharing = Sockets { sharing: Sharing::Processes, ..Sockets::default() };
        let first = listen((Ipv4Addr::LOCALHOST, 0).into(), &sharing).unwrap();
        let at = first.local_addr().unwrap();
        assert!(listen(at, &sharing).is_ok());
        let error = listen(at, &Sockets::default()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
