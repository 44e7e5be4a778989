//! The life of a connection, request by request: the only place that polls and awaits.

mod call;
mod clock;
mod close;
mod feed;
mod handed;
mod io;
mod timer;
mod upgrade;
mod wait;
mod writing;

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use owin_core::{Call, CancelReason};
use tokio::time::Instant;

use self::clock::Clock;
use self::feed::Feed;
use self::timer::Timer;
use self::upgrade::{Offer, Taken};
use self::writing::Writing;
use crate::h1::outbox::Outbox;
use crate::h1::state::Machine;
use crate::h1::{Calls, Settings};
use crate::observe::{End as How, Reason, Watched};
use crate::stop::{Phase, Stop};
use crate::transport::Transport;

/// Serves the requests of one connection.
pub(crate) struct Driver<T> {
    io: T,
    settings: Arc<Settings>,
    machine: Machine,
    call: Option<Box<Call>>,
    calls: Arc<Calls>,
    stop: Stop,
    watched: Watched,
    timer: Timer,
    clock: Clock,
    state: State,
    /// How long it may be silent.
    silent_until: Instant,
    /// When the connection has become too old.
    old_at: Option<Instant>,
    /// Feeds the body of the request, as long as somebody may read it.
    body: Option<Box<Feed>>,
    writing: Writing,
    out: Outbox,
    /// A piece of the body that goes out behind it, without being copied.
    large: Bytes,
    trailers: Option<Box<HeaderMap>>,
    /// Where the client would like to speak another protocol: what came of it.
    offer: Option<Box<Offer>>,
    is_at_end: bool,
    /// An orderly end would make a response that broke off look whole.
    must_reset: bool,
}

/// What the connection is about.
#[derive(Debug)]
enum State {
    /// It waits for a request.
    Waiting {
        /// A head has begun to come.
        has_begun: bool,
    },
    /// An app is called.
    Serving,
    /// The client has gone; the app is let end.
    Losing,
    /// What is left of a body that nobody read is read, so many bytes at most.
    Draining { left: usize },
    /// The last answer goes out; then the client is let read it.
    Closing {
        /// So many bytes that nobody wants are taken from it.
        left: usize,
        /// How long the client has to close too.
        linger: Duration,
        /// The sending side is closed.
        is_shut: bool,
    },
}

/// What follows.
enum Next {
    /// Whatever the state says.
    Turn,
    End(End),
}

/// How a connection ends.
enum End {
    /// It is dropped.
    Closed,
    /// It is reset.
    Reset,
    /// An app takes it over.
    Upgraded(Box<Taken>),
}

impl<T: Transport> Driver<T> {
    pub(crate) fn new(
        io: T,
        calls: Arc<Calls>,
        settings: Arc<Settings>,
        stop: Stop,
        watched: Watched,
    ) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let clock = Clock::new();
        let age = settings.limits.age_of_connection(NUMBER.fetch_add(1, Ordering::Relaxed));
        Self {
            io,
            machine: Machine::new(Arc::clone(&settings)),
            call: None,
            calls,
            stop,
            watched,
            timer: Timer::default(),
            silent_until: clock.born(),
            state: State::Waiting { has_begun: false },
            old_at: age.map(|age| clock.born() + age),
            clock,
            body: None,
            writing: Writing::new(settings.limits.response_rate),
            out: Outbox::default(),
            large: Bytes::new(),
            trailers: None,
            offer: None,
            is_at_end: false,
            must_reset: false,
            settings,
        }
    }

    /// Serves until the connection is to be closed, and closes it; the guard is dropped then.
    ///
    /// In a box: as an argument it would lie in the future twice.
    pub(crate) async fn run(mut self: Box<Self>, guard: impl Send) {
        match poll_fn(|cx| self.poll(cx)).await {
            End::Closed => {}
            End::Reset => self.io.reset(),
            // In a box: a connection that is not taken over does not need the room.
            End::Upgraded(taken) => Box::pin(self.hand_over(*taken)).await,
        }
        drop(guard);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        self.clock.stop();
        self.writing.try_again();
        self.stop.register(cx);
        loop {
            let next = match self.state {
                State::Waiting { .. } => self.poll_wait(cx),
                State::Serving => self.poll_serve(cx),
                State::Losing => self.poll_lose(cx),
                State::Draining { .. } => self.poll_drain(cx),
                State::Closing { .. } => self.poll_close(cx),
            };
            let next = match next {
                Poll::Ready(next) => next,
                Poll::Pending => ready!(self.poll_patience(cx)),
            };
            if let Next::End(end) = next {
                return Poll::Ready(end);
            }
        }
    }

    /// Goes over to a state.
    fn enter(&mut self, state: State) -> Next {
        self.state = state;
        Next::Turn
    }

    /// There is nothing to do now: has it taken too long?
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        let is_aborting = self.stop.has_reached(Phase::Aborting);
        match self.state {
            State::Serving if is_aborting => {
                self.stop.count_cut_off();
                return Poll::Ready(self.lose(CancelReason::Shutdown));
            }
            State::Losing | State::Serving => {}
            _ if is_aborting => return Poll::Ready(self.close_now(How::Forced(Reason::Stopping))),
            _ => {}
        }
        self.timer.poll(cx).map(|()| self.time_out())
    }

    /// Ends the connection at once.
    #[cold]
    fn close_now(&mut self, how: How) -> Next {
        self.watched.set_end(how);
        Next::End(End::Closed)
    }

    #[cold]
    fn time_out(&mut self) -> Next {
        match self.state {
            State::Waiting { has_begun: false } => self.end_silence(),
            State::Closing { .. } => Next::End(End::Closed),
            State::Waiting { has_begun: true } => self.refuse(Reason::HeadTimeout),
            State::Serving => self.time_out_of_call(),
            State::Losing => self.give_up(),
            State::Draining { .. } => self.stop_draining(),
        }
    }
}
