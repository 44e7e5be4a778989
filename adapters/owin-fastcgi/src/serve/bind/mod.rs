//! Sockets of addresses.

#[cfg(unix)]
mod inherited;
#[cfg(unix)]
mod unix;

use std::io;
use std::net::SocketAddr;

use owin_core::address::Form;
use owin_core::{Address, Error};
use socket2::{Domain, Protocol, Socket, Type};

#[cfg(unix)]
use self::unix::SocketFile;

/// How many connections may wait to be accepted: more than web servers open at once.
const BACKLOG: i32 = 1024;

/// A listener, and the address that it really has.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) address: Address,
    pub(super) listener: Listener,
}

/// What connections come from.
#[derive(Debug)]
pub(super) enum Listener {
    Tcp(tokio::net::TcpListener),
    #[cfg(unix)]
    Unix {
        listener: tokio::net::UnixListener,
        /// Removed with the listener.
        _file: Option<SocketFile>,
    },
}

/// Binds all addresses, or none.
pub(super) fn all(addresses: &[Address], socket_mode: u32) -> Result<Vec<Bound>, Error> {
    let mut all = Vec::new();
    for address in addresses {
        match address.form() {
            Form::HostAndPort => {
                for socket in address.sockets()? {
                    all.push(tcp(address, socket).map_err(|error| address.unusable(&error))?);
                }
            }
            form => all.push(local(address, form, socket_mode)?),
        }
    }
    Ok(all)
}

fn tcp(address: &Address, at: SocketAddr) -> io::Result<Bound> {
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(cfg!(unix))?;
    if at.is_ipv6() {
        // `*` is all addresses of the machine, `[::1]` that one.
        socket.set_only_v6(!at.ip().is_unspecified())?;
    }
    socket.bind(&at.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(socket.into())?;
    let address = address.bound_to(listener.local_addr()?);
    Ok(Bound { address, listener: Listener::Tcp(listener) })
}

#[cfg(unix)]
fn local(address: &Address, form: Form<'_>, socket_mode: u32) -> Result<Bound, Error> {
    match form {
        Form::UnixPath(path) => unix::bind(path.as_ref(), socket_mode)
            .map(|listener| Bound { address: address.clone(), listener })
            .map_err(|error| address.unusable(&error)),
        #[cfg(target_os = "linux")]
        Form::UnixAbstract(name) => unix::bind_abstract(name)
            .map(|listener| Bound { address: address.clone(), listener })
            .map_err(|error| address.unusable(&error)),
        Form::Inherited(which) => inherited::bind(address, which),
        _ => Err(Error::server(format!("cannot listen on {address}: not on this system"))),
    }
}

#[cfg(not(unix))]
fn local(address: &Address, _: Form<'_>, _: u32) -> Result<Bound, Error> {
    Err(Error::server(format!("cannot listen on {address}: not on this system")))
}

/// Whether the process was started with a socket that listens as descriptor 0 (FastCGI 1.0 §2.2).
#[cfg(unix)]
pub(super) fn is_given() -> bool {
    inherited::is_listener(&io::stdin())
}

/// Other systems have no such descriptor.
#[cfg(not(unix))]
pub(super) fn is_given() -> bool {
    false
}
