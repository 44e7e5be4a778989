//! A middleware of an async closure.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::app::ErasedApp;
use crate::middleware::Middleware;
use crate::{App, Environment, Error};

/// Makes a middleware of an async closure.
///
/// ```
/// use owin_core::{Environment, Error, from_fn, middleware::Next};
///
/// let poweredby = from_fn(async |env: Environment, next: Next| -> Result<Environment, Error> {
///     let mut env = next.run(env).await?;
///     env.response_mut().headers_mut()?.set("x-powered-by", "owin")?;
///     Ok(env)
/// });
/// # let _middleware = poweredby;
/// ```
pub fn from_fn<F, Fut>(function: F) -> FromFn<F>
where
    F: Fn(Environment, Next) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Environment, Error>> + Send,
{
    FromFn { function }
}

/// A middleware of an async closure, made by [`from_fn`].
#[derive(Clone, Copy)]
pub struct FromFn<F> {
    function: F,
}

impl<A, F, Fut> Middleware<A> for FromFn<F>
where
    A: App,
    F: Fn(Environment, Next) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Environment, Error>> + Send,
{
    type App = FromFnApp<F>;

    fn wrap(self, app: A) -> FromFnApp<F> {
        FromFnApp { function: self.function, next: Next(Arc::new(app)) }
    }
}

/// The app that [`FromFn`] makes.
#[derive(Clone)]
pub struct FromFnApp<F> {
    function: F,
    next: Next,
}

impl<F, Fut> App for FromFnApp<F>
where
    F: Fn(Environment, Next) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Environment, Error>> + Send,
{
    fn call(&self, env: Environment) -> impl Future<Output = Result<Environment, Error>> + Send {
        (self.function)(env, self.next.clone())
    }
}

/// The rest of the pipeline, for a middleware made by [`from_fn`].
#[derive(Clone)]
pub struct Next(Arc<dyn ErasedApp>);

impl Next {
    /// Calls the rest of the pipeline; boxes one future.
    ///
    /// # Errors
    ///
    /// Those of the apps further in.
    pub async fn run(&self, env: Environment) -> Result<Environment, Error> {
        self.0.call_boxed(env).await
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Next")
    }
}

impl<F> fmt::Debug for FromFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FromFn")
    }
}

impl<F> fmt::Debug for FromFnApp<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FromFnApp")
    }
}
