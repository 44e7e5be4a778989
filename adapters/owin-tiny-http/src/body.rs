//! The thread that carries the bytes of a request with a body: reads where the app pulls, and
//! writes where it pushes.
//!
//! tiny_http gives the reader and the writer of a connection either one after the other or as one
//! object; either way one thread has both, and a write waits for a read that waits for the client.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::mpsc;

use bytes::Bytes;
use owin_core::body::BodySender;
use tiny_http::{ReadWrite, Request};
use tokio::sync::oneshot;

use crate::error::{Ended, ReadFailure};
use crate::request::discard;
use crate::wire::HeadBytes;

/// How many bytes are read at once.
const PIECE_BYTES: usize = 16 * 1024;

/// So many bytes of a chunked body that nobody wants are read, so that the connection can stay.
const DRAIN_BYTES: usize = 1024 * 1024;

/// What is asked of the thread; each is answered.
enum Order {
    Read(oneshot::Sender<Result<Bytes, ReadFailure>>),
    Head(Box<HeadBytes>, oneshot::Sender<io::Result<()>>),
    Write(Bytes, oneshot::Sender<io::Result<()>>),
    Flush(oneshot::Sender<io::Result<()>>),
}

/// The way to the thread. It ends the connection's part in this request when all ways are dropped.
#[derive(Clone, Debug)]
pub(crate) struct Line(mpsc::Sender<Order>);

impl Line {
    /// Starts the thread. `break_up` is called where what follows on the connection must not be
    /// answered.
    ///
    /// # Errors
    ///
    /// The request, where the system gives no thread.
    pub(crate) fn start(
        request: Request,
        left: Option<u64>,
        max_length_bytes: u64,
        break_up: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let (orders, to_do) = mpsc::channel();
        let is_waited_for = request.headers().iter().any(|field| field.field.equiv("Expect"));
        let mut carrier = Carrier {
            stream: Some(Stream::Asked(Box::new(request))),
            left,
            reading: Reading::Before,
            is_waited_for,
            may_be_skipped: false,
            max_length_bytes,
        };
        let builder = std::thread::Builder::new().name("owin-tiny-http-body".to_owned());
        let _detached = builder.spawn(move || {
            while let Ok(order) = to_do.recv() {
                carrier.perform(order);
            }
            if !carrier.drain() {
                break_up();
            }
        })?;
        Ok(Self(orders))
    }

    async fn ask<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.0.send(order(answer)).ok()?;
        answered.await.ok()
    }

    pub(crate) async fn head(&self, head: HeadBytes) -> io::Result<()> {
        self.ask(|answer| Order::Head(Box::new(head), answer)).await.unwrap_or_else(lost)
    }

    pub(crate) async fn write(&self, data: Bytes) -> io::Result<()> {
        self.ask(|answer| Order::Write(data, answer)).await.unwrap_or_else(lost)
    }

    pub(crate) async fn flush(&self) -> io::Result<()> {
        self.ask(Order::Flush).await.unwrap_or_else(lost)
    }

    /// Feeds the body as far as somebody reads it, then waits for ever; gives back why the client
    /// is gone, if it is.
    pub(crate) async fn feed(self, mut body: BodySender) -> Ended {
        while body.ready().await {
            let gone = ReadFailure::Gone(owin_core::CancelReason::PeerReset);
            match self.ask(Order::Read).await.unwrap_or(Err(gone)) {
                Ok(data) if data.is_empty() => {
                    body.finish();
                    return std::future::pending().await;
                }
                Ok(data) => {
                    if body.send(data).await.is_err() {
                        break;
                    }
                }
                Err(ReadFailure::Malformed(error)) => {
                    body.abort(error);
                    return std::future::pending().await;
                }
                Err(ReadFailure::Gone(reason)) => return Ended::Reading(reason),
            }
        }
        std::future::pending().await
    }
}

fn lost<T>() -> io::Result<T> {
    Err(ErrorKind::BrokenPipe.into())
}

/// What there is of the connection.
enum Stream {
    /// The answer has not begun.
    Asked(Box<Request>),
    /// It has begun before the body was read to its end.
    Both(Box<dyn ReadWrite + Send>),
    /// It has begun after that.
    Out(Box<dyn Write + Send>),
}

/// How far the body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Before,
    Begun,
    AtEnd,
    /// What follows cannot be told apart.
    Spoiled,
}

/// The thread's half.
struct Carrier {
    stream: Option<Stream>,
    /// How many bytes are still to come; `None` where there are chunks.
    left: Option<u64>,
    reading: Reading,
    /// The client waits for `100 Continue` before it sends the body, which tiny_http sends at the
    /// first read.
    is_waited_for: bool,
    /// The answer was begun without that.
    may_be_skipped: bool,
    max_length_bytes: u64,
}

impl Carrier {
    fn perform(&mut self, order: Order) {
        // Who asked may have gone; then nobody wants to know.
        match order {
            Order::Read(answer) => drop(answer.send(self.read())),
            Order::Head(head, answer) => drop(answer.send(self.begin(*head))),
            Order::Write(data, answer) => {
                drop(answer.send(self.out(|out| out.write_all(&data))));
            }
            Order::Flush(answer) => drop(answer.send(self.out(|out| out.flush()))),
        }
    }

    /// The next bytes; none at the end.
    fn read(&mut self) -> Result<Bytes, ReadFailure> {
        if self.left == Some(0) {
            self.reading = Reading::AtEnd;
        }
        match self.reading {
            Reading::AtEnd => return Ok(Bytes::new()),
            Reading::Spoiled => return Err(io::Error::from(ErrorKind::ConnectionReset).into()),
            Reading::Before | Reading::Begun => self.reading = Reading::Begun,
        }
        let most = self.left.map_or(PIECE_BYTES, |left| {
            usize::try_from(left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES)
        });
        let mut piece = vec![0; most];
        let read = match &mut self.stream {
            Some(Stream::Asked(request)) => patiently(request.as_reader(), &mut piece),
            Some(Stream::Both(stream)) => patiently(stream, &mut piece),
            Some(Stream::Out(_)) | None => Ok(0),
        };
        let count = read.inspect_err(|_| self.reading = Reading::Spoiled)?;
        piece.truncate(count);
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        }
        match (count, self.left) {
            (0, Some(1..)) => {
                self.reading = Reading::Spoiled;
                return Err(io::Error::from(ErrorKind::UnexpectedEof).into());
            }
            (0, _) | (_, Some(0)) => self.reading = Reading::AtEnd,
            _ => {}
        }
        Ok(piece.into())
    }

    /// Begins the answer.
    fn begin(&mut self, head: HeadBytes) -> io::Result<()> {
        let Some(Stream::Asked(request)) = self.stream.take() else { return lost() };
        if self.reading == Reading::AtEnd {
            let mut writer = request.into_writer();
            let written = writer.write_all(&head.to_bytes());
            self.stream = Some(Stream::Out(writer));
            return written;
        }
        // Who was not told to send the body may leave it out and go on with another request.
        self.may_be_skipped = self.is_waited_for && self.reading == Reading::Before;
        let head = if self.may_be_skipped { head.closing() } else { head };
        let stream = request.upgrade(&head.to_upgrade(), head.to_response());
        self.stream = Some(Stream::Both(stream));
        Ok(())
    }

    fn out(&mut self, work: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        match &mut self.stream {
            Some(Stream::Both(stream)) => work(stream),
            Some(Stream::Out(writer)) => work(writer),
            Some(Stream::Asked(_)) | None => lost(),
        }
    }

    /// Reads what nobody wanted; `false` where what follows on the connection is no request, or may
    /// be none.
    fn drain(&mut self) -> bool {
        let mut most = if self.left.is_some() { usize::MAX } else { DRAIN_BYTES };
        while !self.may_be_skipped && self.reading != Reading::AtEnd && most > 0 {
            match self.read() {
                Ok(data) => most = most.saturating_sub(data.len()),
                Err(_) => break,
            }
        }
        self.reading == Reading::AtEnd && !self.may_be_skipped
    }
}

impl Drop for Carrier {
    /// A request that was never answered must not be answered by tiny_http.
    fn drop(&mut self) {
        if let Some(Stream::Asked(request)) = self.stream.take() {
            discard(*request, self.max_length_bytes);
        }
    }
}

fn patiently(reader: &mut (impl Read + ?Sized), piece: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(piece) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}
