//! The calls of one foreign connection.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Buf;
use http::Request;
use http_body::Body;
use owin_core::features::ConnectionInfo;
use owin_core::{BoxApp, Call, CancelReason, Environment, Error};

use crate::lease::{Kept, Lease};
use crate::request;
use crate::{Respond, Unfinished};

/// So many calls are kept for later requests: HTTP/1.x needs one, HTTP/2 as many as are under way.
const MAX_IDLE: usize = 16;

/// Who says how long a body is.
///
/// ```
/// use owin_core::{AppExt, Environment, Error, features::ConnectionInfo};
/// use owin_http::{Calls, Framing};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let app = (async |mut env: Environment| -> Result<Environment, Error> {
///     env.response_mut().set_body("hello");
///     Ok(env)
/// }).boxed();
/// let calls = Calls::new(&app, ConnectionInfo::new()).with_framing(Framing::ByBody);
/// let request = http::Request::get("/").header("host", "example.org");
/// let response = calls.respond(request.body(String::new())?).await;
/// assert!(!response.headers().contains_key("content-length"), "its body says it");
/// assert_eq!(http_body::Body::size_hint(response.body()).exact(), Some(5));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Framing {
    /// The response has `Content-Length` where the length is known.
    #[default]
    ByField,
    /// Only where there is no body that says so: for a server that writes the field of a body of
    /// exact size by itself, as hyper does.
    ByBody,
}

/// Drives what is left of a call to its end.
pub(crate) type Finisher = Arc<dyn Fn(Unfinished) + Send + Sync>;

/// The calls of one foreign connection, in memory that serves one after the other.
///
/// Clones are the same calls, for services that are cloned for each request.
///
/// ```
/// use owin_core::{AppExt, Environment, Error, features::ConnectionInfo};
/// use owin_http::Calls;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let app = (async |mut env: Environment| -> Result<Environment, Error> {
///     let text = format!("hello from {}", env.request().path());
///     env.response_mut().set_body(text);
///     Ok(env)
/// }).boxed();
/// let calls = Calls::new(&app, ConnectionInfo::new());
/// let request = http::Request::get("/there").header("host", "example.org");
/// let response = calls.respond(request.body(String::new())?).await;
/// assert_eq!(response.headers()["content-length"], "17");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Calls(Arc<Pool>);

pub(crate) struct Pool {
    app: BoxApp,
    connection: Arc<ConnectionInfo>,
    state: Mutex<State>,
    finisher: Option<Finisher>,
    framing: Framing,
    /// Why calls that are given up from now on are cancelled.
    loss: OnceLock<CancelReason>,
}

#[derive(Default)]
struct State {
    /// The number of the next call on this connection.
    number: u64,
    #[expect(clippy::vec_box, reason = "it moves from hand to hand as one pointer")]
    idle: Vec<Box<Kept>>,
}

impl Calls {
    /// Makes the calls of a connection.
    #[must_use]
    pub fn new(app: &BoxApp, connection: impl Into<Arc<ConnectionInfo>>) -> Self {
        Self::with(app, connection.into(), None)
    }

    /// The same for a server that can drive a call on after the foreign side has lost interest in
    /// it: it is given what is [`Unfinished`] and spawns it, or drops it.
    ///
    /// Without this such calls are dropped at once: an app that waits for `owin.CallCancelled` to
    /// tidy up does not come to that.
    #[must_use]
    pub fn finished_by(
        app: &BoxApp,
        connection: impl Into<Arc<ConnectionInfo>>,
        finisher: Arc<dyn Fn(Unfinished) + Send + Sync>,
    ) -> Self {
        Self::with(app, connection.into(), Some(finisher))
    }

    /// Chooses who says how long a body is. Before the first request.
    #[must_use]
    pub fn with_framing(mut self, framing: Framing) -> Self {
        if let Some(pool) = Arc::get_mut(&mut self.0) {
            pool.framing = framing;
        }
        self
    }

    fn with(app: &BoxApp, connection: Arc<ConnectionInfo>, finisher: Option<Finisher>) -> Self {
        Self(Arc::new(Pool {
            app: app.clone(),
            connection,
            state: Mutex::default(),
            finisher,
            framing: Framing::default(),
            loss: OnceLock::new(),
        }))
    }

    /// Answers a foreign request; one that the contract refuses never reaches the app.
    #[must_use = "futures do nothing unless polled"]
    pub fn respond<B>(&self, request: Request<B>) -> Respond
    where
        B: Body<Data: Buf, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
    {
        self.respond_with(request, |_| Ok(()))
    }

    /// The same; the server adds to the environment what it knows besides: its scheme, a path base,
    /// `opaque.Upgrade`.
    ///
    /// Where it fails the error's status is the answer, and the app is not called.
    #[must_use = "futures do nothing unless polled"]
    pub fn respond_with<B>(
        &self,
        request: Request<B>,
        add: impl FnOnce(&mut Environment) -> Result<(), Error>,
    ) -> Respond
    where
        B: Body<Data: Buf, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
    {
        let mut kept = self.0.take();
        let mut env = kept.call.prepare();
        let filled = request::put(&mut env, request, &mut kept.known_host);
        let filled = filled.and_then(|()| add(&mut env));
        match filled {
            Ok(()) => {
                kept.call.start(env);
                Respond::to(Lease::new(kept, Some(Arc::clone(&self.0))))
            }
            Err(error) => {
                self.0.put(kept);
                Respond::refusing(error)
            }
        }
    }

    /// Says why the connection is about to be dropped, once: the reason of all calls that are under
    /// way on it. Without this it is that the client has closed it.
    pub fn lose(&self, reason: CancelReason) {
        let _is_known = self.0.loss.set(reason);
    }

    /// The facts of the connection.
    #[must_use]
    pub fn connection(&self) -> &Arc<ConnectionInfo> {
        &self.0.connection
    }
}

impl Pool {
    /// A call that is under way nowhere.
    fn take(&self) -> Box<Kept> {
        let (number, idle) = {
            let mut state = self.lock();
            state.number += 1;
            (state.number - 1, state.idle.pop())
        };
        let mut kept = idle.unwrap_or_else(|| {
            let call = Call::new(&self.app, Arc::clone(&self.connection));
            Box::new(Kept::new(call, self.framing))
        });
        if kept.number != number {
            kept.call.move_to(&self.connection, number);
        }
        kept.number = number + 1;
        kept
    }

    /// Keeps a call that is over.
    pub(crate) fn put(&self, kept: Box<Kept>) {
        let mut state = self.lock();
        if state.idle.len() < MAX_IDLE {
            state.idle.push(kept);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn loss(&self) -> Option<CancelReason> {
        self.loss.get().copied()
    }

    pub(crate) fn finisher(&self) -> Option<&Finisher> {
        self.finisher.as_ref()
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calls").field("connection", &self.0.connection).finish_non_exhaustive()
    }
}
