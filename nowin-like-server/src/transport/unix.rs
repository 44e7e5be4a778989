//! Unix sockets as a transport.

use std::io;
use std::os::unix::net::SocketAddr;

use owin_core::Address;
use owin_core::features::ConnectionInfo;
use socket2::SockRef;
use tokio::net::{UnixListener, UnixStream};

use crate::transport::{Listener, Transport, socket};

/// Breaking off is closing: a Unix socket has no word for it. The peer sees an error only where
/// bytes of its own were never read.
impl Transport for UnixStream {
    fn has_unread(&self) -> bool {
        socket::has_unread(&SockRef::from(self))
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

    fn accept_waiting(&mut self) -> Option<io::Result<UnixStream>> {
        socket::accept_waiting(&SockRef::from(&*self), |accepted| {
            UnixStream::from_std(accepted.into())
        })
    }

    fn address(&self) -> Option<Address> {
        address_of(&self.local_addr().ok()?.into())
    }
}

/// The address of a Unix socket; `None` where it has no name, or one that is no text.
pub(crate) fn address_of(socket: &SocketAddr) -> Option<Address> {
    let name = match socket.as_pathname() {
        Some(path) => path.to_str()?.to_owned(),
        None => format!("@{}", abstract_name(socket)?),
    };
    format!("http://unix:{name}").parse().ok()
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn abstract_name(socket: &SocketAddr) -> Option<&str> {
    use std::os::linux::net::SocketAddrExt;

    std::str::from_utf8(socket.as_abstract_name()?).ok()
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn abstract_name(_: &SocketAddr) -> Option<&str> {
    None
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_socket_with_a_name_has_an_address() {
        use std::os::linux::net::SocketAddrExt;

        let text = |socket: &SocketAddr| address_of(socket).map(|address| address.to_string());
        let path = SocketAddr::from_pathname("/run/a.sock").unwrap();
        assert_eq!(text(&path).as_deref(), Some("http://unix:/run/a.sock"));
        let name = SocketAddr::from_abstract_name("a").unwrap();
        assert_eq!(text(&name).as_deref(), Some("http://unix:@a"));
        let relative = SocketAddr::from_pathname(Path::new("a.sock")).unwrap();
        assert_eq!(text(&relative), None);
    }
}
