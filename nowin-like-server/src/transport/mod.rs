//! What a connection is carried by: sockets, memory, and whatever else somebody writes.
//!
//! The server asks little of what carries its bytes. A [`Transport`] is one connection: it reads and
//! writes in tokio's way, says who is at its ends, and can be broken off. A [`Listener`] gives
//! transports, one after the other. The protocol code is the same over each of them; whoever
//! implements the two serves apps over something new, by
//! [`NowinServer::with_listener`](crate::NowinServer::with_listener).
//!
//! ```
//! use std::io;
//!
//! use nowin_like_server::NowinServer;
//! use nowin_like_server::transport::{Listener, Transport};
//! use owin_core::Address;
//! use tokio::net::{TcpListener, TcpStream};
//!
//! /// Accepts nobody but this machine.
//! struct Private(TcpListener);
//!
//! impl Listener for Private {
//!     type Transport = TcpStream;
//!
//!     async fn accept(&mut self) -> io::Result<TcpStream> {
//!         loop {
//!             let (stream, remote) = self.0.accept().await?;
//!             if remote.ip().is_loopback() {
//!                 return Ok(stream);
//!             }
//!             stream.reset();
//!         }
//!     }
//!
//!     fn address(&self) -> Option<Address> {
//!         Listener::address(&self.0)
//!     }
//! }
//!
//! # async fn example() -> io::Result<()> {
//! let listener = Private(TcpListener::bind("127.0.0.1:0").await?);
//! let server = NowinServer::new().with_listener(listener);
//! # drop(server);
//! # Ok(())
//! # }
//! ```

mod memory;
mod pipe;
mod socket;
mod tcp;
#[cfg(unix)]
mod unix;

use std::future::Future;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use owin_core::Address;
use owin_core::features::ConnectionInfo;
use tokio::io::{AsyncRead, AsyncWrite};

#[cfg(unix)]
pub(crate) use self::unix::address_of;

pub use self::memory::{MemoryConnector, MemoryListener, MemoryStream, memory};

/// One connection: bytes both ways, in tokio's way.
///
/// All that goes beyond reading and writing has an answer that is right for a plain pipe, so an
/// empty `impl` will do. A pipe that offers vectored writes says so by
/// [`AsyncWrite::is_write_vectored`]; the end of the outgoing direction is
/// [`AsyncWrite::poll_shutdown`], after which the other direction goes on.
pub trait Transport: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Says whether bytes lie there already, also where the runtime has not told of them yet: what
    /// is asked last before a silent connection is closed by a server that stops. A pipe that
    /// cannot tell says no.
    fn has_unread(&self) -> bool {
        false
    }

    /// What is known of the two ends: addresses, whether they are one machine, TLS.
    ///
    /// Asked once, before the first byte is read. What is left out is absent in the environment
    /// (`server.RemoteIpAddress` and its like); a connection without a remote address counts towards
    /// no limit of one address.
    fn info(&self) -> ConnectionInfo {
        ConnectionInfo::new()
    }

    /// Closes so that the peer can tell it from an orderly end, as far as the transport can say so.
    ///
    /// This is how a body breaks off whose end is the end of the connection (RFC 9112 §8).
    fn reset(self)
    where
        Self: Sized,
    {
        drop(self);
    }
}

/// What connections come from.
pub trait Listener: Send + 'static {
    /// What it accepts.
    type Transport: Transport;

    /// Waits for the next connection.
    ///
    /// The future may be dropped at any time, and no connection may be lost by that. A listener
    /// that has no more to give waits for ever.
    ///
    /// # Errors
    ///
    /// The server survives every error, but it has to know whose it is. By their kind these are of
    /// the one connection that was to be accepted, and the next one is asked for at once:
    /// `ConnectionAborted`, `ConnectionReset`, `ConnectionRefused`, `NotConnected`, `BrokenPipe`,
    /// `TimedOut`, `NetworkDown`, `NetworkUnreachable`, `HostUnreachable`, `PermissionDenied` (a
    /// firewall's word), `Interrupted` and `WouldBlock`. Every other error is the system's, as where
    /// it has no descriptors left: the server waits a little, longer each time, before it asks again.
    fn accept(&mut self) -> impl Future<Output = io::Result<Self::Transport>> + Send;

    /// Gives the next connection that waits already; `None` where none does.
    ///
    /// This is asked, until there is none, when the server is about to accept no more; then the
    /// listener is dropped. For whoever has connected is to be answered, and has maybe sent its
    /// request. What can keep others from connecting meanwhile does so at the first time. A
    /// listener that says nothing else is polled once by [`accept`](Self::accept).
    ///
    /// # Errors
    ///
    /// Those of [`accept`](Self::accept). After one of the system's the listener is dropped.
    fn accept_waiting(&mut self) -> Option<io::Result<Self::Transport>> {
        let accepting = pin!(tokio::task::unconstrained(self.accept()));
        match accepting.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(accepted) => Some(accepted),
            Poll::Pending => None,
        }
    }

    /// Where clients find it, for `host.Addresses`; its path is the path base. `None` where no
    /// address leads there.
    fn address(&self) -> Option<Address> {
        None
    }
}
