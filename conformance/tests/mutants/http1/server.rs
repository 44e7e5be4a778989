//! A small server on threads, right but for its fault.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use owin_conformance::run::Target;

use super::app::{self, Shared};
use super::before::Before;
use super::chunks::{self, Chunks};
use super::client::Client;
use super::faults::Fault;
use super::head::{self, Framing, Head, Refused};
use super::strict;
use crate::family::Spoilt;

/// A server that is broken in one way; dropping it stops it.
pub(crate) struct Server {
    address: SocketAddr,
    is_dead: Arc<AtomicBool>,
}

impl Server {
    pub(crate) fn start(spoilt: Spoilt<Fault>) -> Self {
        Self::start_below(spoilt, "http")
    }

    /// One that says to its app that the scheme is that.
    pub(crate) fn start_below(spoilt: Spoilt<Fault>, scheme: &'static str) -> Self {
        Self::start_at(0, spoilt, scheme)
    }

    /// One that listens at that port.
    pub(crate) fn start_at(port: u16, spoilt: Spoilt<Fault>, scheme: &'static str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let address = listener.local_addr().unwrap();
        let is_dead = Arc::new(AtomicBool::new(false));
        let (spoilt, shared) = (Arc::new(spoilt), Arc::new(Shared::of(scheme)));
        let dead = Arc::clone(&is_dead);
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if dead.load(Ordering::SeqCst) {
                    return;
                }
                let (spoilt, shared) = (Arc::clone(&spoilt), Arc::clone(&shared));
                let mut connection = Connection::new(stream, spoilt, shared, Arc::clone(&dead));
                std::thread::spawn(move || connection.serve());
            }
        });
        Self { address, is_dead }
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.is_dead.load(Ordering::SeqCst)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn target_of(&self, path: &str) -> Target {
        format!("http://{}{path}", self.address).parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_dead.store(true, Ordering::SeqCst);
        let _woken = TcpStream::connect(self.address);
    }
}

/// One connection of a mutant.
pub(crate) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) unread: Vec<u8>,
    spoilt: Arc<Spoilt<Fault>>,
    shared: Arc<Shared>,
    is_dead: Arc<AtomicBool>,
    /// What is known of the client while an app runs.
    pub(super) client: Client,
    /// What faults remember of the calls before.
    pub(super) before: Before,
    trailers: Vec<(String, Vec<u8>)>,
    /// Whether the client was asked for the body of this request.
    has_asked: bool,
}

impl Connection {
    fn new(
        stream: TcpStream,
        spoilt: Arc<Spoilt<Fault>>,
        shared: Arc<Shared>,
        is_dead: Arc<AtomicBool>,
    ) -> Self {
        Self {
            stream,
            unread: Vec::new(),
            spoilt,
            shared,
            is_dead,
            client: Client::default(),
            before: Before::default(),
            trailers: Vec::new(),
            has_asked: false,
        }
    }

    pub(crate) fn fault(&self) -> Option<Fault> {
        self.spoilt.fault()
    }

    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.fault() == Some(fault)
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.is_dead.load(Ordering::SeqCst)
    }

    pub(crate) fn local(&self) -> SocketAddr {
        self.stream.local_addr().unwrap()
    }

    pub(crate) fn remote(&self) -> SocketAddr {
        self.stream.peer_addr().unwrap_or_else(|_| self.local())
    }

    /// The trailers of the body that was read last.
    pub(crate) fn trailers(&mut self) -> Vec<(String, Vec<u8>)> {
        std::mem::take(&mut self.trailers)
    }

    fn serve(&mut self) {
        while let Some(read) = self.head() {
            let served = read.and_then(|head| self.answer(&head));
            match served {
                Ok(true) if self.has_too_many() => break,
                Ok(true) => {}
                Ok(false) => break,
                Err(status) => {
                    let body = "refused\n";
                    let length = body.len();
                    self.write(format!(
                        "HTTP/1.1 {status} No\r\nContent-Length: {length}\r\n\
                         Connection: close\r\n\r\n{body}"
                    ));
                    break;
                }
            }
        }
        self.before.end(&self.shared);
        let _gone = self.stream.shutdown(Shutdown::Write);
        let _gone = self.stream.set_read_timeout(Some(Duration::from_secs(1)));
        let mut rest = [0; 4096];
        while self.stream.read(&mut rest).is_ok_and(|length| length > 0) {}
    }

    /// Reads a head; `None` at the end.
    fn head(&mut self) -> Option<Result<Head, Refused>> {
        let mut reads = 0;
        let end = loop {
            if !self.has(Fault::EmptyLineRefused) && self.unread.starts_with(b"\r\n") {
                self.unread.drain(..2);
            }
            if let Some(end) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            if self.unread.ends_with(b"\r\n\r") && self.has(Fault::CutEndRefused) {
                return Some(Err(400));
            }
            if reads > 0 && self.has(Fault::HeadInOneRead) {
                return Some(Err(400));
            }
            reads += 1;
            if !self.read() {
                return None;
            }
        };
        if self.spoilt.twins().iter().any(|twin| strict::is_like(twin, &self.unread)) {
            return Some(Err(400));
        }
        let has = |own: &Vec<u8>| self.unread.windows(own.len()).any(|window| window == own);
        if self.spoilt.ends().iter().any(has) {
            self.die();
            return None;
        }
        let bytes: Vec<u8> = self.unread.drain(..end + 4).collect();
        Some(head::read(&bytes[..end], self.fault()))
    }

    /// Answers; says whether the connection goes on.
    fn answer(&mut self, head: &Head) -> Result<bool, Refused> {
        self.has_asked = false;
        if self.has(Fault::ContinueAtOnce) {
            self.ask_for_body(head);
        }
        if self.has(Fault::HalfClosedIsGone) && self.is_half_closed() {
            static SEEN: AtomicUsize = AtomicUsize::new(1);
            if SEEN.fetch_add(1, Ordering::SeqCst).is_multiple_of(3) {
                return Ok(false);
            }
        }
        if self.has(Fault::BodyAwaited) {
            let body = self.body(head)?;
            return Ok(app::answer(self, head, Some(body))?.keeps);
        }
        let answered = app::answer(self, head, None)?;
        if !answered.keeps || answered.has_read || self.has(Fault::UnreadIsNext) {
            return Ok(answered.keeps);
        }
        match head.framing {
            Framing::Length(length) if length > 64 * 1024 => Ok(false),
            _ => Ok(self.body(head).is_ok()),
        }
    }

    /// Reads the body whole, in its pieces.
    pub(crate) fn body(&mut self, head: &Head) -> Result<Vec<Vec<u8>>, Refused> {
        self.ask_for_body(head);
        let had = self.unread.len();
        loop {
            match self.whole_body(head) {
                Some(whole) => return whole.map(|pieces| self.with_odd_end(pieces, head, had)),
                None if self.is_taken_for_whole() => return Ok(vec![b"hello".to_vec()]),
                None => {}
            }
            let before = self.unread.len();
            if !self.read() {
                let is_taken = self.has(Fault::BrokenOffTaken);
                return if is_taken { Ok(vec![self.unread.split_off(0)]) } else { Err(400) };
            }
            if self.unread.len() == before + 1 && self.has(Fault::LoneByteLost) {
                self.unread[before] = b'?';
            }
        }
    }

    /// The pieces of a body, of which a fault may have changed the end, or what is behind it.
    fn with_odd_end(&mut self, mut pieces: Vec<Vec<u8>>, head: &Head, had: usize) -> Vec<Vec<u8>> {
        if let (Framing::Length(_), Some(piece)) = (&head.framing, pieces.last_mut())
            && self.has(Fault::OddBodyCut)
            && had < piece.len()
            && piece.len() % 2 == 1
        {
            piece.pop();
        }
        let is_long = head.framing == Framing::Chunked && pieces.len() > 2;
        if is_long && self.has(Fault::BehindChunksOff) {
            self.unread.splice(..0, *b"(").for_each(drop);
        }
        pieces
    }

    fn ask_for_body(&mut self, head: &Head) {
        let expects = !head.values("Expect", None).is_empty() && head.framing != Framing::None;
        let is_new = head.minor == 1 && self.unread.is_empty() && !self.has(Fault::NoContinue);
        if expects
            && !std::mem::replace(&mut self.has_asked, true)
            && (is_new || self.has(Fault::ContinueForAll))
        {
            self.write("HTTP/1.1 100 Continue\r\n\r\n");
        }
    }

    /// The body, where all of it is there.
    fn whole_body(&mut self, head: &Head) -> Option<Result<Vec<Vec<u8>>, Refused>> {
        match head.framing {
            Framing::None => Some(Ok(Vec::new())),
            Framing::Length(length) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                let is_there = self.unread.len() >= length;
                is_there.then(|| Ok(vec![self.unread.drain(..length).collect()]))
            }
            Framing::Chunked => match chunks::decode(&self.unread, self.fault()) {
                Chunks::Whole(chunks, used, trailers) => {
                    self.unread.drain(..used);
                    self.trailers = trailers;
                    Some(Ok(chunks))
                }
                Chunks::Broken => Some(Err(400)),
                Chunks::Partial => None,
            },
        }
    }

    /// Whether all of the body is there.
    pub(crate) fn is_there(&self, head: &Head) -> bool {
        match head.framing {
            Framing::None => true,
            Framing::Length(length) => u64::try_from(self.unread.len()).unwrap() >= length,
            Framing::Chunked => chunks::decode(&self.unread, None) != Chunks::Partial,
        }
    }

    /// Whether a body that breaks off here is taken for whole.
    fn is_taken_for_whole(&self) -> bool {
        let is_part = [&b"hello"[..], b"5\r\nhello\r\n"].contains(&self.unread.as_slice());
        is_part && self.has(Fault::BrokenBodyTaken) && self.is_half_closed()
    }

    /// Reads once; says whether anything came.
    fn read(&mut self) -> bool {
        let mut bytes = vec![0; 256 * 1024];
        let read = self.stream.read(&mut bytes);
        let is_reset = read.as_ref().is_err_and(|e| e.kind() == ErrorKind::ConnectionReset);
        if is_reset && self.has(Fault::DiesOfReset) {
            self.die();
        }
        let length = read.unwrap_or_default();
        self.unread.extend(&bytes[..length]);
        length > 0
    }

    /// Writes; says whether the client is there to take it.
    pub(crate) fn write(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        !self.client.is_given_up() && self.stream.write_all(bytes.as_ref()).is_ok()
    }

    /// Whether the client closes its half within a moment.
    pub(super) fn is_half_closed(&self) -> bool {
        let _set = self.stream.set_read_timeout(Some(Duration::from_millis(30)));
        let is_gone = self.stream.peek(&mut [0]).is_ok_and(|length| length == 0);
        let _set = self.stream.set_read_timeout(None);
        is_gone
    }

    /// Stops the server: nobody is accepted any more.
    fn die(&self) {
        self.is_dead.store(true, Ordering::SeqCst);
        let _woken = self.stream.local_addr().and_then(TcpStream::connect);
    }

    fn has_too_many(&self) -> bool {
        let waiting = self.unread.windows(4).filter(|four| four == b"\r\n\r\n").count();
        self.has(Fault::PipelineOfTwo) && waiting > 2
    }
}
