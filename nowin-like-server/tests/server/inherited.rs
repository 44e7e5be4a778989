//! Sockets that the process was given when it was started, as by systemd.
//!
//! Each test starts itself again in a process that is given sockets, by a shell that knows the
//! number of the process that it becomes.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::process::Stdio;

use nowin_like_server::NowinServer;
use owin_core::Environment;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::Instant;

use crate::support::{BUDGET, Client, GET_AND_CLOSE, body_of, hello, soon, start_with, talk, tell};

/// Set in a process that was given sockets.
const IS_GIVEN: &str = "NOWIN_TEST_IS_GIVEN_SOCKETS";

fn is_given() -> bool {
    std::env::var_os(IS_GIVEN).is_some()
}

/// A test of ours in a process of its own, given its standard input as 3 and its standard error as 4.
fn given(name: &str, variables: &str, sockets: [Option<OwnedFd>; 2]) -> Command {
    let script = format!(
        "exec 3<&0 4<&2 </dev/null 2>/dev/null; export {variables}; \
         exec \"$0\" --nocapture --exact \"$1\""
    );
    let mut command = Command::new("sh");
    command.args(["-c", &script]).arg(std::env::current_exe().unwrap());
    command.arg(format!("inherited::{name}")).env(IS_GIVEN, "1").kill_on_drop(true);
    let [three, four] = sockets.map(|socket| socket.map_or_else(Stdio::null, Stdio::from));
    command.stdin(three).stderr(four).stdout(Stdio::piped());
    command
}

/// Starts it, and waits for the address that it says.
async fn address_of(mut command: Command) -> (Child, String) {
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    loop {
        let line = soon("its address", lines.next_line()).await.unwrap().expect("an address");
        if let Some((_, address)) = line.split_once("at http") {
            return (child, format!("http{address}"));
        }
    }
}

/// Lets it run to its end, which is a good one.
async fn passes(mut command: Command) {
    // `output` would put a pipe where the second socket is.
    let child = command.spawn().unwrap();
    let output = soon("the other process", child.wait_with_output()).await.unwrap();
    let log = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && log.contains("1 passed"), "{log}");
}

/// What the other process does: serves until it is killed.
#[expect(clippy::print_stdout, reason = "this is how the test hears of the addresses")]
async fn serve_for_ever(address: &str) {
    let base = |env: &Environment| format!("base {:?}", env.request().path_base());
    let server = start_with(NowinServer::new(), &[address], tell(base)).await.unwrap();
    for address in server.addresses() {
        println!("at {address}");
    }
    std::future::pending::<()>().await;
}

fn listening() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = listener.local_addr().unwrap();
    (listener, socket)
}

const ONE: &str = "LISTEN_PID=$$ LISTEN_FDS=1";

#[tokio::test]
async fn a_socket_is_served_by_its_number() {
    if is_given() {
        return serve_for_ever("http://fd:3/shop").await;
    }
    let (listener, socket) = listening();
    let sockets = [Some(listener.into()), None];
    let command = given("a_socket_is_served_by_its_number", ONE, sockets);
    let (_child, address) = address_of(command).await;
    assert_eq!(address, format!("http://{socket}/shop"), "the address that it really has");
    let mut client = Client::connect(socket).await;
    assert_eq!(client.get("/shop/x").await.text(), r#"base "/shop""#);
}

#[tokio::test]
async fn a_unix_socket_is_served_by_its_name() {
    if is_given() {
        return serve_for_ever("http://fd:web").await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let unix = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let sockets = [Some(listening().0.into()), Some(unix.into())];
    let variables = "LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=admin:web";
    let command = given("a_unix_socket_is_served_by_its_name", variables, sockets);
    let (_child, address) = address_of(command).await;
    assert_eq!(address, format!("http://unix:{}", path.display()));
    let answer = talk(UnixStream::connect(&path).await.unwrap(), GET_AND_CLOSE).await;
    assert_eq!(body_of(&answer), r#"base """#);
}

/// The error of a server that is to listen there.
async fn error_at(address: &str) -> String {
    start_with(NowinServer::new(), &[address], hello("text")).await.err().unwrap().to_string()
}

#[tokio::test]
async fn what_was_not_given_is_one_line_that_says_what_was() {
    if is_given() {
        for (address, why) in [
            ("http://fd:5", "it was not given; there are: fd:3 (fd:web), fd:4 (fd:web)"),
            ("http://fd:wob", "it was not given; there are: fd:3 (fd:web), fd:4 (fd:web)"),
            ("http://fd:4", "descriptor 4 is no stream socket that listens"),
            ("http://fd:web", "descriptor 4 is no stream socket that listens"),
            ("https://fd:3", "there is no certificate"),
        ] {
            assert_eq!(error_at(address).await, format!("cannot listen on {address}: {why}"));
        }
        return;
    }
    let name = "what_was_not_given_is_one_line_that_says_what_was";
    let variables = "LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=web:web";
    let (listener, socket) = listening();
    // Each of these is no socket that listens: connected, of datagrams, no socket, none at all.
    let connected = std::net::TcpStream::connect(socket).unwrap();
    let datagrams = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let file = std::fs::File::open("/dev/null").unwrap();
    let bound = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    for other in [connected.into(), datagrams.into(), file.into(), OwnedFd::from(bound)] {
        let three = listener.try_clone().unwrap();
        passes(given(name, variables, [Some(three.into()), Some(other)])).await;
    }
}

#[tokio::test]
async fn what_was_given_to_another_process_is_not_taken() {
    if is_given() {
        let why = "the sockets were given to another process (LISTEN_PID)";
        assert_eq!(error_at("http://fd:3").await, format!("cannot listen on http://fd:3: {why}"));
        return;
    }
    let name = "what_was_given_to_another_process_is_not_taken";
    passes(given(name, "LISTEN_PID=1 LISTEN_FDS=1", [Some(listening().0.into()), None])).await;
}

#[tokio::test]
async fn a_process_that_was_given_none_says_so() {
    let why = "no sockets were given to this process (LISTEN_PID)";
    assert_eq!(error_at("http://fd:3").await, format!("cannot listen on http://fd:3: {why}"));
}

#[tokio::test]
async fn a_server_that_starts_again_finds_its_socket_again() {
    if is_given() {
        for text in ["first", "second"] {
            let server = start_with(NowinServer::new(), &["http://fd:3"], hello(text)).await;
            let server = server.unwrap();
            assert_eq!(server.get("/").await.text(), text);
            assert!(server.stop(BUDGET).await.is_ok());
        }
        return;
    }
    let name = "a_server_that_starts_again_finds_its_socket_again";
    passes(given(name, ONE, [Some(listening().0.into()), None])).await;
}

#[tokio::test]
async fn connections_that_wait_when_it_stops_are_the_next_ones() {
    if is_given() {
        let first = start_with(NowinServer::new(), &["http://fd:3"], hello("first")).await.unwrap();
        // The server has no turn before it is told to stop.
        let mut waiting = std::net::TcpStream::connect(first.socket()).unwrap();
        std::io::Write::write_all(&mut waiting, GET_AND_CLOSE.as_bytes()).unwrap();
        assert!(first.stop(BUDGET).await.is_ok());
        let server = start_with(NowinServer::new(), &["http://fd:3"], hello("second")).await;
        let _server = server.unwrap();
        waiting.set_nonblocking(true).unwrap();
        let waiting = tokio::net::TcpStream::from_std(waiting).unwrap();
        assert_eq!(body_of(&talk(waiting, "").await), "second");
        return;
    }
    let name = "connections_that_wait_when_it_stops_are_the_next_ones";
    passes(given(name, ONE, [Some(listening().0.into()), None])).await;
}

#[tokio::test]
async fn children_of_the_server_do_not_inherit_it() {
    if is_given() {
        let server = start_with(NowinServer::new(), &["http://fd:3"], hello("text")).await;
        let server = server.unwrap();
        let socket = std::fs::read_link("/proc/self/fd/3").unwrap();
        let output = Command::new("ls").args(["-l", "/proc/self/fd"]).output().await.unwrap();
        let listed = String::from_utf8_lossy(&output.stdout);
        assert!(listed.contains("/dev/null"), "{listed}");
        assert!(!listed.contains(socket.to_str().unwrap()), "{listed}");
        assert_eq!(server.get("/").await.text(), "text");
        return;
    }
    let name = "children_of_the_server_do_not_inherit_it";
    passes(given(name, ONE, [Some(listening().0.into()), None])).await;
}

#[tokio::test]
async fn systemd_starts_it_with_the_first_connection() {
    if is_given() {
        return serve_for_ever("http://fd:web").await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let mut command = Command::new("systemd-socket-activate");
    command.arg("-l").arg(&path).args(["--fdname=web", "-E", IS_GIVEN]);
    command.arg(std::env::current_exe().unwrap()).args(["--nocapture", "--exact"]);
    command.arg("inherited::systemd_starts_it_with_the_first_connection");
    command.env(IS_GIVEN, "1").stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let _child = match command.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => panic!("{error}"),
    };
    let started = Instant::now();
    let stream = loop {
        match UnixStream::connect(&path).await {
            Ok(stream) => break stream,
            Err(error) => assert!(started.elapsed() < BUDGET, "{error}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    assert_eq!(body_of(&talk(stream, GET_AND_CLOSE).await), r#"base """#);
}
