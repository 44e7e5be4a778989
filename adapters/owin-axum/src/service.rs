//! An app in an axum `Router`.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::ConnectInfo;
use bytes::Buf;
use http::{Request, Response};
use http_body::Body as HttpBody;
use owin_core::features::ConnectionInfo;
use owin_core::{BoxApp, Environment, Error, keys};
use owin_hyper::Answer;
use owin_tower::ServiceFuture;
use tower_service::Service;

use crate::place::Place;

/// Makes a service of an app, for an axum `Router`: `nest_service`, `route_service`,
/// `fallback_service`.
///
/// What the router takes off the front of the path is the path base. The client's address is that of
/// `ConnectInfo<SocketAddr>`, where the server puts one in
/// (`into_make_service_with_connect_info::<SocketAddr>()`). An app that fails before its response
/// has started is answered with the status of its error, and later its body breaks off.
///
/// It is to be called inside a runtime of tokio's, as a `Router` is: what is left of a call whose
/// client has gone is driven on there for some seconds.
///
/// Where the router is itself in a pipeline of ours, by way of [`app`](crate::app()), the environment
/// is taken up again: what was set outside is there.
///
/// ```
/// use axum::{Router, body::Body, http::Request};
/// use owin_core::{AppExt, Environment, Error};
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = (async |mut env: Environment| -> Result<Environment, Error> {
///     let seen = format!("{} and {}", env.request().path_base(), env.request().path());
///     env.response_mut().set_body(seen);
///     Ok(env)
/// }).boxed();
/// let router: Router = Router::new().nest_service("/shop", owin_axum::mount(app));
/// let request = Request::get("/shop/cart").header("host", "h").body(Body::empty())?;
/// let Ok(response) = router.oneshot(request).await;
/// let body = axum::body::to_bytes(response.into_body(), 99).await?;
/// assert_eq!(body, "/shop and /cart");
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn mount(app: BoxApp) -> Mounted {
    Mounted { within: owin_tower::service(app.clone()), app }
}

/// An app as a service of axum's; made by [`mount`]. Clones share the app.
#[derive(Clone, Debug)]
pub struct Mounted {
    app: BoxApp,
    /// Calls in the middle of a pipeline.
    within: owin_tower::AppService,
}

impl<B> Service<Request<B>> for Mounted
where
    B: HttpBody<Data: Buf, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = MountedFuture;

    /// An app is always ready.
    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> MountedFuture {
        let place = Place::of(request.extensions(), request.uri());
        if !owin_tower::is_within(request.extensions()) {
            return MountedFuture(Kind::Own(self.begin(request, place)));
        }
        let placed = place.map_or(Ok(()), |place| place.put_beside(request.extensions_mut()));
        MountedFuture(match placed {
            Ok(()) => Kind::Within(self.within.call(request)),
            Err(error) => Kind::Failed(Some(error)),
        })
    }
}

impl Mounted {
    /// Begins a call of its own.
    fn begin<B>(&self, mut request: Request<B>, place: Option<Place>) -> Answer
    where
        B: HttpBody<Data: Buf, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
    {
        let remote = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let facts = match remote {
            Some(ConnectInfo(remote)) => ConnectionInfo::new().with_remote(*remote),
            None => ConnectionInfo::new(),
        };
        let whole = place.as_ref().and_then(|place| place.whole(request.uri()));
        let place = place.filter(|_| whole.is_some());
        if let Some(whole) = whole {
            *request.uri_mut() = whole;
        }
        let service = owin_hyper::AppService::new(&self.app, facts);
        service.answer(request, |env| add(env, place.as_ref()))
    }
}

/// What axum says of a request besides.
fn add(env: &mut Environment, place: Option<&Place>) -> Result<(), Error> {
    // Nobody says which calls share a connection.
    drop(env.remove(keys::SERVER_CONNECTION_ID)?);
    place.map_or(Ok(()), |place| place.put(env))
}

/// The future of a response; ready when the response starts, and never fails. Dropping it gives the
/// call up.
#[must_use = "futures do nothing unless polled"]
pub struct MountedFuture(Kind);

enum Kind {
    Own(Answer),
    Within(ServiceFuture),
    Failed(Option<Error>),
}

impl Future for MountedFuture {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Kind::Own(answer) => {
                Pin::new(answer).poll(cx).map(|done| done.map(|response| response.map(Body::new)))
            }
            Kind::Within(future) => Pin::new(future).poll(cx).map(|done| match done {
                Ok(response) => Ok(response.map(Body::new)),
                Err(error) => Ok(failed(&error)),
            }),
            Kind::Failed(error) => {
                let again = || Error::app("the future was polled after its end");
                Poll::Ready(Ok(failed(&error.take().unwrap_or_else(again))))
            }
        }
    }
}

/// axum's services cannot fail: so an error of the app ends here.
fn failed(error: &Error) -> Response<Body> {
    tracing::error!("a mounted app failed: {error}");
    let mut response = Response::new(Body::empty());
    *response.status_mut() = error.status();
    response
}

impl fmt::Debug for MountedFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MountedFuture")
    }
}
