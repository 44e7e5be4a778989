//! Sockets that listen already and that the process was given when it was started
//! (sd_listen_fds(3), systemd.socket(5)).

use std::env;
use std::io;
use std::sync::OnceLock;

use listenfd::ListenFd;
use owin_core::{Address, Error};
use socket2::SockRef;

use crate::server::bind::{Bound, Origin, Socket, tcp};
use crate::server::sockets::Sockets;
use crate::transport::address_of;

/// The number of the first one (`SD_LISTEN_FDS_START`).
const FIRST: u16 = 3;

/// A socket that was given.
#[derive(Debug)]
struct Inherited {
    number: u16,
    name: String,
    /// `None` where it is no stream socket that listens.
    socket: Option<Socket>,
}

/// Binds nothing: serves the socket of that number, or all of that name.
///
/// What is served is a handle of its own to each, so that a server that was stopped can be started
/// again in the same process. The socket itself stays open, as it does with whoever gave it.
pub(super) fn bind(address: &Address, which: &str, sockets: &Sockets) -> Result<Vec<Bound>, Error> {
    let wrong = |why: &str| Error::server(format!("cannot listen on {address}: {why}"));
    let all = all().as_ref().map_err(|why| wrong(why))?;
    let number = which.parse::<u16>().ok();
    let is_wanted =
        |one: &&Inherited| number.map_or_else(|| one.name == which, |number| one.number == number);
    let mut bound = Vec::new();
    for inherited in all.iter().filter(is_wanted) {
        let Some(socket) = &inherited.socket else {
            let number = inherited.number;
            return Err(wrong(&format!("descriptor {number} is no stream socket that listens")));
        };
        let one = share(address, socket, sockets).map_err(|error| address.unusable(&error))?;
        bound.push(one);
    }
    if bound.is_empty() {
        let known: Vec<String> =
            all.iter().map(|one| format!("fd:{} (fd:{})", one.number, one.name)).collect();
        return Err(wrong(&format!("it was not given; there are: {}", known.join(", "))));
    }
    Ok(bound)
}

/// Another handle to a socket, at the address that it really has.
fn share(address: &Address, socket: &Socket, sockets: &Sockets) -> io::Result<Bound> {
    let socket = socket.share()?;
    let address = match &socket {
        Socket::Tcp(listener) => {
            tcp::tune(&SockRef::from(listener), sockets)?;
            address.bound_to(listener.local_addr()?)
        }
        // The address of a Unix socket has no place for a path base.
        Socket::Unix(_, listener) if address.path().is_empty() => {
            address_of(&listener.local_addr()?).unwrap_or_else(|| address.clone())
        }
        Socket::Unix(..) => address.clone(),
    };
    Ok(Bound { address, socket, origin: Origin::Given })
}

/// All that this process was given; taken once, for a descriptor has one owner.
fn all() -> &'static Result<Vec<Inherited>, &'static str> {
    static ALL: OnceLock<Result<Vec<Inherited>, &str>> = OnceLock::new();
    ALL.get_or_init(|| {
        let variable = |name| env::var(name).unwrap_or_default();
        is_ours(&variable("LISTEN_PID"), std::process::id())?;
        let count = count(&variable("LISTEN_FDS"))?;
        let names = names(&variable("LISTEN_FDNAMES"), count);
        // What reads the variables again looks for another number of the first one.
        if env::var_os("LISTEN_FDS_FIRST_FD").is_some() {
            return Err("LISTEN_FDS_FIRST_FD is set, and only 3 is known");
        }
        let mut given = ListenFd::from_env();
        let one = |(number, (index, name))| Inherited {
            number,
            name,
            socket: take(&mut given, index).ok().flatten(),
        };
        Ok((FIRST..=u16::MAX).zip(names.into_iter().enumerate()).map(one).collect())
    })
}

/// Checks that the sockets are for this process, and not for one that it was started by.
fn is_ours(listen_pid: &str, own: u32) -> Result<(), &'static str> {
    match listen_pid.parse::<u32>() {
        Ok(pid) if pid == own => Ok(()),
        Ok(_) => Err("the sockets were given to another process (LISTEN_PID)"),
        Err(_) => Err("no sockets were given to this process (LISTEN_PID)"),
    }
}

/// How many there are. There are never so many that a `u16` does not hold them.
fn count(listen_fds: &str) -> Result<usize, &'static str> {
    let count = listen_fds.parse::<u16>();
    count.map(usize::from).map_err(|_| "how many sockets were given is not said (LISTEN_FDS)")
}

/// A name for each; `unknown`, as systemd has it, where none was given.
fn names(listen_fd_names: &str, count: usize) -> Vec<String> {
    let given = listen_fd_names.split(':').filter(|_| !listen_fd_names.is_empty());
    let names = given.map(str::to_owned).chain(std::iter::repeat("unknown".to_owned()));
    names.take(count).collect()
}

/// Takes a socket, if it is one that listens; children of this process do not get it.
fn take(given: &mut ListenFd, index: usize) -> io::Result<Option<Socket>> {
    let socket = match given.take_tcp_listener(index) {
        Ok(listener) => listener.map(Socket::Tcp),
        Err(_) => given.take_unix_listener(index)?.map(|listener| Socket::Unix(None, listener)),
    };
    let Some(socket) = socket else { return Ok(None) };
    socket.as_ref().set_nonblocking(true)?;
    Ok(is_listener(&socket.as_ref())?.then_some(socket))
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
fn is_listener(socket: &SockRef<'_>) -> io::Result<bool> {
    socket.is_listener()
}

/// Where the system cannot tell, the first accept will.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn is_listener(_: &SockRef<'_>) -> io::Result<bool> {
    Ok(true)
}

impl Socket {
    fn as_ref(&self) -> SockRef<'_> {
        match self {
            Self::Tcp(listener) => SockRef::from(listener),
            Self::Unix(_, listener) => SockRef::from(listener),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_for_this_process_is_taken() {
        assert_eq!(is_ours("17", 17), Ok(()));
        assert!(is_ours("17", 18).unwrap_err().contains("another process"));
        for absent in ["", "x", "-1", " 17"] {
            assert!(is_ours(absent, 17).unwrap_err().contains("no sockets"), "{absent:?}");
        }
    }

    #[test]
    fn a_number_that_is_none_is_an_error() {
        assert_eq!([count("0"), count("12")], [Ok(0), Ok(12)]);
        for text in ["", "x", "-1", "65536", "99999999999"] {
            assert!(count(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn there_is_a_name_for_each() {
        assert_eq!(names("", 2), ["unknown", "unknown"]);
        assert_eq!(names("web", 2), ["web", "unknown"]);
        assert_eq!(names("web:web:admin", 2), ["web", "web"]);
        assert_eq!(names("a::b", 3), ["a", "", "b"]);
    }
}
