//! What tower's own layers make of requests, responses, errors and futures.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Either};
use owin_core::{AppExt as _, Environment, Error, RequestBody};
use owin_tower::{Body, BoxError, layer};
use tower::ServiceBuilder;
use tower::filter::{AsyncFilterLayer, FilterLayer};
use tower::retry::{Policy, RetryLayer};
use tower::util::{
    AndThenLayer, MapErrLayer, MapFutureLayer, MapRequestLayer, MapResponseLayer, MapResultLayer,
    ThenLayer,
};
use tower_http::map_request_body::MapRequestBodyLayer;
use tower_http::map_response_body::MapResponseBodyLayer;

use crate::apps::{echo, failing, steps, tell};
use crate::client::{get, post};
use crate::site::{Answer, inside, on_each_server};

type Answered = Result<Response<Body>, Error>;

/// Puts a word into a field of the response.
fn mark<B>(mut response: Response<B>, word: &'static str) -> Response<B> {
    let value = http::HeaderValue::from_static(word);
    response.headers_mut().append("x-mark", value);
    response
}

#[tokio::test]
async fn requests_and_responses_are_mapped() {
    let stack = || {
        layer(
            ServiceBuilder::new()
                .layer(MapRequestLayer::new(|mut request: Request<RequestBody>| {
                    *request.uri_mut() = "/changed".parse().unwrap();
                    request
                }))
                .layer(MapResponseLayer::new(|response: Response<Body>| mark(response, "mapped"))),
        )
    };
    on_each_server(
        || inside(tell).with(stack()),
        async |site| {
            let reply = site.get("/there").await;
            assert!(reply.text().starts_with("GET /changed"), "{reply:?}");
            assert_eq!(reply.field("x-mark"), Some("mapped"));
            site.went_through();
        },
    )
    .await;
}

#[tokio::test]
async fn results_and_futures_are_mapped() {
    let result = |answered: Answered| answered.map(|response| mark(response, "result"));
    let and_then = |response: Response<Body>| ready(Ok::<_, Error>(mark(response, "and then")));
    let then = |answered: Answered| ready(answered.map(|response| mark(response, "then")));
    let future = |call: owin_tower::ServiceFuture| async move {
        call.await.map(|response| mark(response, "future"))
    };
    let stack = || {
        layer(
            ServiceBuilder::new()
                .layer(MapResultLayer::new(result))
                .layer(AndThenLayer::new(and_then))
                .layer(ThenLayer::new(then))
                .layer(MapFutureLayer::new(future)),
        )
    };
    on_each_server(
        || inside(tell).with(stack()),
        async |site| {
            let reply = site.get("/").await;
            let marks = reply.headers.get_all("x-mark").iter().map(|mark| mark.to_str().unwrap());
            let marks: Vec<&str> = marks.collect();
            assert_eq!(marks, ["future", "then", "and then", "result"]);
            site.went_through();
        },
    )
    .await;
}

/// The error of the app is the service's, as it is: `map_err` can say more of it.
#[tokio::test]
async fn errors_are_mapped() {
    let stack = || {
        layer(MapErrLayer::new(|error: Error| {
            Error::app("mapped").with_status(StatusCode::BAD_GATEWAY).with_source(error)
        }))
    };
    on_each_server(
        || inside(failing).with(stack()),
        async |site| {
            assert_eq!(site.get("/").await.status, 502);
            site.failed(502);
        },
    )
    .await;
}

/// A result can be made of an error, and then the environment is not lost.
#[tokio::test]
async fn an_error_can_become_an_answer() {
    let answer = |answered: Answered| match answered {
        Ok(response) => Ok::<_, Error>(response),
        Err(error) => {
            let mut response = Response::new(Body::new(error.to_string()));
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            Ok(response)
        }
    };
    on_each_server(
        || inside(failing).with(layer(MapResultLayer::new(answer))),
        async |site| {
            let reply = site.get("/").await;
            assert_eq!((reply.status.as_u16(), reply.text()), (503, "on purpose"));
            site.went_through();
        },
    )
    .await;
}

/// Why a request was turned away.
#[derive(Debug)]
struct Closed;

impl std::error::Error for Closed {}

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed")
    }
}

fn check(request: Request<RequestBody>) -> Result<Request<RequestBody>, BoxError> {
    if request.uri().path() == "/closed" { Err(Closed.into()) } else { Ok(request) }
}

async fn check_later(request: Request<RequestBody>) -> Result<Request<RequestBody>, BoxError> {
    tokio::task::yield_now().await;
    check(request)
}

#[tokio::test]
async fn a_filter_turns_away_with_500_or_with_what_the_user_chose() {
    let hidden = || Error::peer("closed").with_status(StatusCode::NOT_FOUND);
    let now = || layer(FilterLayer::new(check));
    let later = || {
        layer(AsyncFilterLayer::new(check_later))
            .map_error(move |error| error.is::<Closed>().then(hidden))
    };
    on_each_server(
        || inside(tell).with(now()),
        async |site| {
            assert_eq!(site.send(get("/closed")).await.status, 500);
            site.failed(500);
            assert_eq!(site.get("/").await.status, 200);
            site.went_through();
        },
    )
    .await;
    on_each_server(
        || inside(tell).with(later()),
        async |site| {
            assert_eq!(site.send(get("/closed")).await.status, 404);
            site.failed(404);
            assert_eq!(site.get("/").await.status, 200);
            site.went_through();
        },
    )
    .await;
}

/// Tries again after an error, as often as it says; the request has no body.
#[derive(Clone)]
struct Again(usize);

impl<T> Policy<Request<RequestBody>, T, Error> for Again {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        _request: &mut Request<RequestBody>,
        result: &mut Result<T, Error>,
    ) -> Option<Ready<()>> {
        result.as_ref().err()?;
        self.0 = self.0.checked_sub(1)?;
        Some(ready(()))
    }

    fn clone_request(&mut self, request: &Request<RequestBody>) -> Option<Request<RequestBody>> {
        let mut copy = Request::new(RequestBody::empty());
        copy.method_mut().clone_from(request.method());
        copy.uri_mut().clone_from(request.uri());
        copy.headers_mut().clone_from(request.headers());
        copy.extensions_mut().clone_from(request.extensions());
        Some(copy)
    }
}

/// Succeeds at each third try.
async fn try_once(mut env: Environment, number: usize) -> Answer {
    env.response_mut().headers_mut()?.append("x-try", number.to_string().as_str())?;
    if number % 3 < 2 {
        return Err(Error::app("not yet"));
    }
    let path = env.request().path().to_owned();
    env.response_mut().set_body(path);
    Ok(env)
}

#[tokio::test]
async fn a_call_that_failed_is_tried_again() {
    let count = Arc::new(AtomicUsize::new(0));
    let unsteady = || {
        let count = Arc::clone(&count);
        move |env: Environment| try_once(env, count.fetch_add(1, Ordering::Relaxed))
    };
    on_each_server(
        || inside(unsteady()).with(layer(RetryLayer::new(Again(2)))),
        async |site| {
            let reply = site.get("/there").await;
            assert_eq!((reply.status.as_u16(), reply.text()), (200, "/there"));
            assert_eq!(reply.headers.get_all("x-try").iter().count(), 1);
            site.went_through();
        },
    )
    .await;
    on_each_server(
        || inside(failing).with(layer(RetryLayer::new(Again(2)))),
        async |site| {
            assert_eq!(site.get("/").await.status, 500);
            site.failed(500);
        },
    )
    .await;
}

#[tokio::test]
async fn both_bodies_are_mapped() {
    let stack = || {
        layer(
            ServiceBuilder::new()
                .layer(MapRequestBodyLayer::new(|body: RequestBody| {
                    body.map_frame(|frame| {
                        frame.map_data(|bytes| Bytes::from(bytes.to_ascii_uppercase()))
                    })
                }))
                .layer(MapResponseBodyLayer::new(|body: Body| {
                    Either::<_, Body>::Left(body.map_frame(|frame| {
                        frame.map_data(|bytes| Bytes::from([&bytes[..], b"!"].concat()))
                    }))
                })),
        )
    };
    async fn told(env: Environment) -> Answer {
        echo(env).await
    }
    on_each_server(
        || inside(told).with(stack()),
        async |site| {
            assert_eq!(site.send(post("small")).await.text(), "SMALL!");
            site.went_through();
        },
    )
    .await;
    on_each_server(
        || inside(steps).with(stack()),
        async |site| {
            assert_eq!(site.get("/").await.text(), "one !two !three !");
            site.went_through();
        },
    )
    .await;
}
