//! A small server on threads with limits, right but for its fault.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use owin_conformance::run::Target;
use socket2::{Domain, Socket, Type};

use super::app::{self, Calls, IDLE_TIME, TIME};
use super::body::{self, BODY, Chunks};
use super::faults::Fault;
use super::head::{Head, Reader, Refused};
use crate::family::Spoilt;
use crate::http1::is_like;

/// Room for a crowd that nobody accepts.
const BACKLOG: i32 = 1024;

/// A server that is broken in one way; dropping it stops it.
pub(super) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What all connections have in common.
struct Shared {
    spoilt: Spoilt<Fault>,
    calls: Calls,
    is_dead: AtomicBool,
    /// Whose turn it is, where only one connection may do something.
    turn: Mutex<()>,
}

struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
    shared: Arc<Shared>,
    /// Where answers pile up.
    outbox: Option<Sender<Vec<u8>>>,
}

/// How a read ended besides with bytes.
enum Gone {
    Ended,
    TooSlow,
}

/// What a read that failed is answered by.
impl From<Gone> for Refused {
    fn from(gone: Gone) -> Self {
        if matches!(gone, Gone::TooSlow) { 408 } else { 0 }
    }
}

impl Server {
    pub(super) fn start(spoilt: Spoilt<Fault>) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        socket.listen(BACKLOG).unwrap();
        let listener = TcpListener::from(socket);
        let address = listener.local_addr().unwrap();
        let (calls, is_dead) = (Calls::default(), AtomicBool::new(false));
        let shared = Arc::new(Shared { spoilt, calls, is_dead, turn: Mutex::new(()) });
        let server = Self { address, shared: shared.clone() };
        std::thread::spawn(move || accept(&listener, &shared));
        server
    }

    pub(super) fn target_of(&self, path: &str) -> Target {
        format!("http://{}{path}", self.address).parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_dead.store(true, Ordering::SeqCst);
        let _woken = TcpStream::connect(self.address);
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept() {
        if shared.is_dead.load(Ordering::SeqCst) {
            return;
        }
        if shared.has(Fault::AcceptsInTurn) {
            let _first = stream.set_read_timeout(Some(Duration::from_secs(60)));
            let _first = stream.peek(&mut [0]);
        }
        let _unset = stream.set_nodelay(true);
        let shared = Arc::clone(shared);
        let mut connection = Connection { stream, unread: Vec::new(), shared, outbox: None };
        std::thread::spawn(move || connection.serve());
    }
}

impl Shared {
    fn fault(&self) -> Option<Fault> {
        self.spoilt.fault()
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault() == Some(fault)
    }
}

#[expect(clippy::disallowed_methods, reason = "the clients of a mutant are real")]
fn now() -> Instant {
    Instant::now()
}

impl Connection {
    fn serve(&mut self) {
        let writer = self.shared.has(Fault::AnswersPileUp).then(|| self.outbox());
        loop {
            match self.exchange() {
                Ok(true) => {}
                Ok(false) | Err(0) => break,
                Err(status) => {
                    self.write(status, "refused\n", true);
                    break;
                }
            }
        }
        self.outbox = None;
        let _written = writer.map(JoinHandle::join);
        let _gone = self.stream.shutdown(Shutdown::Write);
        let _gone = self.stream.set_read_timeout(Some(Duration::from_millis(200)));
        let mut rest = vec![0; 64 * 1024];
        while self.stream.read(&mut rest).is_ok_and(|length| length > 0) {}
    }

    /// Starts a thread that writes what piles up.
    fn outbox(&mut self) -> JoinHandle<()> {
        let (mut stream, (sender, answers)) =
            (self.stream.try_clone().unwrap(), channel::<Vec<u8>>());
        self.outbox = Some(sender);
        std::thread::spawn(move || {
            while let Ok(answer) = answers.recv() {
                let _gone = stream.write_all(&answer);
            }
        })
    }

    /// Takes a request and answers it; says whether the connection goes on. The status 0 ends it without
    /// an answer.
    fn exchange(&mut self) -> Result<bool, Refused> {
        let head = self.head()?;
        let shared = Arc::clone(&self.shared);
        let turn = shared.has(Fault::BodiesInTurn).then(|| shared.turn.lock());
        let length = self.body(&head)?;
        drop(turn);
        let body = app::answer(&shared.calls, &head, length);
        self.write(200, &body, head.closes);
        Ok(!head.closes)
    }

    fn head(&mut self) -> Result<Head, Refused> {
        let shared = Arc::clone(&self.shared);
        let fault = shared.fault();
        let idle = match fault {
            Some(Fault::IdleUntimed) => Duration::from_secs(60),
            Some(Fault::IdleTimeShort) => IDLE_TIME / 4,
            _ => IDLE_TIME,
        };
        let idle_until = now() + idle;
        while self.unread.is_empty() {
            self.read(idle_until).map_err(|_| 0_u16)?;
        }
        let turn = shared.has(Fault::HeadsInTurn).then(|| shared.turn.lock());
        let time = match fault {
            Some(Fault::HeadUntimed | Fault::HeadsInTurn) => Duration::from_secs(60),
            Some(Fault::HeadTimeShort) => TIME / 4,
            _ => TIME,
        };
        let (mut until, mut reader) = (now() + time, Reader::default());
        loop {
            if let Some((head, used)) = reader.read(&self.unread, fault)? {
                drop(turn);
                let twins = self.shared.spoilt.twins();
                if twins.iter().any(|twin| is_like(twin, &self.unread)) {
                    return Err(400);
                }
                self.unread.drain(..used);
                return Ok(head);
            }
            self.read(until)?;
            if shared.has(Fault::HeadClockRestarts) {
                until = now() + time;
            }
        }
    }

    /// Reads a body; says how long it was.
    fn body(&mut self, head: &Head) -> Result<usize, Refused> {
        let fault = self.shared.fault();
        let most = BODY + usize::from(fault == Some(Fault::BodyOneByteMore));
        let too_long = if fault == Some(Fault::LongBodyIs400) { 400 } else { 413 };
        let length = head.length.unwrap_or_default();
        if length > most {
            return Err(too_long);
        }
        let (mut chunks, mut left) = (Chunks::default(), length);
        loop {
            let came = std::mem::take(&mut self.unread);
            if head.is_chunked {
                let read = chunks.read(&came, fault);
                match read.map_err(|status| if status == 413 { too_long } else { status })? {
                    body::Read::All(used) => {
                        self.unread = came[used..].to_vec();
                        return Ok(chunks.length);
                    }
                    body::Read::Some => {}
                }
            } else {
                let here = left.min(came.len());
                left -= here;
                if left == 0 {
                    self.unread = came[here..].to_vec();
                    return Ok(length);
                }
            }
            let is_timed = !matches!(fault, Some(Fault::BodyUntimed | Fault::BodiesInTurn));
            let time = if is_timed { TIME } else { Duration::from_secs(60) };
            self.read(now() + time)?;
        }
    }

    /// Reads once.
    fn read(&mut self, until: Instant) -> Result<(), Gone> {
        let left = until.saturating_duration_since(now());
        if left.is_zero() {
            return Err(Gone::TooSlow);
        }
        let _set = self.stream.set_read_timeout(Some(left));
        let mut bytes = vec![0; 64 * 1024];
        match self.stream.read(&mut bytes) {
            Ok(0) => Err(Gone::Ended),
            Ok(length) => {
                self.unread.extend(&bytes[..length]);
                Ok(())
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => Err(Gone::TooSlow),
                _ => {
                    if self.shared.has(Fault::DiesOfReset) {
                        self.shared.is_dead.store(true, Ordering::SeqCst);
                        let _woken = self.stream.local_addr().and_then(TcpStream::connect);
                    }
                    Err(Gone::Ended)
                }
            },
        }
    }

    fn write(&mut self, status: u16, body: &str, closes: bool) {
        let option = if closes { "close" } else { "keep-alive" };
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status} Well\r\nContent-Length: {length}\r\nConnection: {option}\r\n\r\n{body}"
        );
        if let Some(outbox) = &self.outbox {
            let _gone = outbox.send(answer.into_bytes());
            return;
        }
        let shared = Arc::clone(&self.shared);
        let turn = shared.has(Fault::WritesInTurn).then(|| shared.turn.lock());
        let _gone = self.stream.write_all(answer.as_bytes());
        drop(turn);
    }
}
