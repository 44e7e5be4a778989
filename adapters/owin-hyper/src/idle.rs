//! Connections on which nothing comes.

use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::line::Line;

/// Ends an HTTP/1.x connection on which no request has come for a while, however slowly one drips in.
///
/// A timer for each request costs more than all else that this server does besides hyper. So there is
/// one for the connection, which looks now and then whether anything was done.
pub(crate) struct Idle {
    period: Duration,
    timer: Pin<Box<Sleep>>,
    requests: u64,
    is_armed: bool,
}

impl Idle {
    pub(crate) fn new(period: Duration) -> Self {
        let timer = Box::pin(tokio::time::sleep(period));
        Self { period, timer, requests: 0, is_armed: false }
    }

    pub(crate) fn is_over(&mut self, line: &Line, cx: &mut Context<'_>) -> bool {
        if self.is_armed && !self.timer.is_elapsed() {
            return false;
        }
        // The task is always woken by the same waker: the timer need know it only once.
        while self.timer.as_mut().poll(cx).is_ready() {
            let (is_answering, requests) = line.progress();
            if !is_answering && requests == self.requests {
                return true;
            }
            self.requests = requests;
            let next = Instant::now() + self.period;
            self.timer.as_mut().reset(next);
        }
        self.is_armed = true;
        false
    }
}
