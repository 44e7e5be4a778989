//! What the program listens on, as a process: sockets that it is given, and who may connect.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "../../owin-cgi/tests/support/mod.rs"]
mod support;

mod program;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Stdio};

use self::program::Program;
use self::support::{PATIENCE, example, folder};

/// A request for `/`, after which the connection closes.
const REQUEST: &[u8] = b"\x01\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0\
    \x01\x04\0\x01\0\x22\0\0\x0e\x03REQUEST_METHODGET\x09\x01HTTP_HOSTh\x01\0x\
    \x01\x04\0\x01\0\0\0\0\x01\x05\0\x01\0\0\0\0";

/// The program, listening on what it is given as descriptor 0.
fn given(listener: impl Into<OwnedFd>) -> Command {
    let mut command = Command::new(example("fastcgi_app"));
    command.args(["--urls", "http://fd:0"]).stdin(Stdio::from(listener.into()));
    command
}

fn answer(mut stream: impl Read + Write) -> String {
    stream.write_all(REQUEST).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn descriptor_0_is_served_where_it_is_a_socket_that_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let program = Program::listening(given(listener));
    assert!(answer(TcpStream::connect(at).unwrap()).contains("Status: 200 OK\r\n"));
    drop(program);

    let folder = folder();
    let path = folder.path().join("s");
    let _program = Program::listening(given(UnixListener::bind(&path).unwrap()));
    assert!(answer(UnixStream::connect(&path).unwrap()).contains("Status: 200 OK\r\n"));
}

#[test]
fn what_is_no_socket_that_listens_is_refused_in_one_line() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let output = given(theirs).output().unwrap();
    drop(ours);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("http://fd:0") && text.contains("no socket that listens"), "{text}");
}

#[test]
fn only_those_may_connect_whom_the_web_server_names() {
    for (allowed, is_served) in [("192.0.2.1", false), ("192.0.2.1, 127.0.0.1", true)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let mut command = given(listener);
        command.env("FCGI_WEB_SERVER_ADDRS", allowed);
        let _program = Program::listening(command);
        let mut stream = TcpStream::connect(at).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut first = [0];
        let read = stream.write_all(REQUEST).and_then(|()| stream.read(&mut first));
        assert_eq!(read.is_ok_and(|count| count > 0), is_served, "{allowed}");
    }
}
