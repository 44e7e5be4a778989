//! Unix sockets as a transport.

use std::io;
use std::task::{Context, Poll};

use owin_core::Address;
use owin_core::features::ConnectionInfo;
use tokio::net::{UnixListener, UnixStream};

use crate::transport::{Listener, Transport};

/// Breaking off is closing: a Unix socket has no word for it. The peer sees an error only where
/// bytes of its own were never read.
impl Transport for UnixStream {
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_read_ready(cx)
    }

    /// There are no addresses, but both ends are one machine.
    fn info(&self) -> ConnectionInfo {
        ConnectionInfo::new().with_is_local(true)
    }
}

impl Listener for UnixListener {
    type Transport = UnixStream;

    async fn accept(&mut self) -> io::Result<UnixStream> {
        Self::accept(self).await.map(|(stream, _)| stream)
    }

    fn address(&self) -> Option<Address> {
        None
    }
}
