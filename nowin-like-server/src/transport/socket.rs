//! What sockets of every kind can be asked without the runtime, which hears of things later.

use std::io;
use std::mem::MaybeUninit;

use socket2::{SockRef, Socket};

/// Accepts a connection that waits already; `None` where none does.
pub(super) fn accept_waiting<T>(
    listener: &SockRef<'_>,
    into_transport: impl FnOnce(Socket) -> io::Result<T>,
) -> Option<io::Result<T>> {
    match listener.accept() {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
        accepted => Some(accepted.and_then(|(socket, _)| {
            socket.set_nonblocking(true)?;
            into_transport(socket)
        })),
    }
}

/// Says whether there is a byte to be read.
pub(super) fn has_unread(socket: &SockRef<'_>) -> bool {
    matches!(socket.peek(&mut [MaybeUninit::uninit()]), Ok(1..))
}
