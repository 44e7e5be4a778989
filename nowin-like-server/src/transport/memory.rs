//! Connections that never leave the process: the protocol as it is, without a socket.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use owin_core::features::ConnectionInfo;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::sync::mpsc;

use crate::transport::pipe::Pipe;
use crate::transport::{Listener, Transport};

/// How many bytes one direction holds before its writer waits, unless somebody chooses otherwise.
const PIPE_BYTES: usize = 64 * 1024;

/// How many connections may wait to be accepted before the next one waits to be made.
const WAITING: usize = 128;

/// Makes a listener in memory, and what connects to it.
///
/// ```
/// use std::time::Duration;
///
/// use nowin_like_server::{NowinServer, transport};
/// use owin_core::{AppExt, Environment, Error, Properties, server};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = async |env: Environment| -> Result<Environment, Error> { Ok(env) };
/// let (listener, connector) = transport::memory();
/// let nowin = NowinServer::new().with_listener(listener);
/// let running = server::start(Box::new(nowin), Properties::new(), |_| Ok(app.boxed())).await?;
///
/// let mut client = connector.connect().await?;
/// client.write_all(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").await?;
/// let mut answer = String::new();
/// client.read_to_string(&mut answer).await?;
/// assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"));
/// running.stop(Duration::from_secs(1)).await?;
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn memory() -> (MemoryListener, MemoryConnector) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (MemoryListener(receiver), MemoryConnector { sender, pipe_bytes: PIPE_BYTES })
}

/// Accepts what a [`MemoryConnector`] connects.
pub struct MemoryListener(mpsc::Receiver<MemoryStream>);

impl Listener for MemoryListener {
    type Transport = MemoryStream;

    async fn accept(&mut self) -> io::Result<MemoryStream> {
        match self.0.recv().await {
            Some(stream) => Ok(stream),
            None => std::future::pending().await,
        }
    }
}

impl fmt::Debug for MemoryListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryListener({} waiting)", self.0.len())
    }
}

/// Connects to a [`MemoryListener`].
#[derive(Clone)]
pub struct MemoryConnector {
    sender: mpsc::Sender<MemoryStream>,
    pipe_bytes: usize,
}

impl MemoryConnector {
    /// Chooses how many bytes each direction of a new connection holds; at least one.
    #[must_use]
    pub fn with_pipe_bytes(mut self, bytes: usize) -> Self {
        self.pipe_bytes = bytes.max(1);
        self
    }

    /// Makes a connection; waits while many wait already to be accepted.
    ///
    /// # Errors
    ///
    /// `ConnectionRefused` where the listener is gone, as after the stop of its server.
    pub async fn connect(&self) -> io::Result<MemoryStream> {
        let (here, there) = MemoryStream::pair(self.pipe_bytes);
        let sent = self.sender.send(there).await;
        sent.map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused))?;
        Ok(here)
    }
}

impl fmt::Debug for MemoryConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryConnector").field("pipe_bytes", &self.pipe_bytes).finish()
    }
}

/// One end of a stream in memory, with the manners of a socket: bounded, half-closed by a shutdown,
/// closed by a drop, broken off by [`Transport::reset`].
#[derive(Debug)]
pub struct MemoryStream {
    incoming: Pipe,
    outgoing: Pipe,
}

impl MemoryStream {
    /// Makes both ends of a stream of which each direction holds so many bytes.
    ///
    /// ```
    /// use nowin_like_server::transport::MemoryStream;
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (mut one, mut other) = MemoryStream::pair(1_024);
    /// one.write_all(b"there").await?;
    /// one.shutdown().await?;
    /// let mut read = String::new();
    /// other.read_to_string(&mut read).await?;
    /// assert_eq!(read, "there");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn pair(pipe_bytes: usize) -> (Self, Self) {
        let (there, back) = (Pipe::new(pipe_bytes), Pipe::new(pipe_bytes));
        let here = Self { incoming: back.clone(), outgoing: there.clone() };
        (here, Self { incoming: there, outgoing: back })
    }
}

impl Transport for MemoryStream {
    /// There are no addresses, but both ends are one process.
    fn info(&self) -> ConnectionInfo {
        ConnectionInfo::new().with_is_local(true)
    }

    /// The other end sees `ConnectionReset`, and what was under way is lost.
    fn reset(self) {
        self.incoming.reset();
        self.outgoing.reset();
    }
}

impl AsyncRead for MemoryStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.incoming.poll_read(cx, buf)
    }
}

impl AsyncWrite for MemoryStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.outgoing.poll_write(cx, &[IoSlice::new(data)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.outgoing.poll_write(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outgoing.end();
        Poll::Ready(Ok(()))
    }
}

/// The other end reads to the end of what was written, and its writes fail.
impl Drop for MemoryStream {
    fn drop(&mut self) {
        self.outgoing.end();
        self.incoming.close();
    }
}

/// Tokio's own pipe: breaking it off is closing it.
impl Transport for DuplexStream {
    fn info(&self) -> ConnectionInfo {
        ConnectionInfo::new().with_is_local(true)
    }
}
