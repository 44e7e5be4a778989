//! What an application pushes, on its way to the server.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::body::ResponseSink;
use crate::call::head::{Published, declared_length};
use crate::features::ResponseBuffering;
use crate::{Environment, Error, keys};

/// Writes of this many bytes and more are not copied.
const LARGE_BYTES: usize = 4 * 1024;

/// So many bytes may wait before the response starts; a response that ends before is sent in one
/// piece with its exact length.
const COALESCE_BYTES: usize = 8 * 1024;

/// A writer waits while so many bytes wait for the transport: 64 KiB, as Kestrel has it.
const HIGH_WATER_BYTES: usize = 64 * 1024;

/// Takes what an application pushes and keeps it until the server asks.
#[derive(Debug, Default)]
pub(crate) struct Pipe {
    /// Whether anybody has looked inside since the pipe was made or renewed. Most calls push
    /// nothing, and the server need not lock what nobody used.
    is_used: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The head, once the response has started by a push.
    published: Option<Box<Published>>,
    /// Whether the head was published. Not the same as the state of the environment: an app may
    /// start that by itself, and a head that cannot be sent is never published.
    is_started: bool,
    /// Large pieces, and small ones that were joined.
    pieces: VecDeque<Bytes>,
    /// Small writes, joined.
    tail: BytesMut,
    waiting_bytes: usize,
    pushed_bytes: u64,
    is_closed: bool,
    /// Whether the server was given something since the last flush.
    is_dirty: bool,
    flush: Flush,
    writer: Option<Waker>,
    server: Option<Waker>,
}

/// How far a flush is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Flush {
    #[default]
    Idle,
    /// The application waits for one.
    Asked,
    /// The server is performing it.
    Handed,
}

/// What the server is to do next.
#[derive(Debug)]
pub(super) enum Pulled {
    Data(Bytes),
    Flush,
    Nothing,
}

impl Pipe {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.is_used.store(true, Ordering::Release);
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, where it is another than that of a new pipe.
    fn lock_used(&self) -> Option<MutexGuard<'_, State>> {
        if self.is_used() { Some(self.lock()) } else { None }
    }

    /// Says whether the pipe may be another than a new one.
    pub(super) fn is_used(&self) -> bool {
        self.is_used.load(Ordering::Acquire)
    }

    /// Makes the pipe ready for the next call; a new one only where somebody still holds this one.
    pub(super) fn renew(pipe: &mut Arc<Self>) {
        match Arc::get_mut(pipe) {
            Some(unshared) => {
                *unshared.is_used.get_mut() = false;
                unshared.state.get_mut().unwrap_or_else(PoisonError::into_inner).reset();
            }
            None => {
                pipe.close();
                *pipe = Arc::default();
            }
        }
    }

    /// Ends the call: whoever still writes is told.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        wake(state.writer.take());
    }

    /// Takes the head, where a push has started the response.
    pub(super) fn take_head(&self) -> Option<Box<Published>> {
        self.lock_used()?.published.take()
    }

    /// Takes the bytes that were pushed before the response started.
    pub(super) fn take_unsent(&self) -> Bytes {
        let Some(mut state) = self.lock_used() else { return Bytes::new() };
        state.waiting_bytes = 0;
        state.tail.split().freeze()
    }

    /// What comes next; asking says that all that came before has been dealt with.
    pub(super) fn pull(&self) -> Pulled {
        let Some(mut state) = self.lock_used() else { return Pulled::Nothing };
        if state.flush == Flush::Handed {
            state.flush = Flush::Idle;
            wake(state.writer.take());
        }
        if let Some(piece) = state.pieces.pop_front() {
            return state.pulled(piece);
        }
        if !state.tail.is_empty() {
            let tail = state.tail.split().freeze();
            return state.pulled(tail);
        }
        if state.flush == Flush::Asked {
            state.flush = Flush::Handed;
            state.is_dirty = false;
            return Pulled::Flush;
        }
        Pulled::Nothing
    }

    /// Says whether there is something to pull.
    pub(super) fn has_news(&self) -> bool {
        self.lock_used().is_some_and(|state| {
            !state.pieces.is_empty() || !state.tail.is_empty() || state.flush == Flush::Asked
        })
    }

    /// Asks to be woken by the next push.
    pub(super) fn register_server(&self, waker: &Waker) {
        let mut state = self.lock();
        if !state.server.as_ref().is_some_and(|known| known.will_wake(waker)) {
            state.server = Some(waker.clone());
        }
    }

    /// Starts the response, once: runs the callbacks and copies the head for the server.
    fn start(&self, env: &mut Environment) -> Result<(), Error> {
        env.start_response()?;
        let published = Box::new(Published::of(env)?);
        let mut state = self.lock();
        // The length may have been declared after the bytes were written.
        state.check_length(env, 0)?;
        state.published = Some(published);
        state.is_started = true;
        state.is_dirty = true;
        wake(state.server.take());
        Ok(())
    }
}

impl State {
    fn reset(&mut self) {
        self.published = None;
        self.is_started = false;
        self.pieces.clear();
        self.tail.clear();
        self.waiting_bytes = 0;
        self.pushed_bytes = 0;
        self.is_closed = false;
        self.is_dirty = false;
        self.flush = Flush::Idle;
        self.writer = None;
        self.server = None;
    }

    fn pulled(&mut self, piece: Bytes) -> Pulled {
        self.waiting_bytes = self.waiting_bytes.saturating_sub(piece.len());
        self.is_dirty = true;
        if self.flush == Flush::Idle {
            wake(self.writer.take());
        }
        Pulled::Data(piece)
    }

    fn push(&mut self, data: &mut (dyn Buf + Send)) {
        let count = data.remaining();
        if count >= LARGE_BYTES {
            if !self.tail.is_empty() {
                let tail = self.tail.split().freeze();
                self.pieces.push_back(tail);
            }
            self.pieces.push_back(data.copy_to_bytes(count));
        } else {
            self.tail.put(data);
        }
        self.waiting_bytes += count;
        self.pushed_bytes =
            self.pushed_bytes.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }

    fn check_open(&self) -> Result<(), Error> {
        if self.is_closed {
            return Err(Error::app("the call is over or was cancelled")
                .with_key(keys::RESPONSE_BODY.name()));
        }
        Ok(())
    }

    fn check_length(&self, env: &Environment, more: usize) -> Result<(), Error> {
        let Some(declared) = declared_length(env)? else { return Ok(()) };
        let more = u64::try_from(more).unwrap_or(u64::MAX);
        if self.pushed_bytes.saturating_add(more) > declared {
            return Err(Error::app(format!(
                "more bytes are written than the Content-Length of {declared} says"
            ))
            .with_key(keys::RESPONSE_BODY.name()));
        }
        Ok(())
    }
}

impl ResponseSink for Pipe {
    fn poll_write(
        &self,
        env: &mut Environment,
        data: &mut (dyn Buf + Send),
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let may_wait = env.response_state() == crate::ResponseState::Open
            && env.get(keys::SERVER_RESPONSE_BUFFERING) != Some(&ResponseBuffering::Disabled);
        let is_started = {
            let mut state = self.lock();
            state.check_open()?;
            state.check_length(env, data.remaining())?;
            let would_wait = state.waiting_bytes + data.remaining();
            if may_wait && would_wait <= COALESCE_BYTES {
                state.waiting_bytes += data.remaining();
                state.pushed_bytes += u64::try_from(data.remaining()).unwrap_or(0);
                state.tail.put(data);
                return Poll::Ready(Ok(()));
            }
            state.is_started
        };
        if !is_started {
            self.start(env)?;
        }
        let mut state = self.lock();
        if state.waiting_bytes >= HIGH_WATER_BYTES {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        state.push(data);
        wake(state.server.take());
        Poll::Ready(Ok(()))
    }

    fn poll_flush(&self, env: &mut Environment, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let is_started = {
            let state = self.lock();
            state.check_open()?;
            state.is_started
        };
        if !is_started {
            self.start(env)?;
        }
        let mut state = self.lock();
        match state.flush {
            Flush::Idle if state.waiting_bytes == 0 && !state.is_dirty => {
                return Poll::Ready(Ok(()));
            }
            Flush::Idle => state.flush = Flush::Asked,
            Flush::Asked | Flush::Handed => {}
        }
        state.writer = Some(cx.waker().clone());
        wake(state.server.take());
        Poll::Pending
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
