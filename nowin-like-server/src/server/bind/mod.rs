//! From addresses to sockets that listen.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use owin_core::{Address, Error};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use crate::server::listening::{At, Listening};

/// How many connections may wait to be accepted; the system cuts it to its own limit.
const BACKLOG: i32 = 1024;

/// `EAFNOSUPPORT` on Linux, which has no `ErrorKind` of its own.
const AF_NOT_SUPPORTED: i32 = 97;

/// A socket that listens.
type Bound = Box<dyn Listening>;

/// Binds every address, or none.
pub(super) fn all(addresses: &[Address]) -> Result<Vec<Bound>, Error> {
    let bound: Result<Vec<_>, Error> = addresses.iter().map(one).collect();
    Ok(bound?.into_iter().flatten().collect())
}

/// Binds an address. One of the loopback addresses may be missing on the machine, but not be taken;
/// where the machine has no IPv6, `*` is every IPv4 address.
fn one(address: &Address) -> Result<Vec<Bound>, Error> {
    if address.scheme() != "http" {
        return Err(Error::server(format!("cannot listen on {address}: there is no certificate")));
    }
    let mut bound = Vec::new();
    let mut missing = None;
    for socket in address.sockets()? {
        match bind(address, socket) {
            Ok(one) => bound.push(one),
            Err(error) if is_missing(&error) => missing = Some(error),
            Err(error) => return Err(address.unusable(&error)),
        }
    }
    if let (Some(_), true, "*") = (&missing, bound.is_empty(), address.host()) {
        let any = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), address.port());
        return bind(address, any).map(|one| vec![one]).map_err(|error| address.unusable(&error));
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

fn bind(address: &Address, wanted: SocketAddr) -> io::Result<Bound> {
    let socket = Socket::new(Domain::for_address(wanted), Type::STREAM, Some(Protocol::TCP))?;
    if wanted.is_ipv6() {
        // `*` takes IPv4 too; `[::1]` must not, or it would collide with `127.0.0.1`.
        socket.set_only_v6(!wanted.ip().is_unspecified())?;
    }
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&wanted.into())?;
    socket.listen(BACKLOG)?;
    let listener = TcpListener::from_std(socket.into())?;
    Ok(Box::new(At { address: address.bound_to(listener.local_addr()?), listener }))
}
