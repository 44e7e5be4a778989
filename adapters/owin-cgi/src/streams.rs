//! Standard input and output, each with a thread of its own.
//!
//! What they are is the web server's choice: a pipe, a socket, a file. A thread reads and writes all
//! of them without changing how others see them, and when the program ends nobody waits for it.

use std::future::Future;
use std::io::{BufWriter, Read, Write};
use std::pin::Pin;
use std::sync::mpsc as asked;
use std::task::{Context, Poll, ready};
use std::{io, thread};

use owin_core::Error;
use owin_core::bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

/// How many bytes are read at once: what a pipe holds on Linux.
const READ_BYTES: usize = 64 * 1024;

/// So many bytes are collected before they are written, while more are coming.
const WRITE_BYTES: usize = 16 * 1024;

/// How many pieces may wait to be written: one, while one is being written.
const WAITING_PIECES: usize = 1;

/// Where a piece that was asked for goes.
type Answer = oneshot::Sender<io::Result<Bytes>>;

/// Reads, a piece for each time that somebody asks.
pub(crate) struct Input {
    ask: asked::Sender<Answer>,
    answer: Option<oneshot::Receiver<io::Result<Bytes>>>,
}

impl Input {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// Where the machine has no thread left.
    pub(crate) fn start(mut from: Box<dyn Read + Send>) -> Result<Self, Error> {
        let (ask, asked) = asked::channel::<Answer>();
        spawn("cgi-input", move || {
            for answer in asked {
                let _nobody_waits = answer.send(read(&mut *from));
            }
        })?;
        Ok(Self { ask, answer: None })
    }

    /// The next bytes, at most so many; none at the end. A wait that is given up loses nothing.
    pub(crate) async fn next(&mut self) -> io::Result<Bytes> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        let answer = self.answer.get_or_insert_with(|| {
            let (answer, waiting) = oneshot::channel();
            let _it_ended = self.ask.send(answer);
            waiting
        });
        let bytes = ready!(Pin::new(answer).poll(cx));
        self.answer = None;
        Poll::Ready(bytes.unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into())))
    }
}

fn read(from: &mut dyn Read) -> io::Result<Bytes> {
    let mut bytes = vec![0; READ_BYTES];
    loop {
        match from.read(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            count => {
                bytes.truncate(count?);
                return Ok(bytes.into());
            }
        }
    }
}

/// Writes, piece by piece, as fast as the web server takes them.
pub(crate) struct Output(mpsc::Sender<Piece>);

enum Piece {
    Data(Bytes),
    /// Says when all that came before is written.
    Flush(oneshot::Sender<()>),
}

/// Nobody takes the response any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closed;

impl Output {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// Where the machine has no thread left.
    pub(crate) fn start(to: Box<dyn Write + Send>) -> Result<Self, Error> {
        let (sender, pieces) = mpsc::channel(WAITING_PIECES);
        spawn("cgi-output", move || {
            if let Err(error) = write(to, pieces) {
                tracing::debug!("the response cannot be written: {error}");
            }
        })?;
        Ok(Self(sender))
    }

    /// Writes bytes; waits while the web server takes none.
    pub(crate) async fn write(&self, data: Bytes) -> Result<(), Closed> {
        self.0.send(Piece::Data(data)).await.map_err(|_| Closed)
    }

    /// Waits until all is written.
    pub(crate) async fn flush(&self) -> Result<(), Closed> {
        let (done, written) = oneshot::channel();
        self.0.send(Piece::Flush(done)).await.map_err(|_| Closed)?;
        written.await.map_err(|_| Closed)
    }
}

fn write(to: Box<dyn Write + Send>, mut pieces: mpsc::Receiver<Piece>) -> io::Result<()> {
    let mut to = BufWriter::with_capacity(WRITE_BYTES, to);
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            Piece::Data(data) => to.write_all(&data)?,
            Piece::Flush(done) => {
                to.flush()?;
                let _nobody_waits = done.send(());
            }
        }
        if pieces.is_empty() {
            to.flush()?;
        }
    }
    to.flush()
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(body);
    let no_thread = |error| Error::server("there is no thread for the streams").with_source(error);
    spawned.map(drop).map_err(no_thread)
}
