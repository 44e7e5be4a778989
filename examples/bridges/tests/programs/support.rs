//! Starts a program on a free port and talks to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A free port of this machine.
pub(crate) const FREE: &str = "http://127.0.0.1:0";

/// A program that runs, and where; killed where the test forgets it.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: String,
}

impl Program {
    pub(crate) fn start(path: &str, server: &str) -> Self {
        Self::start_with(path, &["--server", server, "--urls", FREE])
    }

    pub(crate) fn start_with(path: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(path)
            .args(arguments)
            .env_remove("OWIN_URLS")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().rsplit("http://").next().unwrap().to_owned();
        assert!(line.starts_with("listening on"), "{arguments:?}: {line:?}");
        Self { child, address }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Sends a request that asks for the end of the connection, and reads all that comes back.
pub(crate) fn send(address: &str, line: &str, fields: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let length = body.len();
    let head = format!(
        "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Length: {length}\r\n{fields}\r\n"
    );
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

pub(crate) fn get(address: &str, target: &str) -> String {
    send(address, &format!("GET {target}"), "", "")
}

/// The body of an answer, its chunks put together where it has some.
pub(crate) fn body(answer: &str) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    if !head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        return body.to_owned();
    }
    let (mut rest, mut whole) = (body, String::new());
    while let Some((size, tail)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        let (chunk, next) = tail.split_at(size);
        whole += chunk;
        rest = next.strip_prefix("\r\n").unwrap();
    }
    whole
}
