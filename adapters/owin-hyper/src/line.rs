//! What the halves of an HTTP/1.x connection tell each other past hyper.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Waker};

use tokio::io::Interest;
use tokio::net::tcp::OwnedWriteHalf;

use crate::out::Out;

/// The state of one connection. All of it is used by one task; it is shared because hyper owns the
/// transport, the service and the bodies apart.
#[derive(Default)]
pub(crate) struct Line {
    /// How many requests there were.
    requests: AtomicU64,
    /// A call is under way.
    is_answering: AtomicBool,
    /// All of the request of that call has come.
    is_whole: AtomicBool,
    /// Something came that is no part of a request that was taken.
    has_more: AtomicBool,
    /// The body of that request broke off.
    is_broken: AtomicBool,
    /// The peer has reset the connection.
    is_lost: AtomicBool,
    /// Who waits for bytes after the peer has said that none will come.
    reader: Mutex<Option<Waker>>,
    /// Nothing where the transport is not ours.
    out: Option<Out>,
    watch: Mutex<Option<Watch>>,
}

/// Is done when the peer resets the connection.
type Watch = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Line {
    /// The state of a connection over that transport.
    pub(crate) fn over(transport: OwnedWriteHalf) -> Self {
        Self { out: Some(Out::new(transport)), ..Self::default() }
    }

    /// What is to be written.
    pub(crate) fn out(&self) -> Option<&Out> {
        self.out.as_ref()
    }

    /// A call begins.
    pub(crate) fn begin(&self, is_whole: bool) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.is_whole.store(is_whole, Ordering::Relaxed);
        self.has_more.store(!is_whole, Ordering::Relaxed);
        self.is_broken.store(false, Ordering::Relaxed);
        self.is_answering.store(true, Ordering::Relaxed);
    }

    /// Bytes have come.
    pub(crate) fn read(&self) {
        self.has_more.store(true, Ordering::Relaxed);
    }

    /// The rest of the request has come.
    pub(crate) fn make_whole(&self) {
        self.is_whole.store(true, Ordering::Relaxed);
        self.has_more.store(false, Ordering::Relaxed);
    }

    /// The rest of the request will not come.
    pub(crate) fn break_off(&self) {
        self.is_broken.store(true, Ordering::Relaxed);
    }

    /// Says whether it will not, once.
    pub(crate) fn take_broken(&self) -> bool {
        self.is_broken.load(Ordering::Relaxed) && self.is_broken.swap(false, Ordering::Relaxed)
    }

    /// The call has ended, or its response has been handed over.
    pub(crate) fn end(&self) {
        self.is_answering.store(false, Ordering::Relaxed);
    }

    /// Says whether a call is under way, and how many there were.
    pub(crate) fn progress(&self) -> (bool, u64) {
        (self.is_answering.load(Ordering::Relaxed), self.requests.load(Ordering::Relaxed))
    }

    /// Says whether the peer may be sending what nobody will read.
    pub(crate) fn has_more(&self) -> bool {
        self.has_more.load(Ordering::Relaxed)
    }

    /// Says whether the end of what the peer sends does not matter yet: it has said all, and waits
    /// for its answer.
    pub(crate) fn waits_for_answer(&self) -> bool {
        let is_blocked = self.out.as_ref().is_some_and(Out::is_blocked);
        let waits = self.is_answering.load(Ordering::Relaxed) || is_blocked;
        waits && self.is_whole.load(Ordering::Relaxed)
    }

    /// Keeps who would read on, until the answer is out.
    pub(crate) fn keep_reader(&self, waker: &Waker) {
        *self.reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker.clone());
    }

    /// Lets who would read on look again, once the answer is out.
    pub(crate) fn read_again(&self) {
        if self.waits_for_answer() {
            return;
        }
        let waker = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Looks whether the peer has reset the connection, and asks to be woken when it does: hyper
    /// itself does not notice while it does not read.
    pub(crate) fn look_for_loss(&self, cx: &mut Context<'_>) {
        let Some(out) = &self.out else { return };
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let watching = watch.get_or_insert_with(|| Box::pin(reset(Arc::clone(out.transport()))));
        if watching.as_mut().poll(cx).is_ready() {
            self.is_lost.store(true, Ordering::Relaxed);
            *watch = Some(Box::pin(std::future::pending()));
        }
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }
}

async fn reset(transport: Arc<OwnedWriteHalf>) {
    loop {
        match transport.as_ref().as_ref().ready(Interest::ERROR).await {
            Ok(ready) if !ready.is_error() => tokio::task::yield_now().await,
            _ => return,
        }
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("progress", &self.progress()).finish_non_exhaustive()
    }
}
