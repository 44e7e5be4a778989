//! What answers a call.

mod boxed;
mod caller;

use std::future::Future;

use crate::middleware::Middleware;
use crate::{Environment, Error};

pub use self::boxed::BoxApp;
pub use self::caller::Caller;

pub(crate) use self::boxed::ErasedApp;

/// The application of OWIN 1.0 §2: takes the environment of a call and gives it back.
///
/// An async function or closure is an app: `async |env: Environment| Ok(env)`. The call is over
/// when the future is; what the app wants to be answered lies in the environment that it returns.
/// Where it returns an error, panics or is dropped, the environment is gone and the server answers
/// 500, or breaks the response off if it has started.
///
/// ```
/// use owin_core::{App, Environment, Error};
///
/// fn hello() -> impl App {
///     async |mut env: Environment| -> Result<Environment, Error> {
///         env.response_mut().set_body("Hello, World!");
///         Ok(env)
///     }
/// }
/// # let _app = hello();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an OWIN app",
    label = "expected an app: an async function or closure from `Environment` to `Result<Environment, owin_core::Error>`",
    note = "write `async |env: Environment| -> Result<Environment, owin_core::Error> {{ Ok(env) }}`",
    note = "one that captures something clones it for each call: `move |env: Environment| {{ let it = it.clone(); async move {{ Ok(env) }} }}`",
    note = "an app is `Send + Sync + 'static`, and so is all that it captures; its future is `Send`"
)]
pub trait App: Send + Sync + 'static {
    /// Answers a call.
    fn call(&self, env: Environment) -> impl Future<Output = Result<Environment, Error>> + Send;
}

impl<F> App for F
where
    F: AppFn + Send + Sync + 'static,
    F::Call: Send,
{
    fn call(&self, env: Environment) -> impl Future<Output = Result<Environment, Error>> + Send {
        self.call_fn(env)
    }
}

/// A function or closure that is an app. A trait of its own, so that the compiler says what an app
/// is where a closure is none, and not which bound of an impl it breaks.
trait AppFn {
    type Call: Future<Output = Result<Environment, Error>>;

    fn call_fn(&self, env: Environment) -> Self::Call;
}

#[diagnostic::do_not_recommend]
impl<F, Fut> AppFn for F
where
    F: Fn(Environment) -> Fut,
    Fut: Future<Output = Result<Environment, Error>>,
{
    type Call = Fut;

    fn call_fn(&self, env: Environment) -> Fut {
        self(env)
    }
}

/// What every app can do.
pub trait AppExt: App + Sized {
    /// Puts a middleware around the app; no allocation, and the types nest.
    fn with<M: Middleware<Self>>(self, middleware: M) -> M::App {
        middleware.wrap(self)
    }

    /// Forgets the type.
    fn boxed(self) -> BoxApp {
        BoxApp::new(self)
    }
}

impl<A: App> AppExt for A {}
