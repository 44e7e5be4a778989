//! A tower layer as a middleware, in the middle of a pipeline.

use std::fmt;

use bytes::Buf;
use http_body::Body as HttpBody;
use owin_core::{App, AppExt as _, Environment, Error, Middleware, RequestBody};
use tower_layer::Layer;
use tower_service::Service;

use crate::crossing;
use crate::error::BoxError;
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
    TowerLayer { layer }
}

/// A tower layer as a middleware; made by [`layer`].
#[derive(Clone, Copy, Debug)]
pub struct TowerLayer<L> {
    layer: L,
}

impl<A, L, S> Middleware<A> for TowerLayer<L>
where
    A: App,
    L: Layer<AppService, Service = S>,
    LayerApp<S>: App,
{
    type App = LayerApp<S>;

    fn wrap(self, app: A) -> LayerApp<S> {
        LayerApp { service: self.layer.layer(AppService::rest(app.boxed())) }
    }
}

/// The app that [`TowerLayer`] makes: the layer's service, with the rest of the pipeline inside.
#[derive(Clone)]
pub struct LayerApp<S> {
    service: S,
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
        crossing::cross(self.service.clone(), env).await
    }
}

impl<S> fmt::Debug for LayerApp<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LayerApp")
    }
}
