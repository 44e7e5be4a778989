//! Sockets that listen already and that the process was given when it was started.

use std::env;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use listenfd::ListenFd;
use owin_core::{Address, Error};
use socket2::{SockRef, Socket};

use super::{Bound, Listener};

/// The first descriptor of socket activation (sd_listen_fds(3)).
const FIRST: usize = 3;

/// Binds nothing: serves the socket of that number, or of that name.
///
/// Number 0 is the one of FastCGI (1.0 §2.2), as spawn-fcgi and mod_fcgid hand it over; the others
/// are those of systemd.
pub(super) fn bind(address: &Address, which: &str) -> Result<Bound, Error> {
    let wrong = |why: &str| Error::server(format!("cannot listen on {address}: {why}"));
    let descriptor = match which.parse::<usize>().ok().or_else(|| named(which)) {
        Some(0) => io::stdin().as_fd().try_clone_to_owned(),
        Some(number) => activated(number).and_then(|given| {
            given.ok_or_else(|| io::Error::other("it was not given to this process (LISTEN_FDS)"))
        }),
        None => return Err(wrong("no socket of that name was given (LISTEN_FDNAMES)")),
    };
    let descriptor = descriptor.map_err(|error| address.unusable(&error))?;
    if !is_listener(&descriptor) {
        return Err(wrong("that descriptor is no socket that listens"));
    }
    serve(address, descriptor).map_err(|error| address.unusable(&error))
}

fn named(name: &str) -> Option<usize> {
    let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
    names.split(':').position(|own| own == name).map(|index| FIRST + index)
}

fn activated(number: usize) -> io::Result<Option<OwnedFd>> {
    let Some(index) = number.checked_sub(FIRST) else { return Ok(None) };
    // Both kinds of sockets come out as descriptors; which one it is is asked later.
    let mut given = ListenFd::from_env();
    match given.take_tcp_listener(index) {
        Ok(listener) => Ok(listener.map(OwnedFd::from)),
        Err(_) => Ok(given.take_unix_listener(index)?.map(OwnedFd::from)),
    }
}

/// Whether a descriptor is a stream socket that listens.
pub(super) fn is_listener(descriptor: &impl AsFd) -> bool {
    let socket = SockRef::from(descriptor);
    let is_stream = socket.r#type().is_ok_and(|kind| kind == socket2::Type::STREAM);
    is_stream && listens(&socket)
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
fn listens(socket: &SockRef<'_>) -> bool {
    socket.is_listener().unwrap_or(false)
}

/// Others do not tell, but a socket that listens has nobody at its other end.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn listens(socket: &SockRef<'_>) -> bool {
    socket.peer_addr().is_err()
}

fn serve(address: &Address, descriptor: OwnedFd) -> io::Result<Bound> {
    let socket = Socket::from(descriptor);
    socket.set_nonblocking(true)?;
    let local = socket.local_addr()?;
    if let Some(at) = local.as_socket() {
        let listener = tokio::net::TcpListener::from_std(socket.into())?;
        return Ok(Bound { address: address.bound_to(at), listener: Listener::Tcp(listener) });
    }
    let listener = tokio::net::UnixListener::from_std(socket.into())?;
    Ok(Bound { address: address.clone(), listener: Listener::Unix { listener, _file: None } })
}
