//! The end of a listener.

use std::io;

use socket2::SockRef;

/// Lets nobody connect any more, though the socket still listens: between the last look at those who
/// wait and the end of the socket somebody could come, and would be reset. Whoever tries is not
/// answered, and tries again a second later (RFC 6298 §2): then there is no socket, or another one.
///
/// # Errors
///
/// Where the system does not let us.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn turn_away(listener: &SockRef<'_>) -> io::Result<()> {
    use socket2::SockFilter;
    // A classic BPF program (socket(7)): load the byte of the flags, jump on SYN, drop, pass.
    let (load_flags, jump_on_syn) =
        (SockFilter::new(0x30, 0, 0, 13), SockFilter::new(0x45, 0, 1, 0x02));
    let (drop_it, pass_it) =
        (SockFilter::new(0x06, 0, 0, 0), SockFilter::new(0x06, 0, 0, u32::MAX));
    listener.attach_filter(&[load_flags, jump_on_syn, drop_it, pass_it])
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn turn_away(_: &SockRef<'_>) -> io::Result<()> {
    Ok(())
}
