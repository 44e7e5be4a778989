//! Between two requests: waiting for a head, and taking it.

use std::task::{Context, Poll};
use std::time::Duration;

use owin_core::Environment;

use crate::h1::driver::feed::Feed;
use crate::h1::driver::{Driver, Next, State};
use crate::observe::{End as How, Reason};
use crate::transport::Transport;

/// After so much silence a connection that was busy is not any more.
const REST: Duration = Duration::from_secs(1);

/// How long a new connection has for its first byte once the server stops, and how long a silent one
/// has to notice that it was closed: once around the world and back, and some more for a busy client.
/// They must not hold the stop up.
const LAST_WAIT: Duration = Duration::from_secs(1);

impl<T: Transport> Driver<T> {
    /// Looks whether a request may follow on the one before.
    pub(super) fn next_request(&mut self) -> Next {
        self.timer.clear();
        if self.machine.next() {
            self.enter(State::Waiting { has_begun: false })
        } else {
            self.close()
        }
    }

    /// Waits for a head.
    pub(super) fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        loop {
            match self.machine.find_head() {
                Err(refusal) => return Poll::Ready(self.refuse(refusal)),
                Ok(true) => return Poll::Ready(self.begin()),
                Ok(false) if self.is_at_end => {
                    let is_whole = self.machine.unread_bytes() == 0;
                    let how = if is_whole { How::ClientClosed } else { How::ClientLost };
                    return Poll::Ready(self.close_now(how));
                }
                Ok(false) => {}
            }
            match self.poll_fill(cx) {
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(self.close_now(How::ClientLost)),
                Poll::Pending => return self.wait_on(),
            }
        }
    }

    /// Nothing more has come. A head that has begun is waited for; a silent connection is not, once
    /// the server stops.
    fn wait_on(&mut self) -> Poll<Next> {
        let has_begun = self.machine.unread_bytes() > 0;
        if !has_begun && self.stop.is_draining() {
            return self.wait_at_last();
        }
        let had_begun = matches!(self.state, State::Waiting { has_begun: true });
        if has_begun && !had_begun {
            self.state = State::Waiting { has_begun };
            self.timer.set(self.clock.now() + self.settings.limits.head_time);
        } else if !self.timer.is_set() {
            self.wait_in_silence();
        }
        Poll::Pending
    }

    /// The server stops. What was sent is served, though the runtime has not heard of it yet, and a
    /// new connection has a moment to send something; any other is closed.
    #[cold]
    fn wait_at_last(&mut self) -> Poll<Next> {
        let (now, moment) = (self.clock.now(), self.clock.born() + LAST_WAIT);
        if self.io.has_unread() {
            self.timer.set(now + LAST_WAIT);
        } else if self.watched.requests() == 0 && now < moment {
            self.timer.set(moment);
        } else {
            return Poll::Ready(self.part());
        }
        Poll::Pending
    }

    /// Closes a silent connection because the server stops: a request that is on its way meets an
    /// end, and not a reset.
    fn part(&mut self) -> Next {
        self.watched.set_end(How::Forced(Reason::Stopping));
        self.close_within(self.settings.limits.linger.min(LAST_WAIT))
    }

    fn wait_in_silence(&mut self) {
        let limits = &self.settings.limits;
        let is_new = self.watched.requests() == 0;
        let patience = if is_new { limits.first_byte } else { limits.idle };
        let silent = self.clock.now() + patience;
        self.silent_until = self.old_at.map_or(silent, |old| old.min(silent));
        let is_busy = self.watched.requests() > 1 && self.call.is_some();
        if is_busy {
            self.timer.set(self.silent_until.min(self.clock.now() + REST));
        } else {
            self.rest();
        }
    }

    /// Gives everything back that only a request needs.
    #[cold]
    fn rest(&mut self) {
        if let Some(call) = self.call.take() {
            self.calls.take_back(call);
        }
        self.machine.rest();
        self.timer.set(self.silent_until);
    }

    /// The silence was too long, or the connection has become too old in it.
    pub(super) fn end_silence(&mut self) -> Next {
        if self.stop.is_draining() {
            return self.part();
        }
        if self.clock.now() < self.silent_until {
            self.rest();
            return self.enter(State::Waiting { has_begun: false });
        }
        let reason = match self.watched.requests() {
            _ if self.has_come_of_age() => Reason::AgeReached,
            0 => Reason::FirstByteTimeout,
            _ => Reason::IdleTimeout,
        };
        self.watched.refuse(reason, &[]);
        self.close_now(How::Forced(reason))
    }

    /// Whether the connection has served long enough, and why.
    pub(super) fn is_old(&mut self) -> Option<Reason> {
        let most = self.settings.limits.requests_per_connection;
        if most.is_some_and(|most| self.watched.requests() >= most) {
            return Some(Reason::RequestsReached);
        }
        self.has_come_of_age().then_some(Reason::AgeReached)
    }

    fn has_come_of_age(&mut self) -> bool {
        self.old_at.is_some_and(|old| self.clock.now() >= old)
    }

    /// Takes the head that lies there, and starts the call.
    fn begin(&mut self) -> Next {
        self.timer.clear();
        self.offer = None;
        let (calls, info) = (&self.calls, self.watched.info());
        let requests = self.watched.requests();
        let call = self.call.get_or_insert_with(|| calls.lend(info, requests));
        let mut env = call.prepare();
        if let Err(refusal) = self.machine.read_head(&mut env) {
            return self.refuse(refusal);
        }
        if !self.settings.path_base.is_empty() && !mount(&mut env, &self.settings.path_base) {
            return self.refuse(Reason::NotMounted);
        }
        if !self.machine.is_whole() {
            let (feed, body) = Feed::new(self.machine.length(), &self.settings.limits, &mut env);
            self.body = Some(feed);
            let _empty = env.request_mut().set_body(body);
        } else if self.machine.wants_upgrade() {
            self.offer_upgrade(&mut env);
        }
        self.watched.begun();
        if let Some(call) = &mut self.call {
            call.start(env);
        }
        self.writing.reset();
        self.enter(State::Serving)
    }
}

/// Splits the path at the base of the address (`host.Addresses`, path).
fn mount(env: &mut Environment, path_base: &str) -> bool {
    let split = owin_core::path::split_base(env.request().path(), path_base);
    let Some((base, path)) = split.map(|(base, path)| (base.to_owned(), path.to_owned())) else {
        return false;
    };
    env.request_mut().set_path_base(&base);
    env.request_mut().set_path(&path);
    true
}
