//! A connection that an app took over, as the body of a response without an end.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::Payload;
use bytes::{Buf, Bytes};
use futures_core::Stream;
use owin_core::upgrade::{Decision, OpaqueStream};
use owin_core::{CancelReason, CancelSource, Dictionary, Error, keys};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use crate::connection::Connection;
use crate::stop::Phase;
use crate::worker::Worker;

/// So much waits in either direction between the app and the socket.
const PIPE_BYTES: usize = 64 * 1024;

/// So much is taken from the app at once.
const PIECE_BYTES: usize = 8 * 1024;

/// Where the bytes of the client come from.
pub(crate) enum Inbound {
    /// actix takes them for the body of the request.
    Payload(Payload),
    /// The socket itself, where it is ours.
    Line(Rc<Connection>),
}

impl Inbound {
    /// What comes next, empty at the end; an error where the client has gone.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        match self {
            // actix itself looks for resets; all else that ends a payload is an end.
            Self::Payload(payload) => {
                let next = ready!(Pin::new(payload).poll_next(cx));
                Poll::Ready(Ok(next.and_then(Result::ok).unwrap_or_default()))
            }
            Self::Line(connection) => {
                let line = connection.line();
                line.map_or(Poll::Ready(Ok(Bytes::new())), |line| line.poll_inbound(cx))
            }
        }
    }
}

type Run = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// The app at one end, the socket at the other; both are driven by whoever asks for the next bytes.
pub(crate) struct Takeover {
    /// What the app does with the connection, until it has ended.
    run: Option<Run>,
    /// Our end of the pipe; the app has the other one.
    pipe: DuplexStream,
    /// Where the client's bytes come from, until their end.
    inbound: Option<Inbound>,
    /// What the app has not taken yet.
    unread: Bytes,
    /// Whether the app writes no more.
    has_ended: bool,
    lost: CancelSource,
    connection: Rc<Connection>,
    worker: Rc<Worker>,
    is_cut_off: bool,
}

impl Takeover {
    pub(crate) fn new(
        decision: Decision,
        inbound: Inbound,
        connection: Rc<Connection>,
        worker: Rc<Worker>,
    ) -> Self {
        if let Inbound::Line(connection) = &inbound
            && let Some(line) = connection.line()
        {
            line.take_over();
        }
        let (pipe, theirs) = tokio::io::duplex(PIPE_BYTES);
        let lost = CancelSource::new();
        let env = environment(theirs, &lost);
        let run: Run = Box::pin(async move { decision.run(env?).await });
        Self {
            run: Some(run),
            pipe,
            inbound: Some(inbound),
            unread: Bytes::new(),
            has_ended: false,
            lost,
            connection,
            worker,
            is_cut_off: false,
        }
    }

    /// The next bytes of the app; `None` when it has ended and all was given.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.watch(cx);
        if self.is_cut_off && self.run.is_none() {
            return Poll::Ready(None);
        }
        loop {
            self.poll_run(cx);
            let has_moved = self.poll_inbound(cx);
            match self.poll_outbound(cx) {
                Poll::Ready(Some(bytes)) => return Poll::Ready(Some(bytes)),
                Poll::Ready(None) if self.run.is_none() => {
                    self.end();
                    return Poll::Ready(None);
                }
                _ if !has_moved => return Poll::Pending,
                _ => {}
            }
        }
    }

    /// Tells the app of a stop, and gives it up when the deadline has passed.
    fn watch(&mut self, cx: &mut Context<'_>) {
        let phase = self.connection.poll_phase(cx);
        if phase >= Phase::Draining {
            self.lost.cancel(CancelReason::Shutdown);
        }
        if phase == Phase::Cutting && !self.is_cut_off {
            self.is_cut_off = true;
            if self.run.is_some() {
                self.connection.count_cut_off();
            }
        }
    }

    fn poll_run(&mut self, cx: &mut Context<'_>) {
        let Some(run) = &mut self.run else { return };
        let Poll::Ready(ended) = run.as_mut().poll(cx) else { return };
        if let Err(error) = ended {
            tracing::warn!("an app that had taken a connection over failed: {error}");
        }
        self.run = None;
        self.inbound = None;
    }

    /// Gives the app what came; says whether it took any.
    fn poll_inbound(&mut self, cx: &mut Context<'_>) -> bool {
        let mut has_moved = false;
        loop {
            if self.unread.is_empty() {
                let Some(inbound) = &mut self.inbound else { return has_moved };
                match inbound.poll(cx) {
                    Poll::Pending => return has_moved,
                    Poll::Ready(Ok(data)) if !data.is_empty() => self.unread = data,
                    Poll::Ready(read) => {
                        self.end_inbound(&read, cx);
                        return true;
                    }
                }
            }
            match Pin::new(&mut self.pipe).poll_write(cx, &self.unread) {
                Poll::Ready(Ok(count)) => self.unread.advance(count),
                Poll::Ready(Err(_)) => self.unread.clear(),
                Poll::Pending => return has_moved,
            }
            has_moved = true;
        }
    }

    /// The client sends no more. Where it has gone, actix is to see it too.
    fn end_inbound(&mut self, read: &io::Result<Bytes>, cx: &mut Context<'_>) {
        self.inbound = None;
        let _closed = Pin::new(&mut self.pipe).poll_shutdown(cx);
        if read.is_ok() {
            return;
        }
        self.lost.cancel(CancelReason::PeerClosed);
        if let Some(line) = self.connection.line() {
            line.break_off();
        }
        cx.waker().wake_by_ref();
    }

    /// Takes what the app wrote; `None` where it writes no more.
    fn poll_outbound(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.has_ended {
            return if self.run.is_none() { Poll::Ready(None) } else { Poll::Pending };
        }
        let mut room = [0; PIECE_BYTES];
        let mut buf = ReadBuf::new(&mut room);
        let read = ready!(Pin::new(&mut self.pipe).poll_read(cx, &mut buf));
        if read.is_err() || buf.filled().is_empty() {
            self.end();
            return if self.run.is_none() { Poll::Ready(None) } else { Poll::Pending };
        }
        Poll::Ready(Some(Bytes::copy_from_slice(buf.filled())))
    }

    /// The client may read to the end, and is not waited for.
    fn end(&mut self) {
        if !std::mem::replace(&mut self.has_ended, true)
            && let Some(line) = self.connection.line()
        {
            line.end();
        }
    }
}

/// What the app is given (Opaque 0.3 §3).
fn environment(stream: DuplexStream, lost: &CancelSource) -> Result<Dictionary, Error> {
    let mut env = Dictionary::new();
    env.set(keys::OPAQUE_VERSION, "1.0")?;
    env.set(keys::OPAQUE_STREAM, OpaqueStream::from_tokio(stream))?;
    env.set(keys::OPAQUE_CALL_CANCELLED, lost.token())?;
    Ok(env)
}

/// actix asks for no more: the client has gone, and the app may tidy up.
impl Drop for Takeover {
    fn drop(&mut self) {
        let Some(run) = self.run.take() else { return };
        let reason = self.connection.reason();
        if reason == CancelReason::Shutdown && !self.is_cut_off {
            self.connection.count_cut_off();
        }
        self.lost.cancel(reason);
        self.worker.leave(Box::pin(async move { drop(run.await) }));
    }
}
