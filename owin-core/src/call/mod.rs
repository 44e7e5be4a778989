//! The server's side of one call: what an app does, as a row of events.

mod event;
mod head;
mod inner;
mod pipe;
mod stage;
mod start;
mod taken;

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::body::{ResponseBody, Watch};
use crate::call::head::{Asked, Published};
use crate::call::pipe::Pipe;
use crate::call::stage::{Rest, Stage};
use crate::exclusive::has_owners;
use crate::features::{ConnectionInfo, Outcome};
use crate::upgrade::Decision;
use crate::{BoxApp, Caller, CancelReason, CancelSource, Environment, Error};

pub use self::event::Event;
pub use self::head::{BodyLength, Head};
pub use self::inner::{InnerCall, Start};

pub(crate) use self::head::{declared_length, may_have_body};

/// The server's side of the calls of one connection, one after the other.
///
/// A server fills an environment, starts the call, and does what the events say. The response state
/// machine, the coalescing of small writes, back-pressure, the check of `Content-Length`, the 500
/// of an app that fails, `HEAD`, and the recycling of the environment are all here, so that every
/// server has them.
///
/// ```
/// use owin_core::{AppExt, Call, Environment, Error, Event, features::{ConnectionInfo, Outcome}};
///
/// async fn serve_one() -> Result<String, Error> {
///     let app = (async |mut env: Environment| -> Result<Environment, Error> {
///         env.response_mut().set_body("hello");
///         Ok(env)
///     }).boxed();
///     let mut call = Call::new(&app, ConnectionInfo::new());
///     let mut env = call.prepare();
///     env.request_mut().set_target("/greeting")?;
///     call.start(env);
///     let mut sent = String::new();
///     loop {
///         match call.event().await {
///             Event::Head => sent += call.head().reason_phrase(),
///             Event::Data(data) => sent += &String::from_utf8_lossy(&data),
///             Event::End => break,
///             _ => {}
///         }
///     }
///     call.complete(Outcome::Completed);
///     Ok(sent)
/// }
/// ```
pub struct Call {
    connection: Arc<ConnectionInfo>,
    caller: Caller,
    pipe: Arc<Pipe>,
    cancel: CancelSource,
    /// What the app gave back; between two calls, what the next one is made of.
    env: Option<Environment>,
    /// Between two calls: that environment has the outlet and the token of this call.
    is_wired: bool,
    /// The number of the next call on this connection.
    next_number: u64,
    stage: Stage,
    asked: Asked,
    /// The head, where a push has started the response.
    published: Option<Box<Published>>,
    rest: Rest,
    error: Option<Error>,
    /// The body that the client keeps back until it is asked for it.
    kept_back: Option<Watch>,
}

impl Call {
    /// Makes what calls the app for a connection.
    #[must_use]
    pub fn new(app: &BoxApp, connection: impl Into<Arc<ConnectionInfo>>) -> Self {
        Self {
            connection: connection.into(),
            caller: app.caller(),
            pipe: Arc::default(),
            cancel: CancelSource::new(),
            env: None,
            is_wired: false,
            next_number: 0,
            stage: Stage::Idle,
            asked: Asked::All,
            published: None,
            rest: Rest::default(),
            error: None,
            kept_back: None,
        }
    }

    /// Goes over to another connection, on which there were so many calls already: then a connection
    /// on which there is nothing to do needs no call of its own. Only between two calls.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use owin_core::{AppExt, Call, Environment, Error, features::ConnectionInfo};
    ///
    /// let app = (async |env: Environment| -> Result<Environment, Error> { Ok(env) }).boxed();
    /// let mut call = Call::new(&app, ConnectionInfo::new());
    /// let other = Arc::new(ConnectionInfo::new());
    /// call.move_to(&other, 7);
    /// let env = call.prepare();
    /// assert!(env.connection().is_some_and(|connection| Arc::ptr_eq(connection, &other)));
    /// ```
    pub fn move_to(&mut self, connection: &Arc<ConnectionInfo>, calls: u64) {
        if self.stage == Stage::Idle {
            self.connection.clone_from(connection);
            self.next_number = calls;
        }
    }

    /// An environment for the next call, to be filled: recycled where the one before came back.
    #[inline]
    #[must_use]
    pub fn prepare(&mut self) -> Environment {
        let spare = if self.stage == Stage::Idle { self.env.take() } else { None };
        let is_wired = std::mem::take(&mut self.is_wired) && spare.is_some();
        let mut env = Environment::renewed(spare, &self.connection, self.next_number);
        self.next_number += 1;
        if !is_wired || !self.is_unshared() || self.pipe.is_used() || !self.cancel.is_unused() {
            self.wire(&mut env);
        }
        env
    }

    /// Says whether this call and its environment share what it is reached by with nobody else.
    #[inline]
    fn is_unshared(&self) -> bool {
        has_owners(&self.pipe, 2) && self.cancel.has_owners(2)
    }

    /// Says whether nobody but that environment can reach what this call is reached by: what no
    /// other holds need not be closed after the call, and serves the next one as it is.
    #[inline]
    fn is_alone_with(&self, env: &Environment) -> bool {
        self.is_unshared()
            && env.response().body().is_some_and(|body| body.is_wired_to(&self.pipe))
            && self.cancel.is_source_of(env.request().cancelled())
    }

    /// Gives the environment an outlet and a token of which nobody else knows.
    fn wire(&mut self, env: &mut Environment) {
        env.detach();
        Pipe::renew(&mut self.pipe);
        self.cancel.renew();
        let sink: Arc<Pipe> = Arc::clone(&self.pipe);
        let _detached = env.response_mut().replace_outlet(ResponseBody::new(sink));
        let _never = env.request_mut().set_cancelled(self.cancel.token());
    }

    /// Waits for what the server is to do next. Asking again says that it is done.
    pub async fn event(&mut self) -> Event {
        poll_fn(|cx| self.poll_event(cx)).await
    }

    /// Says what the server is to do next; see [`event`](Self::event).
    pub fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        loop {
            match self.step(cx) {
                // Of all events that is the most frequent one, and told by a word, without moving
                // what has room for the largest.
                Some(Poll::Ready(Event::Head)) => return Poll::Ready(Event::Head),
                Some(event) => return event,
                None => {}
            }
        }
    }

    /// The error that made the call fail, for the log.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Takes that error; a failure without one would be a defect of ours.
    pub(crate) fn take_error(&mut self) -> Error {
        self.error.take().unwrap_or_else(|| Error::server("the call failed without an error"))
    }

    /// Fires `owin.CallCancelled` and refuses further writes. The app is not stopped: drive it until
    /// it ends, for as long as the server wants to wait, or drop the call.
    pub fn cancel(&self, reason: CancelReason) {
        self.cancel.cancel(reason);
        self.pipe.close();
    }

    /// What cancels the call that was prepared last from somewhere else: a reset stream, a test.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        Canceller { source: self.cancel.clone(), pipe: Arc::clone(&self.pipe) }
    }

    /// Ends the call: runs the completion callbacks, drops what the app left in the environment, and
    /// keeps its memory for the next call.
    ///
    /// A call that completed cannot be cancelled any more: its token never fires.
    pub fn complete(&mut self, outcome: Outcome) {
        let is_alone = self.env.as_ref().is_some_and(|env| self.is_alone_with(env));
        self.is_wired = is_alone;
        match outcome {
            Outcome::Cancelled => self.cancel.cancel(CancelReason::PeerReset),
            Outcome::Completed if !is_alone => self.cancel.retire(),
            Outcome::Completed | Outcome::Failed => {}
        }
        if !is_alone {
            self.pipe.close();
        }
        self.caller.stop();
        if self.stage != Stage::Over {
            self.over();
        }
        self.stage = Stage::Idle;
        if let Some(env) = &mut self.env {
            env.complete(outcome);
            env.recycle();
        }
    }

    /// Gives back the memory that is kept for the next call, between two calls: for a connection
    /// that has been silent for a while. The next call allocates as the first one did.
    ///
    /// ```
    /// use owin_core::{AppExt, Call, Environment, Error, features::ConnectionInfo};
    ///
    /// let app = (async |env: Environment| -> Result<Environment, Error> { Ok(env) }).boxed();
    /// let mut call = Call::new(&app, ConnectionInfo::new());
    /// call.shrink();
    /// assert_eq!(call.prepare().request().path(), "/");
    /// ```
    pub fn shrink(&mut self) {
        if self.stage == Stage::Idle {
            self.env = None;
            if self.pipe.is_used() {
                self.pipe.close();
                self.pipe = Arc::default();
            }
        }
    }

    /// Takes the decision to take the connection over, after [`Event::Upgrade`].
    #[must_use]
    pub fn take_upgrade(&mut self) -> Option<Decision> {
        self.env.as_mut()?.take_upgrade_decision()
    }

    /// The environment, once the pipeline has unwound.
    #[must_use]
    pub fn environment(&self) -> Option<&Environment> {
        self.env.as_ref().filter(|_| self.stage != Stage::Idle)
    }
}

/// Cancels one call; made by [`Call::canceller`].
#[derive(Clone, Debug)]
pub struct Canceller {
    source: CancelSource,
    pipe: Arc<Pipe>,
}

impl Canceller {
    /// Fires `owin.CallCancelled` and refuses further writes.
    pub fn cancel(&self, reason: CancelReason) {
        self.source.cancel(reason);
        self.pipe.close();
    }
}

/// Whoever still holds a part of the call is told that it is over; a call that was given up is
/// cancelled.
impl Drop for Call {
    fn drop(&mut self) {
        if self.stage.is_under_way() {
            self.cancel.cancel(CancelReason::PeerReset);
        }
        self.pipe.close();
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("stage", &self.stage).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::AppExt as _;

    /// Serves a call and tells where its pipe and its environment were.
    fn serve(call: &mut Call) -> [*const (); 2] {
        let env = call.prepare();
        let places = [Arc::as_ptr(&call.pipe).cast(), std::ptr::from_ref(&*env.inner).cast()];
        call.start(env);
        let cx = &mut Context::from_waker(Waker::noop());
        while !matches!(call.poll_event(cx), Poll::Ready(Event::End)) {}
        call.complete(Outcome::Completed);
        places
    }

    #[test]
    fn what_nobody_shares_serves_every_call_of_a_connection_unlocked() {
        let app = (async |env: Environment| -> Result<Environment, Error> { Ok(env) }).boxed();
        let mut call = Call::new(&app, ConnectionInfo::new());
        let first = serve(&mut call);
        for _ in 0..3 {
            assert_eq!(serve(&mut call), first);
            assert!(!call.pipe.is_used() && call.cancel.is_unused());
        }
    }
}
