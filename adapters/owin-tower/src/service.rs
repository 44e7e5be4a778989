//! An app as a tower service.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::{HeaderMap, Request, Response};
use http_body::Body as HttpBody;
use owin_core::features::ConnectionInfo;
use owin_core::{BoxApp, Error, Start};
use owin_http::Respond;
use tower_service::Service;

use crate::body::Body;
use crate::calls::Calls;
use crate::carried::{Carried, Started};
use crate::error::{BoxError, Errors};

/// Makes a tower service of an app, for whatever hosts such services.
///
/// The response is there when the app starts it; what follows is driven by whoever reads the body.
/// A request that the contract refuses is answered with its status. An app that fails before the
/// start gives 500, and after it a body that breaks off.
///
/// Where the request comes out of a pipeline of ours, by way of [`layer`](crate::layer()) or
/// [`app`](crate::app()), the environment is taken up again: what was set outside is there, and
/// errors of the app are errors of the service. So make it before the first request comes, not in a
/// call: requests that came through `app` before there was any such service are not known again.
///
/// ```
/// use owin_core::{AppExt, Environment, Error};
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let app = (async |mut env: Environment| -> Result<Environment, Error> {
///     env.response_mut().set_body("hello");
///     Ok(env)
/// }).boxed();
/// let request = http::Request::get("/").header("host", "h").body(String::new())?;
/// let response = owin_tower::service(app).oneshot(request).await?;
/// assert_eq!(response.headers()["content-length"], "5");
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn service(app: BoxApp) -> AppService {
    AppService::on(app, ConnectionInfo::new())
}

/// Says whether a request comes out of a pipeline of ours, by those extensions of it: then an
/// [`AppService`] takes its environment up again, and else begins a call.
///
/// ```
/// assert!(!owin_tower::is_within(&http::Extensions::new()));
/// ```
#[must_use]
pub fn is_within(extensions: &http::Extensions) -> bool {
    extensions.get::<Carried>().is_some()
}

/// Whether any service was made with which a pipeline can begin, and which so can stand in a foreign
/// one. As long as there is none, requests need no mark by which it would know the environment.
static IS_MADE: AtomicBool = AtomicBool::new(false);

/// An app as a tower service; made by [`service`]. Clones share the app.
#[derive(Clone)]
pub struct AppService {
    /// Calls in the middle of a pipeline.
    inner: Arc<Calls>,
    /// Calls with which a pipeline begins; none where this is the rest of one.
    own: Option<owin_http::Calls>,
}

impl AppService {
    /// Makes the service of one connection, whose facts the app is to know.
    #[must_use]
    pub fn on(app: BoxApp, connection: impl Into<Arc<ConnectionInfo>>) -> Self {
        IS_MADE.store(true, Ordering::Relaxed);
        let own = owin_http::Calls::new(&app, connection);
        Self { inner: Arc::new(Calls::new(app, Errors::new())), own: Some(own) }
    }

    /// Says whether a foreign service can have one of these inside.
    pub(crate) fn may_be_inside() -> bool {
        IS_MADE.load(Ordering::Relaxed)
    }

    /// Makes the service that a layer in the middle of a pipeline is put around.
    pub(crate) fn rest(app: BoxApp, errors: Errors) -> Self {
        Self { inner: Arc::new(Calls::new(app, errors)), own: None }
    }
}

impl<B> Service<Request<B>> for AppService
where
    B: HttpBody<Data: Buf, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Error;
    type Future = ServiceFuture;

    /// An app is always ready.
    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> ServiceFuture {
        let carried = Carried::with(request.extensions_mut());
        ServiceFuture(match (carried, &self.own) {
            (None, Some(own)) => Kind::Own(own.respond(request)),
            (carried, _) => match carried.or_else(Carried::current) {
                None => Kind::Failed(Some(Error::app("the layer made a request of its own"))),
                Some(carried) => match carried.enter(request, &self.inner) {
                    Ok(turn) => Kind::Inner(Running { carried: Some(carried), turn }),
                    Err(error) => Kind::Failed(Some(error)),
                },
            },
        })
    }
}

/// The future of a response; ready when the response starts. Dropping it gives the call up.
#[must_use = "futures do nothing unless polled"]
pub struct ServiceFuture(Kind);

enum Kind {
    Own(Respond),
    Inner(Running),
    Failed(Option<Error>),
}

/// A call in the middle of a pipeline.
struct Running {
    carried: Option<Carried>,
    turn: u64,
}

impl Future for ServiceFuture {
    type Output = Result<Response<Body>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Kind::Own(respond) => {
                Pin::new(respond).poll(cx).map(|response| Ok(response.map(Body::call)))
            }
            Kind::Inner(running) => running.poll(cx),
            Kind::Failed(error) => {
                let again = || Error::app("the future was polled after its end");
                Poll::Ready(Err(error.take().unwrap_or_else(again)))
            }
        }
    }
}

impl Running {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Response<Body>, Error>> {
        let Some(carried) = &self.carried else {
            return Poll::Ready(Err(Error::app("the future was polled after its end")));
        };
        let started = ready!(carried.poll_start(self.turn, cx, owin_http::take_response));
        let carried = self.carried.take();
        Poll::Ready(match (started?, carried) {
            (Started::Unwound(response), _) => Ok(response.map(Body::from)),
            (Started::Pushed(start), Some(carried)) => {
                Ok(begun(start, Body::inner(carried, self.turn)))
            }
            (Started::Pushed(_), None) => Err(crate::carried::lost()),
        })
    }
}

/// A response whose app still runs.
fn begun(start: Start, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    if let Start::Pushed { status, reason, headers } = start {
        *response.status_mut() = status;
        *response.headers_mut() = HeaderMap::from(headers);
        if let Some(reason) = reason {
            let _none = response.extensions_mut().insert(reason);
        }
    }
    response
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(carried) = &self.carried {
            carried.give_up(self.turn);
        }
    }
}

impl fmt::Debug for AppService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppService").field("is_rest", &self.own.is_none()).finish()
    }
}

impl fmt::Debug for ServiceFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceFuture")
    }
}
