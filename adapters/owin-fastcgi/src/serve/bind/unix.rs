//! Unix sockets: their files, and the rights of these.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use socket2::{Domain, SockAddr, Socket, Type};

use super::{BACKLOG, Listener};

/// Binds a socket with those rights. A file that a server left behind that died is taken over.
///
/// Under its own name the socket is there only once its rights are right and it listens: it is bound
/// under another name beside it.
pub(super) fn bind(path: &Path, mode: u32) -> io::Result<Listener> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let place = look_at(path)?;
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let staged = path.with_file_name(format!(".{:x}.{number:x}", std::process::id()));
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(&staged)?)?;
    let prepared = fs::set_permissions(&staged, Permissions::from_mode(mode))
        .and_then(|()| socket.listen(BACKLOG))
        .and_then(|()| match place {
            // Unlike a renaming a link replaces nothing that came meanwhile.
            Place::Free => fs::hard_link(&staged, path),
            Place::Stale => fs::rename(&staged, path),
        });
    let _renamed_already = fs::remove_file(&staged);
    prepared?;
    let file = SocketFile::at(path)?;
    listener(socket, Some(file))
}

/// Binds a name in the abstract namespace of Linux.
#[cfg(target_os = "linux")]
pub(super) fn bind_abstract(name: &str) -> io::Result<Listener> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(format!("\0{name}"))?)?;
    socket.listen(BACKLOG)?;
    listener(socket, None)
}

fn listener(socket: Socket, file: Option<SocketFile>) -> io::Result<Listener> {
    socket.set_nonblocking(true)?;
    let listener = tokio::net::UnixListener::from_std(socket.into())?;
    Ok(Listener::Unix { listener, _file: file })
}

/// What is where a socket is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Free,
    /// A socket that nobody listens on, as after a crash.
    Stale,
}

/// Looks whether a name can be taken; everything that lives or is no socket is an error.
fn look_at(path: &Path) -> io::Result<Place> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Place::Free),
        Err(error) => return Err(error),
        Ok(metadata) if !metadata.file_type().is_socket() => {
            return Err(io::Error::other("there is a file of that name that is no socket"));
        }
        Ok(_) => {}
    }
    let probe = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // A server that lives but is busy must not hold us up.
    probe.set_nonblocking(true)?;
    match probe.connect(&SockAddr::unix(path)?) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(Place::Stale),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(error),
        _ => Err(io::ErrorKind::AddrInUse.into()),
    }
}

/// The file of a socket that listens; removed when this is dropped, if it is still the same.
#[derive(Debug)]
pub(in crate::serve) struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    fn at(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), identity: identity(path)? })
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|now| now == self.identity) {
            let _gone_meanwhile = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_has_its_rights_and_its_file_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let bound = bind(&path, 0o660).unwrap();
        assert_eq!(fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
        assert_eq!(bind(&path, 0o660).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(bound);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_stale_socket_is_taken_over_and_other_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("s"), folder.path().join("other"));
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let _bound = bind(&path, 0o600).unwrap();
        assert!(std::os::unix::net::UnixStream::connect(&path).is_ok());
        fs::write(&other, "precious").unwrap();
        assert!(bind(&other, 0o600).is_err());
        assert_eq!(fs::read_to_string(&other).unwrap(), "precious");
    }
}
