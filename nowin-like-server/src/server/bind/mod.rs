//! From addresses to sockets that listen.

#[cfg(unix)]
mod inherited;
mod tcp;
#[cfg(unix)]
mod unix;

use std::io;
#[cfg(unix)]
use std::sync::Arc;

use owin_core::address::Form;
use owin_core::{Address, Error};

use self::tcp::Tuned;
#[cfg(unix)]
use self::unix::{SocketFile, WithFile};
use crate::server::listening::{At, Listening};
use crate::server::sockets::Sockets;

/// How many connections may wait to be accepted; the system cuts it to its own limit.
const BACKLOG: i32 = 1024;

/// A socket that listens, and that no runtime has yet.
#[derive(Debug)]
pub(super) struct Bound {
    /// What was bound: never port 0.
    pub(super) address: Address,
    socket: Socket,
}

#[derive(Debug)]
enum Socket {
    Tcp(std::net::TcpListener),
    #[cfg(unix)]
    Unix(Option<Arc<SocketFile>>, std::os::unix::net::UnixListener),
}

/// Binds every address, or none.
pub(super) fn all(addresses: &[Address], sockets: &Sockets) -> Result<Vec<Bound>, Error> {
    let bound: Result<Vec<_>, Error> =
        addresses.iter().map(|address| one(address, sockets)).collect();
    Ok(bound?.into_iter().flatten().collect())
}

fn one(address: &Address, sockets: &Sockets) -> Result<Vec<Bound>, Error> {
    if address.scheme() != "http" {
        return Err(Error::server(format!("cannot listen on {address}: there is no certificate")));
    }
    match address.form() {
        Form::HostAndPort => tcp::bind(address, sockets),
        #[cfg(unix)]
        Form::UnixPath(path) => {
            let bound = unix::bind(path.as_ref(), sockets.unix_mode);
            let (file, listener) = bound.map_err(|error| address.unusable(&error))?;
            Ok(vec![Bound::unix(address, Some(Arc::new(file)), listener)])
        }
        #[cfg(any(target_os = "linux", target_os = "android"))]
        Form::UnixAbstract(name) => {
            let listener = unix::bind_abstract(name).map_err(|error| address.unusable(&error))?;
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
        Self { address: address.clone(), socket: Socket::Unix(file, listener) }
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
                let listener = Tuned(tokio::net::TcpListener::from_std(socket)?);
                Box::new(At { address, listener })
            }
            #[cfg(unix)]
            Socket::Unix(file, socket) => {
                let listener = tokio::net::UnixListener::from_std(socket)?;
                Box::new(At { address, listener: WithFile { file, listener } })
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
