//! Between two requests: waiting for a head, and taking it.

use std::task::{Context, Poll};

use owin_core::Environment;

use crate::h1::driver::feed::Feed;
use crate::h1::driver::{Driver, End, Next, State};
use crate::observe::Reason;
use crate::transport::Transport;

impl<T: Transport> Driver<T> {
    /// Looks whether a request may follow on the one before.
    pub(super) fn next_request(&mut self) -> Next {
        self.timer.clear();
        if self.machine.next() {
            Next::State(State::Waiting { has_begun: false })
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
                Ok(false) if self.is_at_end => return Poll::Ready(Next::End(End::Closed)),
                Ok(false) => {}
            }
            match self.poll_fill(cx) {
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(Next::End(End::Closed)),
                Poll::Pending => return self.wait_on(),
            }
        }
    }

    /// Nothing more has come. A head that has begun is waited for; a silent connection is not, once
    /// the server stops.
    fn wait_on(&mut self) -> Poll<Next> {
        let has_begun = self.machine.unread_bytes() > 0;
        if !has_begun && self.stop.is_draining() {
            return Poll::Ready(Next::End(End::Closed));
        }
        let had_begun = matches!(self.state, State::Waiting { has_begun: true });
        if has_begun && !had_begun {
            self.state = State::Waiting { has_begun };
            self.timer.set(self.clock.now() + self.settings.limits.head_time);
        } else if !self.timer.is_set() {
            self.wait_in_silence();
        }
        self.release_buffers();
        Poll::Pending
    }

    fn wait_in_silence(&mut self) {
        let limits = &self.settings.limits;
        let patience = if self.requests == 0 { limits.first_byte } else { limits.idle };
        let silent = self.clock.now() + patience;
        let old = self.max_age.map(|age| self.clock.born() + age);
        self.timer.set(old.map_or(silent, |old| old.min(silent)));
    }

    /// Whether the connection has served long enough.
    pub(super) fn is_old(&mut self) -> bool {
        let limits = &self.settings.limits;
        let is_used_up = limits.requests_per_connection.is_some_and(|max| self.requests >= max);
        let born = self.clock.born();
        is_used_up || self.max_age.is_some_and(|age| self.clock.now() >= born + age)
    }

    /// Takes the head that lies there, and starts the call.
    fn begin(&mut self) -> Next {
        self.timer.clear();
        self.requests += 1;
        let mut env = self.call.prepare();
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
        self.call.start(env);
        self.writing.reset();
        Next::State(State::Serving)
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
