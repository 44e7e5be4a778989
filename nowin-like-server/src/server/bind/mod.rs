//! From addresses to sockets that listen.

#[cfg(unix)]
mod inherited;
mod tcp;
#[cfg(unix)]
mod unix;

use std::io;
use std::num::NonZeroUsize;
#[cfg(unix)]
use std::sync::Arc;

use owin_core::address::Form;
use owin_core::{Address, Error};

use self::tcp::Tuned;
#[cfg(unix)]
use self::unix::{SocketFile, WithFile};
use crate::server::Runtimes;
use crate::server::listening::{At, Listening};
use crate::server::sockets::Sockets;

/// A socket that listens, and that no runtime has yet.
#[derive(Debug)]
pub(super) struct Bound {
    /// What was bound: never port 0.
    pub(super) address: Address,
    socket: Socket,
    origin: Origin,
}

/// Where a socket is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// It was made here, and others like it can be.
    Made,
    /// The process was given it.
    Given,
}

#[derive(Debug)]
enum Socket {
    Tcp(std::net::TcpListener),
    #[cfg(unix)]
    Unix(Option<Arc<SocketFile>>, std::os::unix::net::UnixListener),
}

/// Binds every address, or none: a set of sockets for each runtime that accepts.
pub(super) fn sets(
    addresses: &[Address],
    sockets: &Sockets,
    runtimes: Runtimes,
) -> Result<Vec<Vec<Bound>>, Error> {
    let (sockets, count) = match runtimes {
        Runtimes::Shared => (*sockets, NonZeroUsize::MIN),
        Runtimes::PerCore(count) => (sockets.for_threads(), count),
    };
    let first: Result<Vec<_>, Error> =
        addresses.iter().map(|address| one(address, &sockets)).collect();
    let first: Vec<Bound> = first?.into_iter().flatten().collect();
    let mut sets = Vec::new();
    for _ in 1..count.get() {
        let next: Result<Vec<_>, Error> = first.iter().map(|bound| bound.again(&sockets)).collect();
        sets.push(next?);
    }
    sets.push(first);
    Ok(sets)
}

fn one(address: &Address, sockets: &Sockets) -> Result<Vec<Bound>, Error> {
    if address.scheme() != "http" {
        return Err(Error::server(format!("cannot listen on {address}: there is no certificate")));
    }
    match address.form() {
        Form::HostAndPort => tcp::bind(address, sockets),
        #[cfg(unix)]
        Form::UnixPath(path) => {
            let bound = unix::bind(path.as_ref(), sockets.unix_mode, sockets.backlog);
            let (file, listener) = bound.map_err(|error| address.unusable(&error))?;
            Ok(vec![Bound::unix(address, Some(Arc::new(file)), listener)])
        }
        #[cfg(any(target_os = "linux", target_os = "android"))]
        Form::UnixAbstract(name) => {
            let listener = unix::bind_abstract(name, sockets.backlog);
            let listener = listener.map_err(|error| address.unusable(&error))?;
            Ok(vec![Bound::unix(address, None, listener)])
        }
        #[cfg(unix)]
        Form::Inherited(which) => inherited::bind(address, which, sockets),
        _ => {
            Err(Error::server(format!("cannot listen on {address}: this system has no such thing")))
        }
    }
}

impl Bound {
    #[cfg(unix)]
    fn unix(
        address: &Address,
        file: Option<Arc<SocketFile>>,
        listener: std::os::unix::net::UnixListener,
    ) -> Self {
        Self {
            address: address.clone(),
            socket: Socket::Unix(file, listener),
            origin: Origin::Made,
        }
    }

    /// A socket for another thread at the same address: one of its own, so that the system shares
    /// the connections out, or another handle where there can be no second one.
    fn again(&self, sockets: &Sockets) -> Result<Self, Error> {
        let socket = match (&self.socket, self.origin) {
            (Socket::Tcp(first), Origin::Made) => {
                first.local_addr().and_then(|bound| tcp::listen(bound, sockets)).map(Socket::Tcp)
            }
            (other, _) => other.share(),
        };
        let socket = socket.map_err(|error| self.address.unusable(&error))?;
        Ok(Self { address: self.address.clone(), socket, origin: self.origin })
    }

    /// Hands it to the runtime that this runs on.
    pub(super) fn into_listening(self) -> Result<Box<dyn Listening>, Error> {
        let address = self.address.clone();
        self.on_runtime().map_err(|error| address.unusable(&error))
    }

    fn on_runtime(self) -> io::Result<Box<dyn Listening>> {
        let address = self.address;
        Ok(match self.socket {
            Socket::Tcp(socket) => {
                let listener = tokio::net::TcpListener::from_std(socket)?;
                let listener = Tuned { listener, origin: self.origin, is_ending: false };
                Box::new(At { address, listener })
            }
            #[cfg(unix)]
            Socket::Unix(file, socket) => {
                let listener = tokio::net::UnixListener::from_std(socket)?;
                Box::new(At { address, listener: WithFile { file, listener, origin: self.origin } })
            }
        })
    }
}

impl Socket {
    /// Another handle to the same socket.
    fn share(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Tcp(listener) => Self::Tcp(listener.try_clone()?),
            #[cfg(unix)]
            Self::Unix(file, listener) => Self::Unix(file.clone(), listener.try_clone()?),
        })
    }
}
