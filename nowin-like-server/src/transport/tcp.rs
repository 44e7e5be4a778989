//! TCP as a transport.

use std::io;

use owin_core::Address;
use owin_core::features::ConnectionInfo;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};

use crate::transport::{Listener, Transport, socket};

impl Transport for TcpStream {
    fn has_unread(&self) -> bool {
        socket::has_unread(&SockRef::from(self))
    }

    fn info(&self) -> ConnectionInfo {
        let mut info = ConnectionInfo::new();
        if let Ok(remote) = self.peer_addr() {
            info = info.with_remote(remote);
        }
        if let Ok(local) = self.local_addr() {
            info = info.with_local(local);
        }
        info
    }

    /// Sends an RST.
    fn reset(self) {
        let _gone_already = self.set_zero_linger();
    }
}

impl Listener for TcpListener {
    type Transport = TcpStream;

    async fn accept(&mut self) -> io::Result<TcpStream> {
        let (stream, _) = Self::accept(self).await?;
        // Small responses go out in one write each; waiting for more would only delay them.
        let _kept_as_it_was = stream.set_nodelay(true);
        Ok(stream)
    }

    fn accept_waiting(&mut self) -> Option<io::Result<TcpStream>> {
        socket::accept_waiting(&SockRef::from(&*self), |accepted| {
            let _kept_as_it_was = accepted.set_tcp_nodelay(true);
            TcpStream::from_std(accepted.into())
        })
    }

    fn address(&self) -> Option<Address> {
        let local = self.local_addr().ok()?;
        Some(Address::new("http", "*", local.port(), "").ok()?.bound_to(local))
    }
}
