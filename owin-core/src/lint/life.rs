//! Drives a call, and sees whether it resolves and when.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::lint::Rule;
use crate::lint::judge::Judge;
use crate::lint::rules::lifetime;
use crate::{CallCancelled, Environment, Error};

type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Makes futures that resolve after a while; the runtime's, told by whoever has one.
#[derive(Clone)]
pub(super) struct Timer(Arc<dyn Fn(Duration) -> Sleep + Send + Sync>);

impl Timer {
    pub(super) fn new<F, Fut>(sleep: F) -> Self
    where
        F: Fn(Duration) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self(Arc::new(move |time| Box::pin(sleep(time))))
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Timer")
    }
}

/// How long a call may take.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// Without a timer nothing has a limit.
    pub(super) timer: Option<Timer>,
    pub(super) call: Duration,
    pub(super) cancel: Duration,
}

/// A while that may be waited for.
enum Wait {
    Idle,
    Running(Sleep),
    Over,
}

impl Wait {
    /// Says, once, that the while has passed.
    fn is_due(&mut self, cx: &mut Context<'_>) -> bool {
        let Self::Running(sleep) = self else { return false };
        let is_due = sleep.as_mut().poll(cx).is_ready();
        if is_due {
            *self = Self::Over;
        }
        is_due
    }
}

/// Drives a call, and sees whether it resolves and when.
pub(super) struct Life {
    judge: Judge,
    limits: Limits,
    whole: Wait,
    after_cancel: Wait,
    guard: Guard,
}

impl Life {
    pub(super) fn new(judge: &Judge, limits: &Limits, token: CallCancelled) -> Self {
        let start = |timer: &Timer| Wait::Running((timer.0)(limits.call));
        Self {
            judge: judge.clone(),
            limits: limits.clone(),
            whole: limits.timer.as_ref().map_or(Wait::Idle, start),
            after_cancel: Wait::Idle,
            guard: Guard::new(judge, lifetime::rule_of_futures(), token),
        }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.guard.token.is_cancelled()
    }

    /// Drives the future of the app to its end.
    ///
    /// # Errors
    ///
    /// The app's own, and that it takes too long, where the lint makes the call fail by it.
    pub(super) async fn drive<F>(&mut self, call: F) -> Result<Environment, Error>
    where
        F: Future<Output = Result<Environment, Error>>,
    {
        let mut call = pin!(call);
        let result = poll_fn(|cx| match call.as_mut().poll(cx) {
            Poll::Pending => self.poll_limits(cx).map(Err),
            resolved => resolved,
        });
        let result = result.await;
        self.guard.disarm();
        result
    }

    fn poll_limits(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let Some(timer) = &self.limits.timer else { return Poll::Pending };
        let token = &self.guard.token;
        let has_begun = !matches!(self.after_cancel, Wait::Idle);
        if !has_begun && pin!(token.cancelled()).poll(cx).is_ready() {
            self.after_cancel = Wait::Running((timer.0)(self.limits.cancel));
        }
        if self.after_cancel.is_due(cx) {
            let seen = format!("none after {:?}", self.limits.cancel);
            lifetime::ignores_the_token(&self.judge, seen);
        }
        if self.whole.is_due(cx) {
            let seen = format!("one that has not after {:?}", self.limits.call);
            lifetime::unresolved(&self.judge, seen);
        }
        match self.judge.verdict() {
            Ok(()) => Poll::Pending,
            Err(error) => Poll::Ready(error),
        }
    }
}

/// Reports a future that is dropped before it has resolved, unless its call was cancelled.
pub(super) struct Guard {
    judge: Judge,
    rule: &'static Rule,
    token: CallCancelled,
    is_armed: bool,
}

impl Guard {
    pub(super) fn new(judge: &Judge, rule: &'static Rule, token: CallCancelled) -> Self {
        Self { judge: judge.clone(), rule, token, is_armed: true }
    }

    pub(super) fn disarm(&mut self) {
        self.is_armed = false;
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.token.is_cancelled()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.is_armed {
            return;
        }
        if std::thread::panicking() {
            lifetime::panicked(&self.judge);
        } else if !self.token.is_cancelled() {
            self.judge.found(self.rule, "one that was dropped");
        }
    }
}
