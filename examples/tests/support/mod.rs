//! Starts a program on a free port and talks to it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]
#![allow(dead_code, clippy::allow_attributes, reason = "no test uses all of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

/// A program that runs; killed where the test forgets it.
pub(crate) struct Program {
    child: Child,
    out: BufReader<ChildStdout>,
}

/// The path of one of the example programs.
pub(crate) fn path(name: &str) -> &'static str {
    match name {
        "hello" => env!("CARGO_BIN_EXE_hello"),
        "plaintext" => env!("CARGO_BIN_EXE_plaintext"),
        "custom-server" => env!("CARGO_BIN_EXE_custom-server"),
        name => panic!("there is no program {name}"),
    }
}

fn command(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(path(name));
    command.args(arguments).env_remove("OWIN_URLS").env_remove("OWIN_LEAVE_FOR");
    command
}

/// Runs a program to its end.
pub(crate) fn run(name: &str, arguments: &[&str]) -> Output {
    command(name, arguments).output().unwrap()
}

impl Program {
    pub(crate) fn start(name: &str, arguments: &[&str]) -> Self {
        Self::spawn(command(name, arguments))
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    /// The next address that the program says it listens on, as `host:port`.
    pub(crate) fn address(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on http://");
        address.unwrap_or_else(|| panic!("no address but {line:?}")).to_owned()
    }

    /// Sends a signal by name, as in `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits for the end of the program; gives its exit code and its last words.
    pub(crate) fn end_with_words(mut self) -> (Option<i32>, String) {
        let mut words = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
        (self.child.wait().unwrap().code(), words)
    }

    /// Waits for the end of the program.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap(), rest)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Sends bytes, closes the outgoing direction, and reads all that comes back.
pub(crate) fn talk(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

/// A `GET` that asks for the connection to be closed.
pub(crate) fn get(address: &str, target: &str) -> String {
    talk(address, &format!("GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"))
}

/// The body of a response that was sent in one piece.
pub(crate) fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}
