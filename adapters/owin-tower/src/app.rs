//! A tower service as an app.

use std::error::Error as StdError;
use std::fmt;

use bytes::Buf;
use http_body::Body as HttpBody;
use owin_core::{App, Environment, Error, RequestBody};
use tower_service::Service;

use crate::crossing;
use crate::error::{BoxError, Errors};
use crate::gone::UnlessGone;
use crate::service::AppService;

/// Makes an app of a service: an axum `Router`, tower-http's `ServeDir`, a tonic service.
///
/// Each call has a clone of the service, which is made ready before it is called. What the service
/// cannot say with an `http::Response` stays as it was in the environment. Where
/// `owin.CallCancelled` fires, the future of the service is dropped.
///
/// ```
/// use owin_core::AppExt;
/// use tower_http::services::ServeDir;
///
/// let files = owin_tower::app(ServeDir::new("/srv/www")).boxed();
/// # let _files = files;
/// ```
pub const fn app<S>(service: S) -> ServiceApp<S> {
    ServiceApp { service, errors: Errors::new() }
}

/// A tower service as an app; made by [`app`].
#[derive(Clone)]
#[must_use]
pub struct ServiceApp<S> {
    service: S,
    errors: Errors,
}

impl<S> ServiceApp<S> {
    /// Says what becomes of an error that is not of ours: which status answers it, and whose fault
    /// it is. `None` leaves it as it is.
    ///
    /// Without a choice such an error is the app's and answered with 500; see
    /// [`TowerLayer::map_error`](crate::TowerLayer::map_error).
    pub fn map_error<F>(mut self, map: F) -> Self
    where
        F: Fn(&(dyn StdError + 'static)) -> Option<Error> + Send + Sync + 'static,
    {
        self.errors = Errors::by(map);
        self
    }
}

impl<S, B> App for ServiceApp<S>
where
    S: Service<http::Request<RequestBody>, Response = http::Response<B>>,
    S: Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: HttpBody<Data: Buf, Error: Into<BoxError>> + Send + 'static,
{
    async fn call(&self, env: Environment) -> Result<Environment, Error> {
        let (service, errors) = (self.service.clone(), &self.errors);
        // Nothing inside takes the environment up where there is nothing of that kind.
        if !AppService::may_be_inside() {
            return crossing::ask(service, env, errors).await;
        }
        let token = env.request().cancelled().clone();
        UnlessGone::new(crossing::cross(service, env, errors), &token).await?
    }
}

impl<S> fmt::Debug for ServiceApp<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceApp")
    }
}
