//! Unix sockets: their names, their files, and the rights of these.

use std::fs::{self, Permissions};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::Shutdown;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use tokio::net::UnixStream;

use crate::server::bind::Origin;
use crate::transport::Listener;

/// How often a free name beside the socket's is looked for.
const NAMES: usize = 8;

/// Binds a socket that has a file, with rights that are never wider than `mode`; so many connections
/// may wait to be accepted.
///
/// The system makes the file with the rights that the umask leaves, and the umask belongs to the
/// whole process. So the socket is bound under another name in the same folder, and listens only
/// once its rights are right; then it gets its name. Under that name nobody ever finds a socket that
/// does not listen, so a second server that starts meanwhile does not take it for a stale one.
pub(super) fn bind(path: &Path, mode: u32, backlog: i32) -> io::Result<(SocketFile, UnixListener)> {
    SockAddr::unix(path).map_err(too_long)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    let staged = Staged::bind(&socket, path)?;
    fs::set_permissions(&staged.0, Permissions::from_mode(mode))?;
    socket.listen(backlog)?;
    socket.set_nonblocking(true)?;
    let identity = Identity::of(&staged.0)?;
    staged.publish(path)?;
    Ok((SocketFile { path: path.to_owned(), identity }, socket.into()))
}

/// Binds a name in the abstract namespace of Linux.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn bind_abstract(name: &str, backlog: i32) -> io::Result<UnixListener> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(format!("\0{name}")).map_err(too_long)?)?;
    socket.listen(backlog)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn too_long(_: io::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "the name is too long for a Unix socket")
}

/// The file of a socket that listens; removed when this is dropped, if it is still the same.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    identity: Identity,
}

/// While the socket is open no other file has its number, so it must be dropped before the socket.
impl Drop for SocketFile {
    fn drop(&mut self) {
        if Identity::of(&self.path).is_ok_and(|now| now == self.identity) {
            let _gone_meanwhile = fs::remove_file(&self.path);
        }
    }
}

/// What tells a file from every other one that is there at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::symlink_metadata(path)?;
        Ok(Self { device: metadata.dev(), inode: metadata.ino() })
    }
}

/// The file of a socket under another name; the name is removed when this is dropped.
struct Staged(PathBuf);

impl Staged {
    fn bind(socket: &Socket, path: &Path) -> io::Result<Self> {
        let random = RandomState::new();
        let mut taken = None;
        for number in 0..NAMES {
            let name = format!(".{:08x}", random.hash_one(number) >> 32);
            let staged = path.with_file_name(name);
            match socket.bind(&SockAddr::unix(&staged).map_err(too_long)?) {
                Ok(()) => return Ok(Self(staged)),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => taken = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(taken.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()))
    }

    /// Gives the file its name, which belongs to nobody else.
    fn publish(self, path: &Path) -> io::Result<()> {
        // Unlike a rename a link replaces nothing.
        match fs::hard_link(&self.0, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            linked => return linked,
        }
        let stale = stale(path)?;
        if Identity::of(path)? != stale {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        fs::rename(&self.0, path)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        let _has_its_name = fs::remove_file(&self.0);
    }
}

/// The socket file that nobody listens on any more, as after a crash; everything else is an error
/// and stays as it is.
fn stale(path: &Path) -> io::Result<Identity> {
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        return Err(io::Error::other("there is a file of that name that is no socket"));
    }
    let identity = Identity::of(path)?;
    let probe = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // A server that lives but is busy must not hold us up.
    probe.set_nonblocking(true)?;
    match probe.connect(&SockAddr::unix(path)?) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(identity),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(error),
        _ => Err(io::ErrorKind::AddrInUse.into()),
    }
}

/// A listener, and its file where it has one.
#[derive(Debug)]
pub(super) struct WithFile {
    /// Dropped before the listener.
    pub(super) file: Option<Arc<SocketFile>>,
    pub(super) listener: tokio::net::UnixListener,
    pub(super) origin: Origin,
}

impl Listener for WithFile {
    type Transport = UnixStream;

    async fn accept(&mut self) -> io::Result<UnixStream> {
        Listener::accept(&mut self.listener).await
    }

    /// What waits at a socket that was given waits for whoever is given it next.
    fn accept_waiting(&mut self) -> Option<io::Result<UnixStream>> {
        if self.origin == Origin::Given {
            return None;
        }
        self.file = None;
        // Who has connected can still be accepted, and nobody else can connect.
        let _others_may_come = SockRef::from(&self.listener).shutdown(Shutdown::Read);
        match self.listener.accept_waiting() {
            Some(Err(error)) if error.kind() == io::ErrorKind::InvalidInput => None,
            accepted => accepted,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    /// The names in a folder.
    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        entries.map(|name| name.into_string().unwrap()).collect()
    }

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn so_many_connections_wait_and_no_more() {
        // Linux counts one more than it was told: the one that is to be accepted next.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        for backlog in [2, 3, 4] {
            let (_file, _listener) = bind(&path, 0o600, backlog).unwrap();
            let connect = || {
                let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
                socket.set_nonblocking(true).unwrap();
                socket.connect(&SockAddr::unix(&path).unwrap()).map(|()| socket)
            };
            let waiting: Vec<_> = std::iter::repeat_with(connect).map_while(Result::ok).collect();
            assert_eq!(waiting.len(), usize::try_from(backlog).unwrap() + 1);
        }
    }

    #[test]
    fn the_file_has_the_rights_that_were_chosen_and_is_the_only_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        for chosen in [0o600, 0o666, 0o200] {
            let (file, _listener) = bind(&path, chosen, 8).unwrap();
            assert_eq!((mode(&path), names(folder.path())), (chosen, vec!["s".to_owned()]));
            drop(file);
            assert_eq!(names(folder.path()), [""; 0]);
        }
    }

    #[test]
    fn a_stale_socket_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        drop(UnixListener::bind(&path).unwrap());
        let (_file, _listener) = bind(&path, 0o600, 8).unwrap();
        assert!(UnixStream::connect(&path).is_ok());
        assert_eq!((mode(&path), names(folder.path())), (0o600, vec!["s".to_owned()]));
    }

    #[test]
    fn a_socket_that_somebody_listens_on_is_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let living = UnixListener::bind(&path).unwrap();
        let error = bind(&path, 0o600, 8).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        assert!(UnixStream::connect(&path).is_ok() && living.accept().is_ok());
        assert_eq!(names(folder.path()), ["s"]);
    }

    #[test]
    fn a_busy_socket_is_in_use_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let busy = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        busy.bind(&SockAddr::unix(&path).unwrap()).unwrap();
        busy.listen(0).unwrap();
        let _waiting = UnixStream::connect(&path).unwrap();
        assert_eq!(bind(&path, 0o600, 8).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn what_is_no_socket_is_never_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, stale) = (folder.path().join("s"), folder.path().join("stale"));
        fs::write(&path, "precious").unwrap();
        let expected = "there is a file of that name that is no socket";
        assert_eq!(bind(&path, 0o600, 8).unwrap_err().to_string(), expected);
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        fs::remove_file(&path).unwrap();
        drop(UnixListener::bind(&stale).unwrap());
        std::os::unix::fs::symlink(&stale, &path).unwrap();
        assert_eq!(bind(&path, 0o600, 8).unwrap_err().to_string(), expected);
        assert_eq!(fs::read_link(&path).unwrap(), stale);
    }

    #[test]
    fn a_file_that_is_another_by_now_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let (file, listener) = bind(&path, 0o600, 8).unwrap();
        fs::remove_file(&path).unwrap();
        let (_other, _others) = bind(&path, 0o600, 8).unwrap();
        drop((file, listener));
        assert!(UnixStream::connect(&path).is_ok());
    }

    #[test]
    fn a_name_that_is_too_long_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = bind(&folder.path().join("s".repeat(200)), 0o600, 8).unwrap_err();
        assert_eq!(error.to_string(), "the name is too long for a Unix socket");
        assert_eq!(names(folder.path()), [""; 0]);
    }
}
