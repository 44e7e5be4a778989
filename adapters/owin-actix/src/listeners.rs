//! The sockets that a server listens on: all that were asked for, or none.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;

use owin_core::address::Form;
use owin_core::{Address, Error, Properties};
use socket2::{Domain, Protocol, Socket, Type};

/// So many connections may wait to be accepted.
const BACKLOG: i32 = 1024;

/// A socket that listens.
pub(crate) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// A socket, and the address that it was bound for.
pub(crate) struct Bound {
    pub(crate) address: Address,
    pub(crate) listener: Listener,
}

/// Binds all addresses; `http://localhost:5000` where there are none.
///
/// # Errors
///
/// Where one of them cannot be bound.
pub(crate) fn bind(properties: &Properties) -> Result<Vec<Bound>, Error> {
    let wanted = match properties.addresses() {
        [] => vec!["http://localhost:5000".parse()?],
        wanted => wanted.to_vec(),
    };
    let mut bound = Vec::new();
    for address in wanted {
        if address.scheme() == "https" {
            let why = "this server has no certificate";
            return Err(Error::server(format!("cannot listen on {address}: {why}")));
        }
        match address.form() {
            Form::HostAndPort => bind_sockets(&address, &mut bound)?,
            Form::UnixAbstract(name) => {
                let listener = listen_by_name(name).map_err(|error| address.unusable(&error))?;
                bound.push(Bound { address, listener: Listener::Unix(listener) });
            }
            _ => {
                let why = "this server knows TCP and abstract Unix sockets alone";
                return Err(Error::server(format!("cannot listen on {address}: {why}")));
            }
        }
    }
    Ok(bound)
}

fn bind_sockets(address: &Address, bound: &mut Vec<Bound>) -> Result<(), Error> {
    for socket in address.sockets()? {
        let listener = listen(socket).map_err(|error| address.unusable(&error))?;
        let address = address.bound_to(listener.local_addr()?);
        bound.push(Bound { address, listener: Listener::Tcp(listener) });
    }
    Ok(())
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        // Every address of the machine means those of IPv4 too, as one socket.
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Only Linux has sockets with names that are no files.
#[cfg(target_os = "linux")]
fn listen_by_name(name: &str) -> std::io::Result<UnixListener> {
    use std::os::linux::net::SocketAddrExt as _;
    let name = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
    UnixListener::bind_addr(&name)
}

/// Only Linux has sockets with names that are no files.
#[cfg(not(target_os = "linux"))]
fn listen_by_name(_: &str) -> std::io::Result<UnixListener> {
    Err(std::io::ErrorKind::AddrNotAvailable.into())
}
