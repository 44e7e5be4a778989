//! A port for a program that is told where to listen.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// Below those that systems give to whoever connects or does not care: nobody gets one of these by
/// accident between our look and the start of the server.
const FIRST: u16 = 15_000;

/// How many there are.
const COUNT: u16 = 16_384;

/// How many are tried before the system is asked.
const TRIES: u16 = 64;

/// A port of this machine at which nobody listens, for a program that is told where to listen and cannot
/// be given a socket. Another that asks for any port does not get this one.
///
/// # Errors
///
/// Where the system has none to give.
///
/// ```
/// let port = owin_conformance::run::free_port()?;
/// let _listener = std::net::TcpListener::bind(("127.0.0.1", port))?;
/// # Ok::<_, std::io::Error>(())
/// ```
pub fn free_port() -> io::Result<u16> {
    let start = RandomState::new().build_hasher().finish() % u64::from(COUNT);
    let start = u16::try_from(start).unwrap_or_default();
    let ports = (0..TRIES).map(|step| FIRST + (start + step) % COUNT);
    match ports.into_iter().find(|port| is_free(*port)) {
        Some(port) => Ok(port),
        None => TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr().map(|own| own.port()),
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_free_and_none_that_systems_give_away() {
        let port = free_port().unwrap();
        assert!((15_000..32_000).contains(&port), "{port}");
        let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert!(!is_free(port));
    }
}
