//! What carries the bytes of a connection.

use std::net::SocketAddr;

use owin_core::features::ConnectionInfo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

/// What carries the bytes of a connection.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Unpin + 'static {
    /// Adds what is known of the two ends.
    fn facts(&self, info: ConnectionInfo) -> ConnectionInfo;

    /// The other end, as actix knows it.
    fn remote(&self) -> Option<SocketAddr>;

    /// Sends small pieces at once.
    fn tune(&self);

    /// Sees to it that the connection ends with a reset, where there is such a thing.
    fn reset(&self);
}

impl Transport for TcpStream {
    fn facts(&self, mut info: ConnectionInfo) -> ConnectionInfo {
        if let Ok(remote) = self.peer_addr() {
            info = info.with_remote(remote);
        }
        if let Ok(local) = self.local_addr() {
            info = info.with_local(local);
        }
        info
    }

    fn remote(&self) -> Option<SocketAddr> {
        self.peer_addr().ok()
    }

    fn tune(&self) {
        let _gone_already = self.set_nodelay(true);
    }

    fn reset(&self) {
        let _gone_already = self.set_zero_linger();
    }
}

impl Transport for UnixStream {
    fn facts(&self, info: ConnectionInfo) -> ConnectionInfo {
        info.with_is_local(true)
    }

    fn remote(&self) -> Option<SocketAddr> {
        None
    }

    fn tune(&self) {}

    fn reset(&self) {}
}
