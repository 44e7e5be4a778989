//! The socket of a connection, as actix drives it and as a call reaches through to it.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf, Bytes, BytesMut};
use owin_core::features::ConnectionInfo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::gate::Gate;
use crate::transport::Transport;

/// So much is read of what actix may not have yet, so that a client that goes away is noticed.
const MAX_HELD_BYTES: usize = 16 * 1024;

/// So much is read at once for an app that took the connection over.
const READ_BYTES: usize = 8 * 1024;

/// What a call may do to the socket that carries it, while actix drives that.
pub(crate) trait Line {
    /// Says what of the request is still to come. Nothing else is read until the call has ended.
    fn begin(&self, rest: Gate);

    /// Whether actix has not read yet what it may have.
    fn is_passing(&self) -> bool;

    /// Lets actix read the next request, behind what is left of this one.
    fn finish(&self, is_whole: bool);

    /// Waits until all that was written before has been taken by the socket. `asked` is where the
    /// wait began, and begins empty.
    fn poll_flushed(&self, asked: &mut Option<u64>, cx: &mut Context<'_>) -> Poll<()>;

    /// Ends the outgoing direction behind what was written.
    fn end(&self);

    /// Breaks the connection off, so that the client can tell.
    fn break_off(&self);

    /// Lets actix read no more: an app takes the connection over.
    fn take_over(&self);

    /// What comes for that app; empty at the end.
    fn poll_inbound(&self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>>;
}

struct Wire<S: Transport> {
    io: RefCell<S>,
    gate: Cell<Gate>,
    /// What came, and may not pass yet.
    held: RefCell<BytesMut>,
    /// The client will send no more.
    has_ended: Cell<bool>,
    /// An app reads what comes.
    is_taken_over: Cell<bool>,
    read_waker: RefCell<Option<Waker>>,
    /// How often everything had been written.
    flushed: Cell<u64>,
    flush_waker: RefCell<Option<Waker>>,
    is_to_end: Cell<bool>,
    is_broken: Cell<bool>,
}

/// What actix is given to drive.
pub(crate) struct Socket<S: Transport>(Rc<Wire<S>>);

impl<S: Transport> Socket<S> {
    pub(crate) fn new(io: S) -> Self {
        Self(Rc::new(Wire {
            io: RefCell::new(io),
            gate: Cell::new(Gate::HEAD),
            held: RefCell::default(),
            has_ended: Cell::new(false),
            is_taken_over: Cell::new(false),
            read_waker: RefCell::default(),
            flushed: Cell::new(0),
            flush_waker: RefCell::default(),
            is_to_end: Cell::new(false),
            is_broken: Cell::new(false),
        }))
    }

    pub(crate) fn line(&self) -> Rc<dyn Line> {
        Rc::<Wire<S>>::clone(&self.0)
    }

    pub(crate) fn facts(&self, info: ConnectionInfo) -> ConnectionInfo {
        self.0.io.borrow().facts(info)
    }
}

/// When actix lets go, the client learns whether that was as it should be.
impl<S: Transport> Drop for Socket<S> {
    fn drop(&mut self) {
        if self.0.is_broken.get() {
            self.0.io.borrow().reset();
        }
    }
}

impl<S: Transport> Wire<S> {
    fn check(&self) -> io::Result<()> {
        let broken = || io::Error::new(io::ErrorKind::ConnectionAborted, "broken off by the call");
        if self.is_broken.get() { Err(broken()) } else { Ok(()) }
    }

    fn admit(&self, bytes: &[u8]) -> usize {
        let mut gate = self.gate.get();
        let count = gate.admit(bytes);
        self.gate.set(gate);
        count
    }

    fn poll_io(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut *self.io.borrow_mut()).poll_read(cx, buf))?;
        self.has_ended.set(buf.filled().len() == before);
        Poll::Ready(Ok(()))
    }

    /// What was held back, as far as it may pass now; `false` where there is none.
    fn pass_held(&self, buf: &mut ReadBuf<'_>) -> bool {
        let mut held = self.held.borrow_mut();
        let room = held.len().min(buf.remaining());
        let count = self.admit(held.get(..room).unwrap_or_default());
        buf.put_slice(held.get(..count).unwrap_or_default());
        held.advance(count);
        count > 0
    }

    /// Reads, and holds back what may not pass yet.
    fn pass(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(self.poll_io(cx, buf))?;
        let came = buf.filled().get(before..).unwrap_or_default();
        let count = self.admit(came);
        self.held.borrow_mut().extend_from_slice(came.get(count..).unwrap_or_default());
        buf.set_filled(before + count);
        Poll::Ready(Ok(()))
    }

    /// Reads what nobody is to have yet. An end is told at once, unless something is before it.
    fn poll_hold(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        *self.read_waker.borrow_mut() = Some(cx.waker().clone());
        while self.held.borrow().len() < MAX_HELD_BYTES && !self.has_ended.get() {
            let mut room = [0; 1024];
            let mut buf = ReadBuf::new(&mut room);
            ready!(self.poll_io(cx, &mut buf))?;
            self.held.borrow_mut().extend_from_slice(buf.filled());
        }
        let is_over = self.has_ended.get() && self.held.borrow().is_empty();
        if is_over { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

impl<S: Transport> Line for Wire<S> {
    fn begin(&self, rest: Gate) {
        self.gate.set(rest);
    }

    fn is_passing(&self) -> bool {
        self.gate.get() != Gate::Closed && !self.held.borrow().is_empty()
    }

    fn finish(&self, is_whole: bool) {
        self.gate.set(self.gate.get().reopened(is_whole));
        if self.has_ended.get() || !self.held.borrow().is_empty() {
            wake(&self.read_waker);
        }
    }

    fn poll_flushed(&self, asked: &mut Option<u64>, cx: &mut Context<'_>) -> Poll<()> {
        let flushed = self.flushed.get();
        if *asked.get_or_insert(flushed) < flushed {
            *asked = None;
            return Poll::Ready(());
        }
        *self.flush_waker.borrow_mut() = Some(cx.waker().clone());
        Poll::Pending
    }

    fn end(&self) {
        self.is_to_end.set(true);
    }

    fn break_off(&self) {
        self.is_broken.set(true);
    }

    fn take_over(&self) {
        self.is_taken_over.set(true);
    }

    fn poll_inbound(&self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        let held = self.held.take();
        if !held.is_empty() || self.has_ended.get() {
            return Poll::Ready(Ok(held.freeze()));
        }
        let mut room = [0; READ_BYTES];
        let mut buf = ReadBuf::new(&mut room);
        ready!(self.poll_io(cx, &mut buf))?;
        Poll::Ready(Ok(Bytes::copy_from_slice(buf.filled())))
    }
}

impl<S: Transport> AsyncRead for Socket<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = &self.0;
        wire.check()?;
        if wire.is_taken_over.get() {
            // The app reads, in the same task.
            return Poll::Pending;
        }
        if wire.pass_held(buf) {
            return Poll::Ready(Ok(()));
        }
        if wire.gate.get() == Gate::Closed {
            return wire.poll_hold(cx);
        }
        if wire.has_ended.get() { Poll::Ready(Ok(())) } else { wire.pass(cx, buf) }
    }
}

impl<S: Transport> AsyncWrite for Socket<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.check()?;
        Pin::new(&mut *self.0.io.borrow_mut()).poll_write(cx, data)
    }

    /// actix asks for this once the socket has taken all that was written.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = &self.0;
        ready!(Pin::new(&mut *wire.io.borrow_mut()).poll_flush(cx))?;
        if wire.is_to_end.get() {
            ready!(Pin::new(&mut *wire.io.borrow_mut()).poll_shutdown(cx))?;
            wire.is_to_end.set(false);
        }
        wire.flushed.set(wire.flushed.get() + 1);
        wake(&wire.flush_waker);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.io.borrow_mut()).poll_shutdown(cx)
    }
}

fn wake(waker: &RefCell<Option<Waker>>) {
    let waker = waker.borrow_mut().take();
    if let Some(waker) = waker {
        waker.wake();
    }
}
