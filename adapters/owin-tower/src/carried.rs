//! The environment on its way through something that knows only requests and responses.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http::Request;
use http_body::{Body as HttpBody, Frame};
use owin_core::{CancelReason, Environment, Error, InnerCall, Start, keys};
use pin_project_lite::pin_project;

use crate::calls::Calls;
use crate::error::BoxError;

/// An environment that travels beside a request, and what became of it.
///
/// It stands in the extensions of the request. A layer that makes a request of its own loses it
/// there; so whoever polls a foreign future also says so to the thread, and what is called within
/// that poll finds it.
#[derive(Clone)]
pub(crate) struct Carried(Arc<Mutex<State>>);

struct State {
    stage: Stage,
    /// Counts the inner calls: what belongs to an earlier one has no say any more.
    turn: u64,
}

enum Stage {
    /// Nobody has it.
    Waiting(Environment),
    /// The rest of the pipeline has it.
    Inside(InnerCall, Arc<Calls>),
    /// It went back, or is gone.
    Empty,
}

thread_local! {
    /// What is carried by the call whose foreign future is being polled.
    static CURRENT: RefCell<Option<Carried>> = const { RefCell::new(None) };
}

impl Carried {
    pub(crate) fn new(env: Environment) -> Self {
        Self(Arc::new(Mutex::new(State { stage: Stage::Waiting(env), turn: 0 })))
    }

    /// What comes with that request.
    pub(crate) fn with(extensions: &mut http::Extensions) -> Option<Self> {
        extensions.remove::<Self>()
    }

    /// What belongs to the foreign future that is being polled.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.with_borrow(Option::clone)
    }

    /// Takes the environment back. A call that is under way is given up.
    pub(crate) fn take(&self) -> Option<Environment> {
        self.lock().stage.take_back()
    }

    /// Lets the rest of the pipeline have the environment, with that request; says which turn this
    /// is. A layer that tries again finds the response as it was at first.
    pub(crate) fn enter<B>(&self, request: Request<B>, calls: &Arc<Calls>) -> Result<u64, Error>
    where
        B: HttpBody<Data: Buf, Error: Into<BoxError>> + Send + 'static,
    {
        let mut state = self.lock();
        let mut env = state.stage.take_back().ok_or_else(lost)?;
        if state.turn > 0 {
            forget_response(&mut env)?;
        }
        state.turn += 1;
        let filled = calls.errors().put_request(&mut env, request);
        if let Err(error) = filled {
            state.stage = Stage::Waiting(env);
            return Err(error);
        }
        let mut call = calls.take();
        call.enter(env);
        state.stage = Stage::Inside(call, Arc::clone(calls));
        Ok(state.turn)
    }

    /// Drives the app inside until its response starts; then, where the app is done, `with` makes
    /// something of the environment.
    pub(crate) fn poll_start<T>(
        &self,
        turn: u64,
        cx: &mut Context<'_>,
        unwound: impl FnOnce(&mut Environment) -> T,
    ) -> Poll<Result<Started<T>, Error>> {
        let mut state = self.lock();
        let start = {
            let _nobody = Restored::after(None);
            std::task::ready!(state.call(turn)?.poll_start(cx))
        };
        if let Ok(Start::Pushed { status, reason, headers }) = start {
            return Poll::Ready(Ok(Started::Pushed(Start::Pushed { status, reason, headers })));
        }
        let Some(mut env) = state.stage.take_back() else {
            return Poll::Ready(Err(lost()));
        };
        let made = start.map(|_| Started::Unwound(unwound(&mut env)));
        state.stage = Stage::Waiting(env);
        Poll::Ready(made)
    }

    /// The next frame that the app inside sends.
    pub(crate) fn poll_frame(
        &self,
        turn: u64,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut state = self.lock();
        let _nobody = Restored::after(None);
        match state.call(turn) {
            Ok(call) => call.poll_frame(cx),
            Err(error) => Poll::Ready(Some(Err(error))),
        }
    }

    /// Tells the app inside that nobody takes its response any more.
    pub(crate) fn cancel(&self, reason: CancelReason) {
        if let Stage::Inside(call, _) = &self.lock().stage {
            call.cancel(reason);
        }
    }

    /// The response inside is not wanted any more.
    pub(crate) fn give_up(&self, turn: u64) {
        let mut state = self.lock();
        if state.turn == turn
            && let Some(env) = state.stage.take_back()
        {
            state.stage = Stage::Waiting(env);
        }
    }

    /// Where the app inside sends its response bit by bit: an environment that stands for the one
    /// that it has.
    pub(crate) fn stand_in(&self) -> Option<Environment> {
        match &self.lock().stage {
            Stage::Inside(call, _) => Some(call.stand_in()),
            Stage::Waiting(_) | Stage::Empty => None,
        }
    }

    /// Says so to whatever is called within that.
    pub(crate) fn scope<T>(&self, foreign: impl FnOnce() -> T) -> T {
        let _restored = Restored::after(Some(self.clone()));
        foreign()
    }

    /// Says so to whatever is called within each poll of that future.
    pub(crate) fn around<F: Future>(&self, future: F) -> Around<F> {
        Around { carried: self.clone(), future }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a response inside started.
pub(crate) enum Started<T> {
    Unwound(T),
    Pushed(Start),
}

impl State {
    fn call(&mut self, turn: u64) -> Result<&mut InnerCall, Error> {
        match &mut self.stage {
            Stage::Inside(call, _) if self.turn == turn => Ok(call),
            _ => Err(Error::app("the call was given up for another")),
        }
    }
}

impl Stage {
    /// Takes the environment from wherever it is.
    fn take_back(&mut self) -> Option<Environment> {
        match std::mem::replace(self, Self::Empty) {
            Self::Waiting(env) => Some(env),
            Self::Inside(mut call, calls) => {
                let env = call.leave();
                calls.give_back(call);
                env
            }
            Self::Empty => None,
        }
    }
}

/// Takes away what an earlier turn has left of a response.
fn forget_response(env: &mut Environment) -> Result<(), Error> {
    drop(env.take_upgrade_decision());
    drop(env.response_mut().take_body());
    env.response_mut().headers_mut()?.clear();
    let _status = env.remove(keys::RESPONSE_STATUS_CODE)?;
    drop(env.remove(keys::RESPONSE_REASON_PHRASE)?);
    drop(env.remove(keys::SERVER_RESPONSE_TRAILERS)?);
    Ok(())
}

/// The app inside kept the environment, or gave it to a task of its own.
pub(crate) fn lost() -> Error {
    Error::app("the environment did not come back: the app inside has given it away")
}

pin_project! {
    /// A foreign future, polled so that what it calls finds the environment.
    pub(crate) struct Around<F> {
        carried: Carried,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Around<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let future = this.future;
        this.carried.scope(|| future.poll(cx))
    }
}

/// Puts back what the thread knew before, also where the future panics.
struct Restored(Option<Carried>);

impl Restored {
    /// Tells the thread something for as long as this lives. What runs inside is told nothing: it is
    /// not the layer, and the environment is not waiting for it.
    fn after(carried: Option<Carried>) -> Self {
        Self(CURRENT.replace(carried))
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

impl fmt::Debug for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Carried")
    }
}
