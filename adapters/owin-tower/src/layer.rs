//! A tower layer as a middleware, in the middle of a pipeline.

use std::error::Error as StdError;
use std::fmt;

use bytes::Buf;
use http_body::Body as HttpBody;
use owin_core::{App, AppExt as _, Environment, Error, Middleware, RequestBody};
use tower_layer::Layer;
use tower_service::Service;

use crate::crossing;
use crate::error::{BoxError, Errors};
use crate::service::AppService;

/// Makes a middleware of a layer, or of a stack of layers: `layer(ServiceBuilder::new()…)`.
///
/// The layer sees requests and responses; the environment goes round it. Keys that are set outside
/// are seen inside and the reverse, also where the layer answers by itself, replaces the request or
/// the response, drops the inner future, calls it again, or wraps the body.
///
/// ```
/// use owin_core::{AppExt, Environment, Error};
/// use tower_http::set_header::SetResponseHeaderLayer;
///
/// let name = http::HeaderName::from_static("x-frame-options");
/// let deny = SetResponseHeaderLayer::overriding(name, http::HeaderValue::from_static("DENY"));
/// let app = (async |env: Environment| -> Result<Environment, Error> { Ok(env) })
///     .with(owin_tower::layer(deny));
/// # let _app = app;
/// ```
pub const fn layer<L>(layer: L) -> TowerLayer<L> {
    TowerLayer { layer, errors: Errors::new() }
}

/// A tower layer as a middleware; made by [`layer`].
#[derive(Clone, Debug)]
#[must_use]
pub struct TowerLayer<L> {
    layer: L,
    errors: Errors,
}

impl<L> TowerLayer<L> {
    /// Says what becomes of an error that is not of ours: which status answers it, and whose fault
    /// it is. `None` leaves it as it is.
    ///
    /// Without a choice such an error is the app's and answered with 500. The choice also holds for
    /// the errors of a request's body that the layer has wrapped, as the app inside reads it; those
    /// are the peer's otherwise, 400. The foreign error becomes the source of what is chosen. Errors
    /// of apps and middlewares further in pass through and are not asked about.
    ///
    /// ```
    /// use std::time::Duration;
    /// use http::StatusCode;
    /// use owin_core::{AppExt, Environment, Error};
    /// use tower::{ServiceBuilder, timeout::error::Elapsed};
    ///
    /// let slow = owin_tower::layer(ServiceBuilder::new().timeout(Duration::from_secs(10)))
    ///     .map_error(|error| {
    ///         let slow = || Error::app("too slow").with_status(StatusCode::GATEWAY_TIMEOUT);
    ///         error.is::<Elapsed>().then(slow)
    ///     });
    /// let app = (async |env: Environment| -> Result<Environment, Error> { Ok(env) }).with(slow);
    /// # let _app = app;
    /// ```
    pub fn map_error<F>(mut self, map: F) -> Self
    where
        F: Fn(&(dyn StdError + 'static)) -> Option<Error> + Send + Sync + 'static,
    {
        self.errors = Errors::by(map);
        self
    }
}

impl<A, L, S> Middleware<A> for TowerLayer<L>
where
    A: App,
    L: Layer<AppService, Service = S>,
    LayerApp<S>: App,
{
    type App = LayerApp<S>;

    fn wrap(self, app: A) -> LayerApp<S> {
        let rest = AppService::rest(app.boxed(), self.errors.clone());
        LayerApp { service: self.layer.layer(rest), errors: self.errors }
    }
}

/// The app that [`TowerLayer`] makes: the layer's service, with the rest of the pipeline inside.
#[derive(Clone)]
pub struct LayerApp<S> {
    service: S,
    errors: Errors,
}

impl<S, B> App for LayerApp<S>
where
    S: Service<http::Request<RequestBody>, Response = http::Response<B>>,
    S: Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: HttpBody<Data: Buf, Error: Into<BoxError>> + Send + 'static,
{
    async fn call(&self, env: Environment) -> Result<Environment, Error> {
        crossing::cross(self.service.clone(), env, &self.errors).await
    }
}

impl<S> fmt::Debug for LayerApp<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LayerApp")
    }
}
