//! A small server on threads, right but for its fault.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use owin_conformance::run::Target;
use serde_json::json;

use super::echo::{Done, Echo};
use super::faults::Fault;
use super::frames::{self, written};
use super::handshake::Head;
use crate::family::Spoilt;
use crate::http1::is_like;

/// A server that is broken in one way; dropping it stops it.
pub(super) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    spoilt: Spoilt<Fault>,
    calls: Mutex<HashMap<String, u64>>,
    is_dead: AtomicBool,
}

struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
    shared: Arc<Shared>,
}

impl Server {
    pub(super) fn start(spoilt: Spoilt<Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (calls, is_dead) = (Mutex::default(), AtomicBool::new(false));
        let shared = Arc::new(Shared { spoilt, calls, is_dead });
        let server = Self { address, shared: Arc::clone(&shared) };
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if shared.is_dead.load(Ordering::SeqCst) {
                    return;
                }
                let _unset = stream.set_nodelay(true);
                let shared = Arc::clone(&shared);
                let mut connection = Connection { stream, unread: Vec::new(), shared };
                std::thread::spawn(move || connection.serve());
            }
        });
        server
    }

    pub(super) fn target(&self) -> Target {
        format!("http://{}", self.address).parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_dead.store(true, Ordering::SeqCst);
        let _woken = TcpStream::connect(self.address);
    }
}

impl Connection {
    fn fault(&self) -> Option<Fault> {
        self.shared.spoilt.fault()
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault() == Some(fault)
    }

    fn serve(&mut self) {
        while let Some(head) = self.head() {
            if head.path == "/.probe/websocket" {
                let answer = head.switch(self.fault());
                self.write(answer.as_bytes());
                if answer.starts_with("HTTP/1.1 101") {
                    self.frames();
                    break;
                }
                continue;
            }
            let body = self.answer(&head);
            let length = body.len();
            self.write(
                format!("HTTP/1.1 200 Well\r\nContent-Length: {length}\r\n\r\n{body}").as_bytes(),
            );
            if head.closes() {
                break;
            }
        }
        let _gone = self.stream.shutdown(Shutdown::Write);
        let _gone = self.stream.set_read_timeout(Some(Duration::from_millis(200)));
        let mut rest = [0; 4096];
        while self.stream.read(&mut rest).is_ok_and(|length| length > 0) {}
    }

    /// Reads a head; `None` at the end.
    fn head(&mut self) -> Option<Head> {
        let end = loop {
            if let Some(end) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            if !self.read() {
                return None;
            }
        };
        if self.shared.spoilt.twins().iter().any(|twin| is_like(twin, &self.unread)) {
            self.write(b"HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n");
            return None;
        }
        let bytes: Vec<u8> = self.unread.drain(..end + 4).collect();
        Some(Head::read(&String::from_utf8_lossy(&bytes)))
    }

    fn answer(&self, head: &Head) -> String {
        let mut calls = self.shared.calls.lock().unwrap();
        match head.path.as_str() {
            "/.probe/version" => {
                json!({ "probe": 1, "app": "a mutant", "features": ["websocket"] }).to_string()
            }
            "/.probe/count" => {
                json!({ "count": calls.get(&head.nonce).copied().unwrap_or_default() }).to_string()
            }
            _ => {
                *calls.entry(head.nonce.clone()).or_default() += 1;
                "{}".to_owned()
            }
        }
    }

    /// Speaks WebSockets, to the end.
    fn frames(&mut self) {
        let (fault, mut echo, mut is_first) = (self.fault(), Echo::default(), true);
        if self.has(Fault::EarlyFramesLost) {
            self.unread.clear();
        }
        loop {
            let is_new = self.unread.is_empty();
            if is_new && echo.is_closed() {
                return;
            }
            if is_new && !self.read() {
                return self.ended();
            }
            let is_refused = is_first && self.is_refused();
            is_first = false;
            if is_refused || (is_new && self.unread.len() < 2 && self.has(Fault::TwoBytesAtOnce)) {
                return self.close(1002);
            }
            let done = loop {
                match frames::read(&self.unread, fault) {
                    frames::Read::Partial => {}
                    frames::Read::Broken(code) => break Done::Broken(code),
                    frames::Read::Whole(frame, used) => {
                        self.unread.drain(..used);
                        break echo.take(frame, fault);
                    }
                }
                if !self.read() {
                    return self.ended();
                }
            };
            match done {
                Done::Say(bytes) => self.write(&bytes),
                Done::Last(bytes) => return self.write(&bytes),
                Done::Broken(code) => return self.close(code),
            }
        }
    }

    fn is_refused(&self) -> bool {
        let mut twins = self.shared.spoilt.twins().iter();
        twins.any(|twin| !twin.is_empty() && self.unread.starts_with(twin))
    }

    fn close(&mut self, code: u16) {
        self.write(&written(8, &code.to_be_bytes(), self.fault()));
    }

    /// The client has ended its half.
    fn ended(&self) {
        if self.has(Fault::HalfClosedKept) {
            std::thread::sleep(Duration::from_secs(60));
        }
    }

    /// Reads once; says whether anything came.
    fn read(&mut self) -> bool {
        let mut bytes = vec![0; 256 * 1024];
        let read = self.stream.read(&mut bytes);
        let is_reset = read.as_ref().is_err_and(|e| e.kind() == ErrorKind::ConnectionReset);
        if is_reset && self.has(Fault::DiesOfReset) {
            self.shared.is_dead.store(true, Ordering::SeqCst);
            let _woken = self.stream.local_addr().and_then(TcpStream::connect);
        }
        let length = read.unwrap_or_default();
        self.unread.extend(&bytes[..length]);
        length > 0
    }

    fn write(&mut self, bytes: &[u8]) {
        let _gone = self.stream.write_all(bytes);
    }
}
