//! Slow connections, all of them in one thread that does next to nothing.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use clap::ValueEnum;
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{self, MissedTickBehavior};

/// How slow they are: a byte in each of these.
const TICK: Duration = Duration::from_secs(1);

/// In which time they are opened: all at once would fill the queue of those that wait to be accepted,
/// and then what is measured is when the system tries again.
const SPREAD: Duration = Duration::from_secs(2);

/// What one that does not read lets the system keep for it; the system doubles it.
const SMALL_BYTES: u32 = 2048;

/// The segments that it lets the server send, as on a real network. By those of the loopback, which
/// are 45 times as large, the system measures how much it takes in for the server: megabytes.
const SEGMENT_BYTES: u32 = 1460;

/// What a slow connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Nothing.
    Silent,
    /// Sends a head, a byte each second.
    Head,
    /// Sends a head at once, then a body, a byte each second.
    Body,
    /// Asks for much, and reads nothing of it.
    Reader,
}

/// The connections, while they are held.
#[derive(Debug)]
pub(super) struct Crowd {
    thread: JoinHandle<()>,
    leave: oneshot::Sender<()>,
    counts: Arc<Counts>,
}

/// What became of the connections.
#[derive(Debug, Default)]
struct Counts {
    opened: AtomicU32,
    closed: AtomicU32,
}

impl Crowd {
    /// Opens the connections, all kinds in turn; returns when each has begun to be slow.
    ///
    /// # Errors
    ///
    /// Where one cannot be opened.
    pub(super) fn gather(port: u16, connections: u32, kinds: &[Kind]) -> io::Result<Self> {
        let server = SocketAddr::from(([127, 0, 0, 1], port));
        let (leave, left) = oneshot::channel();
        let counts = Arc::<Counts>::default();
        let kinds = kinds.iter().copied().cycle();
        let tasks: Vec<_> = (0..connections)
            .zip(kinds)
            .map(|(number, kind)| hold(kind, server, SPREAD * number / connections, counts.clone()))
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::Builder::new().name("crowd".to_owned()).spawn(move || {
            runtime.block_on(async {
                tasks.into_iter().map(tokio::spawn).for_each(drop);
                let _told_or_alone = left.await;
            });
        })?;
        thread::sleep(SPREAD + TICK);
        match counts.opened.load(Ordering::Relaxed) {
            opened if opened >= connections => Ok(Self { thread, leave, counts }),
            opened => Err(io::Error::other(format!("only {opened} slow connections were opened"))),
        }
    }

    /// Closes the connections; returns how many the server has closed before.
    ///
    /// # Errors
    ///
    /// Where the thread of the connections failed.
    pub(super) fn leave(self) -> io::Result<u32> {
        let _ended_already = self.leave.send(());
        self.thread.join().map_err(|_| io::Error::other("the slow clients failed"))?;
        Ok(self.counts.closed.load(Ordering::Relaxed))
    }
}

/// Opens a connection after the delay and holds it; where the server closes it, opens another.
async fn hold(kind: Kind, server: SocketAddr, delay: Duration, counts: Arc<Counts>) {
    time::sleep(delay).await;
    while let Ok(stream) = kind.connect(server).await {
        counts.opened.fetch_add(1, Ordering::Relaxed);
        kind.be_slow(stream).await;
        counts.closed.fetch_add(1, Ordering::Relaxed);
        time::sleep(TICK).await;
    }
}

impl Kind {
    async fn connect(self, server: SocketAddr) -> io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        if matches!(self, Self::Reader) {
            socket.set_recv_buffer_size(SMALL_BYTES)?;
            SockRef::from(&socket).set_tcp_mss(SEGMENT_BYTES)?;
        }
        socket.connect(server).await
    }

    /// What is sent at once.
    const fn first(self) -> &'static [u8] {
        match self {
            Self::Silent => b"",
            Self::Head => b"GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ",
            Self::Body => b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n",
            Self::Reader => b"GET /big HTTP/1.1\r\nhost: localhost\r\n\r\n",
        }
    }

    /// Returns when the server has closed the connection.
    async fn be_slow(self, mut stream: TcpStream) {
        if stream.write_all(self.first()).await.is_err() {
            return;
        }
        match self {
            Self::Silent => wait_for_end(&mut stream).await,
            Self::Head | Self::Body => trickle(&mut stream).await,
            // It would have to read to hear of an end.
            Self::Reader => std::future::pending().await,
        }
    }
}

async fn wait_for_end(stream: &mut TcpStream) {
    let mut byte = [0];
    while stream.read(&mut byte).await.is_ok_and(|read| read > 0) {}
}

/// Sends a byte at a time for as long as the server takes them and says nothing.
async fn trickle(stream: &mut TcpStream) {
    let (mut reader, mut writer) = stream.split();
    let mut ticks = time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut byte = [0];
    loop {
        tokio::select! {
            _answer_or_end = reader.read(&mut byte) => return,
            _ = ticks.tick() => {}
        }
        if writer.write_all(b"x").await.is_err() {
            return;
        }
    }
}
