//! Layers that look at no request: they go around the environment itself.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use owin_core::{App, Environment, Error, Middleware};
use tower_layer::Layer;
use tower_service::Service;

use crate::error::{BoxError, ours};

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
    EnvironmentLayer { layer }
}

/// A layer around environments as a middleware; made by [`environment_layer`].
#[derive(Clone, Copy, Debug)]
pub struct EnvironmentLayer<L> {
    layer: L,
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
        EnvironmentApp { service: self.layer.layer(EnvironmentService::new(app)) }
    }
}

/// A service from environment to environment as an app; what [`EnvironmentLayer`] makes.
#[derive(Clone)]
pub struct EnvironmentApp<S> {
    service: S,
}

impl<S> EnvironmentApp<S> {
    /// Makes an app of a service.
    pub const fn new(service: S) -> Self {
        Self { service }
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
