//! Unix sockets: as files with rights, as abstract names, from clients that others wrote.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nowin_like_server::NowinServer;
use owin_core::{App, ErrorKind, keys};
use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};
use tokio::process::Command;

use crate::support::{
    BUDGET, GET_AND_CLOSE, Started, body_of, hello, soon, start_with, talk, tell,
};

/// A folder for a socket, and the socket's path and address in it.
struct Place {
    _folder: TempDir,
    path: PathBuf,
    address: String,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.sock");
        let address = format!("http://unix:{}", path.display());
        Self { _folder: folder, path, address }
    }

    async fn serve(&self, app: impl App) -> Started {
        start_with(NowinServer::new(), &[&self.address], app).await.unwrap()
    }
}

async fn get(path: &Path) -> String {
    let stream = soon("the connection", UnixStream::connect(path)).await.unwrap();
    let answer = talk(stream, GET_AND_CLOSE).await;
    body_of(&answer).to_owned()
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_request_over_a_unix_socket_is_answered() {
    let place = Place::new();
    let server = place.serve(hello("text")).await;
    assert_eq!(get(&place.path).await, "text");
    let texts: Vec<_> = server.addresses().iter().map(ToString::to_string).collect();
    assert_eq!(texts, [place.address.as_str()]);
}

#[tokio::test]
async fn there_are_no_addresses_but_the_client_is_local() {
    let place = Place::new();
    let app = tell(|env| {
        let remote = (env.get(keys::SERVER_REMOTE_IP_ADDRESS), env.get(keys::SERVER_REMOTE_PORT));
        let local = (env.get(keys::SERVER_LOCAL_IP_ADDRESS), env.get(keys::SERVER_LOCAL_PORT));
        format!("{remote:?} {local:?} {:?}", env.get(keys::SERVER_IS_LOCAL))
    });
    let _server = place.serve(app).await;
    assert_eq!(get(&place.path).await, "(None, None) (None, None) Some(true)");
}

#[tokio::test]
async fn curl_speaks_to_it() {
    let place = Place::new();
    let _server = place.serve(hello("text")).await;
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--max-time", "5", "--unix-socket"]).arg(&place.path).arg("http://h/");
    let output = match curl.output().await {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => panic!("{error}"),
    };
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"text");
}

#[tokio::test]
async fn only_the_user_of_the_server_may_connect_unless_somebody_chooses() {
    let place = Place::new();
    let server = place.serve(hello("text")).await;
    assert_eq!(mode(&place.path), 0o600);
    assert!(server.stop(BUDGET).await.is_ok());
    let server = NowinServer::new().with_unix_mode(0o660);
    let _server = start_with(server, &[&place.address], hello("text")).await.unwrap();
    assert_eq!(mode(&place.path), 0o660);
}

#[tokio::test]
async fn the_file_is_gone_after_the_stop() {
    let place = Place::new();
    let server = place.serve(hello("text")).await;
    assert_eq!(get(&place.path).await, "text");
    assert!(server.stop(BUDGET).await.is_ok());
    assert!(!place.path.exists());
}

#[tokio::test]
async fn a_file_that_took_its_place_stays_after_the_stop() {
    let place = Place::new();
    let server = place.serve(hello("text")).await;
    std::fs::remove_file(&place.path).unwrap();
    std::fs::write(&place.path, "another's").unwrap();
    assert!(server.stop(BUDGET).await.is_ok());
    assert_eq!(std::fs::read_to_string(&place.path).unwrap(), "another's");
}

#[tokio::test]
async fn what_a_crash_left_behind_is_taken_over() {
    let place = Place::new();
    drop(UnixListener::bind(&place.path).unwrap());
    assert!(place.path.exists(), "it is stale");
    let _server = place.serve(hello("text")).await;
    assert_eq!(get(&place.path).await, "text");
}

#[tokio::test]
async fn a_server_that_lives_keeps_its_socket() {
    let place = Place::new();
    let _server = place.serve(hello("first")).await;
    let second = start_with(NowinServer::new(), &[&place.address], hello("second")).await;
    let error = second.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Server);
    let address = &place.address;
    let expected =
        format!("cannot listen on {address}: it is in use; stop what uses it or choose another");
    assert_eq!(error.to_string(), expected);
    assert_eq!(get(&place.path).await, "first");
}

#[tokio::test]
async fn one_address_that_fails_leaves_no_file() {
    let place = Place::new();
    let addresses = [place.address.as_str(), "http://192.0.2.1:0"];
    assert!(start_with(NowinServer::new(), &addresses, hello("text")).await.is_err());
    assert!(!place.path.exists());
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_one_line_that_names_the_address() {
    let address = "http://unix:/nowhere/at/all/app.sock";
    let started = start_with(NowinServer::new(), &[address], hello("text")).await;
    let error = started.err().unwrap().to_string();
    assert!(error.starts_with(&format!("cannot listen on {address}: ")), "{error}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_abstract_name_has_no_file() {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixStream as StdStream};

    let name = format!("nowin-test-{}", std::process::id());
    let address = format!("http://unix:@{name}");
    let server = start_with(NowinServer::new(), &[&address], hello("text")).await.unwrap();
    assert_eq!(server.addresses()[0].to_string(), address);
    let second = start_with(NowinServer::new(), &[&address], hello("text")).await;
    assert!(second.err().unwrap().to_string().contains("it is in use"));
    let stream = StdStream::connect_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    stream.set_nonblocking(true).unwrap();
    let answer = talk(UnixStream::from_std(stream).unwrap(), GET_AND_CLOSE).await;
    assert_eq!(body_of(&answer), "text");
}
