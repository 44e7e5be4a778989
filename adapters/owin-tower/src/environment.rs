//! Layers that look at no request: they go around the environment itself.

use std::error::Error as StdError;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use owin_core::{App, Environment, Error, Middleware};
use tower_layer::Layer;
use tower_service::Service;

use crate::error::{BoxError, Errors};

/// Makes a middleware of a layer that does not care what a request is: a limit of concurrency, a
/// time-out, load shedding. Nothing is converted; a stack of them costs one allocation a call.
///
/// An environment that such a layer drops is gone, as it is with any app that fails.
///
/// ```
/// use owin_core::{AppExt, Environment, Error};
/// use tower::ServiceBuilder;
///
/// let few = ServiceBuilder::new().load_shed().concurrency_limit(100);
/// let app = (async |env: Environment| -> Result<Environment, Error> { Ok(env) })
///     .with(owin_tower::environment_layer(few));
/// # let _app = app;
/// ```
pub const fn environment_layer<L>(layer: L) -> EnvironmentLayer<L> {
    EnvironmentLayer { layer, errors: Errors::new() }
}

/// A layer around environments as a middleware; made by [`environment_layer`].
#[derive(Clone, Debug)]
#[must_use]
pub struct EnvironmentLayer<L> {
    layer: L,
    errors: Errors,
}

impl<L> EnvironmentLayer<L> {
    /// Says what becomes of an error that is not of ours: which status answers it, and whose fault
    /// it is. `None` leaves it as it is.
    ///
    /// Without a choice such an error is the app's and answered with 500.
    ///
    /// ```
    /// use http::StatusCode;
    /// use owin_core::Error;
    /// use tower::{ServiceBuilder, load_shed::error::Overloaded};
    ///
    /// let few = ServiceBuilder::new().load_shed().concurrency_limit(100);
    /// let few = owin_tower::environment_layer(few).map_error(|error| {
    ///     let full = || Error::app("too many calls").with_status(StatusCode::SERVICE_UNAVAILABLE);
    ///     error.is::<Overloaded>().then(full)
    /// });
    /// # let _few = few;
    /// ```
    pub fn map_error<F>(mut self, map: F) -> Self
    where
        F: Fn(&(dyn StdError + 'static)) -> Option<Error> + Send + Sync + 'static,
    {
        self.errors = Errors::by(map);
        self
    }
}

/// An app as a tower service from environment to environment.
///
/// ```
/// use owin_core::{Environment, Error};
/// use owin_tower::EnvironmentService;
/// use tower::{Service, ServiceExt};
///
/// async fn call_it() -> Result<Environment, Error> {
///     let app = async |env: Environment| -> Result<Environment, Error> { Ok(env) };
///     EnvironmentService::new(app).oneshot(Environment::new()).await
/// }
/// # let _call_it = call_it();
/// ```
pub struct EnvironmentService<A> {
    app: Arc<A>,
}

impl<A: App> EnvironmentService<A> {
    /// Makes a service of an app.
    pub fn new(app: A) -> Self {
        Self { app: Arc::new(app) }
    }
}

impl<A: App> Service<Environment> for EnvironmentService<A> {
    type Response = Environment;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Environment, Error>> + Send>>;

    /// An app is always ready.
    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, env: Environment) -> Self::Future {
        let app = Arc::clone(&self.app);
        Box::pin(async move { app.call(env).await })
    }
}

impl<A, L> Middleware<A> for EnvironmentLayer<L>
where
    A: App,
    L: Layer<EnvironmentService<A>>,
    EnvironmentApp<L::Service>: App,
{
    type App = EnvironmentApp<L::Service>;

    fn wrap(self, app: A) -> Self::App {
        let service = self.layer.layer(EnvironmentService::new(app));
        EnvironmentApp { service, errors: self.errors }
    }
}

/// A service from environment to environment as an app; what [`EnvironmentLayer`] makes.
#[derive(Clone)]
pub struct EnvironmentApp<S> {
    service: S,
    errors: Errors,
}

impl<S> EnvironmentApp<S> {
    /// Makes an app of a service.
    pub const fn new(service: S) -> Self {
        Self { service, errors: Errors::new() }
    }
}

impl<S> App for EnvironmentApp<S>
where
    S: Service<Environment, Response = Environment> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    async fn call(&self, env: Environment) -> Result<Environment, Error> {
        let mut service = self.service.clone();
        let ours = |error: S::Error| self.errors.ours(error);
        poll_fn(|cx| service.poll_ready(cx)).await.map_err(ours)?;
        service.call(env).await.map_err(ours)
    }
}

impl<A> Clone for EnvironmentService<A> {
    fn clone(&self) -> Self {
        Self { app: Arc::clone(&self.app) }
    }
}

impl<A> fmt::Debug for EnvironmentService<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnvironmentService")
    }
}

impl<S> fmt::Debug for EnvironmentApp<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnvironmentApp")
    }
}
