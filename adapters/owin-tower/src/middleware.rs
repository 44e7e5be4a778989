//! A middleware of ours as a tower layer.

use owin_core::{AppExt as _, Middleware};
use tower_layer::Layer;

use crate::app::{ServiceApp, app};
use crate::service::{AppService, service};

/// Makes a tower layer of a middleware, to be put around any service.
///
/// ```
/// use owin_core::{Environment, Error, from_fn, middleware::Next};
/// use tower::ServiceBuilder;
///
/// let named = from_fn(async |env: Environment, next: Next| -> Result<Environment, Error> {
///     let mut env = next.run(env).await?;
///     env.response_mut().headers_mut()?.set("x-name", "outer")?;
///     Ok(env)
/// });
/// let files = ServiceBuilder::new()
///     .layer(owin_tower::as_layer(named))
///     .service(tower_http::services::ServeDir::new("/srv/www"));
/// # let _files = files;
/// ```
pub const fn as_layer<M>(middleware: M) -> MiddlewareLayer<M> {
    MiddlewareLayer { middleware }
}

/// A middleware as a tower layer; made by [`as_layer`].
#[derive(Clone, Copy, Debug)]
pub struct MiddlewareLayer<M> {
    middleware: M,
}

impl<M, S> Layer<S> for MiddlewareLayer<M>
where
    ServiceApp<S>: owin_core::App,
    M: Middleware<ServiceApp<S>> + Clone,
{
    type Service = AppService;

    fn layer(&self, inner: S) -> AppService {
        service(self.middleware.clone().wrap(app(inner)).boxed())
    }
}
