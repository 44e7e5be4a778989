//! A call inside a call: the rest of a pipeline, behind something that speaks another language.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::StatusCode;
use http_body::{Body, Frame};

use crate::body::{Outlet, ResponseBody};
use crate::call::pipe::{Pipe, Pulled};
use crate::call::stage::join_trailers;
use crate::environment::home::Home;
use crate::features::ReasonPhrase;
use crate::{
    BoxApp, CallCancelled, Caller, CancelReason, CancelSource, Environment, Error, Headers,
    ResponseState,
};

/// Runs the rest of a pipeline for a bridge: a middleware that hands the call to something foreign,
/// which calls on, and wants to see the response before it goes out.
///
/// The environment goes in by [`enter`](Self::enter) and comes back by [`leave`](Self::leave), with
/// the outlet and the token that it had, and whatever became of the app: also where it failed,
/// panicked, or was given up half-way, so that no key that it set is lost. What it pushes comes out
/// here and not where the environment came from.
///
/// ```
/// use std::future::poll_fn;
/// use owin_core::{AppExt, Environment, Error, InnerCall, Start, Value};
///
/// async fn through() -> Result<(), Error> {
///     let rest = (async |mut env: Environment| -> Result<Environment, Error> {
///         env.set_value("my.Tenant", Value::new(7_u32))?;
///         Err(Error::app("no answer"))
///     }).boxed();
///     let mut call = InnerCall::new(&rest);
///     call.enter(Environment::new());
///     let failed = poll_fn(|cx| call.poll_start(cx)).await;
///     assert!(failed.is_err());
///     let env = call.leave().expect("it came back");
///     assert!(env.contains("my.Tenant"));
///     Ok(())
/// }
/// # let mut running = std::pin::pin!(through());
/// # let cx = &mut std::task::Context::from_waker(std::task::Waker::noop());
/// # assert!(running.as_mut().poll(cx).is_ready());
/// ```
pub struct InnerCall {
    caller: Caller,
    pipe: Arc<Pipe>,
    cancel: CancelSource,
    home: Arc<Home>,
    /// The memory of the token that the last app saw.
    joined: CallCancelled,
    /// What the environment had when it came.
    outer: Option<Outer>,
    /// The environment, once the app has given it back.
    env: Option<Environment>,
    is_failed: bool,
}

/// What an environment had when it came.
#[derive(Debug)]
struct Outer {
    outlet: Outlet,
    token: CallCancelled,
    state: ResponseState,
}

/// How a response started.
#[derive(Debug)]
#[non_exhaustive]
pub enum Start {
    /// The app is done. The response is in the environment: [`InnerCall::leave`].
    Unwound,
    /// The app goes on: this is the head, and the rest comes by [`InnerCall::poll_frame`].
    Pushed {
        /// The status.
        status: StatusCode,
        /// The phrase behind it, where the app chose one.
        reason: Option<ReasonPhrase>,
        /// The fields.
        headers: Headers,
    },
}

impl InnerCall {
    /// Makes what calls the rest of a pipeline, one call after the other.
    #[must_use]
    pub fn new(app: &BoxApp) -> Self {
        Self {
            caller: app.caller(),
            pipe: Arc::default(),
            cancel: CancelSource::new(),
            home: Arc::default(),
            joined: CallCancelled::never(),
            outer: None,
            env: None,
            is_failed: false,
        }
    }

    /// Takes the environment in and starts the call. One that was under way is given up, and its
    /// environment with it.
    pub fn enter(&mut self, mut env: Environment) {
        drop(self.leave());
        let sink: Arc<Pipe> = Arc::clone(&self.pipe);
        let outlet = env.inner.slots.response_body.occupy().set_outlet(Outlet::Sink(sink));
        let token = env.request().cancelled().clone();
        let state = env.inner.state;
        let joined = std::mem::take(&mut self.joined);
        let both = token.clone().or_in(joined, self.cancel.token());
        let _ours_too = env.request_mut().set_cancelled(both);
        self.home.expect(&mut env);
        self.outer = Some(Outer { outlet, token, state });
        self.caller.start(env);
    }

    /// Drives the app until the response starts.
    ///
    /// # Errors
    ///
    /// The app's own. A panic of the app passes through.
    pub fn poll_start(&mut self, cx: &mut Context<'_>) -> Poll<Result<Start, Error>> {
        if self.env.is_none() && !self.run(cx)? {
            self.pipe.register_server(cx.waker());
        }
        if let Some(head) = self.pipe.take_head() {
            let head = *head;
            let (status, reason, headers) = (head.status, head.reason, head.headers);
            return Poll::Ready(Ok(Start::Pushed { status, reason, headers }));
        }
        let Some(env) = &mut self.env else { return Poll::Pending };
        env.inner.slots.response_body.occupy().whole_mut().prepend(self.pipe.take_unsent());
        Poll::Ready(Ok(Start::Unwound))
    }

    /// Drives the app on and gives what it sends, trailer fields last, after [`Start::Pushed`].
    ///
    /// Where the app waits for a flush this is pending once, and wakes at once: whoever polls sends
    /// what it has before it asks again.
    pub fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        loop {
            match self.pipe.pull() {
                Pulled::Data(data) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Pulled::Flush => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Pulled::Nothing => {}
            }
            if let Some(env) = &mut self.env {
                return rest_of(env, cx);
            }
            if self.is_failed {
                return Poll::Ready(None);
            }
            self.pipe.register_server(cx.waker());
            match self.run(cx) {
                Ok(true) => {}
                Ok(false) if self.pipe.has_news() => {}
                Ok(false) => return Poll::Pending,
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
    }

    /// Says to the app that nobody wants the rest: fires the token that it sees, and refuses what it
    /// pushes. It goes on as long as it is polled.
    pub fn cancel(&self, reason: CancelReason) {
        self.cancel.cancel(reason);
        self.pipe.close();
    }

    /// Ends the call, whatever it is at, and gives the environment back as it came: its outlet, its
    /// token, and its response not started if it was not. `None` where no call was under way, or the
    /// app keeps the environment somewhere.
    #[must_use]
    pub fn leave(&mut self) -> Option<Environment> {
        let outer = self.outer.take()?;
        if self.env.is_none() {
            self.cancel.cancel(CancelReason::Reset);
        }
        self.caller.stop();
        let mut env = self.env.take().or_else(|| self.home.take());
        if let Some(env) = &mut env {
            self.home.release(env);
            // Ours are dropped at once, so that their memory serves the next call.
            drop(env.inner.slots.response_body.occupy().set_outlet(outer.outlet));
            self.joined = env.request_mut().set_cancelled(outer.token).into_spare();
            env.inner.state = outer.state;
        }
        self.renew();
        env
    }

    /// An environment that stands for the one that the app still has: what is written to it goes
    /// where the environment came from. It has the head of a response and nothing of the request.
    #[must_use]
    pub fn stand_in(&self) -> Environment {
        let mut env = Environment::new();
        if let Some(outer) = &self.outer {
            let _detached = env.response_mut().replace_outlet(ResponseBody::detached());
            env.inner.slots.response_body.occupy().set_outlet(outer.outlet.clone());
            let _never = env.request_mut().set_cancelled(outer.token.clone());
        }
        env
    }

    /// Polls the app; says whether it is done.
    fn run(&mut self, cx: &mut Context<'_>) -> Result<bool, Error> {
        match self.caller.poll_through(cx) {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(mut env)) => {
                self.home.release(&mut env);
                self.cancel.retire();
                self.env = Some(env);
                Ok(true)
            }
            Poll::Ready(Err(error)) => {
                self.is_failed = true;
                Err(error)
            }
        }
    }

    /// Makes everything ready for the next call; what somebody still holds is made anew.
    fn renew(&mut self) {
        Pipe::renew(&mut self.pipe);
        self.cancel.renew();
        self.is_failed = false;
        // An app that gave back another environment has dropped the one that it was given, and one that
        // keeps it may drop it at any time: neither is for the next call.
        drop(self.home.take());
        if Arc::get_mut(&mut self.home).is_none() {
            self.home = Arc::default();
        }
    }
}

/// Whoever waits for the token of a call that is given up is told.
impl Drop for InnerCall {
    fn drop(&mut self) {
        drop(self.leave());
    }
}

/// What the app left in the environment: the rest of the body, then the trailer fields.
fn rest_of(
    env: &mut Environment,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
    let whole = env.inner.slots.response_body.occupy().whole_mut();
    let streamed = match ready!(Pin::new(whole).poll_frame(cx)) {
        None => None,
        Some(Ok(frame)) if frame.is_trailers() => frame.into_trailers().ok(),
        data_or_error => return Poll::Ready(data_or_error),
    };
    Poll::Ready(join_trailers(env, streamed).map(|trailers| Ok(Frame::trailers(trailers))))
}

impl fmt::Debug for InnerCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InnerCall").field("is_under_way", &self.outer.is_some()).finish()
    }
}
