//! Layers that do not just pass a call on.

use std::future::{Ready, pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use owin_core::{AppExt as _, CallCancelled, CancelReason, Environment, Error, Value};
use owin_tower::{Body, BoxError, layer};
use tower::{Layer, Service, ServiceBuilder};
use tower_http::timeout::TimeoutLayer;

use crate::support::{Answer, INSIDE, get, host, inner};

/// Answers by itself, or passes on.
#[derive(Clone)]
struct Closed<S>(S);

impl<S, B> Service<Request<B>> for Closed<S>
where
    S: Service<Request<B>>,
{
    type Response = Response<String>;
    type Error = BoxError;
    type Future = Ready<Result<Response<String>, BoxError>>;

    fn poll_ready(
        &mut self,
        _cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), BoxError>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<B>) -> Self::Future {
        ready(Ok(Response::builder().status(503).body(String::from("closed")).unwrap()))
    }
}

#[tokio::test]
async fn a_layer_that_answers_by_itself_leaves_the_request_as_it_was() {
    let closed = tower::layer::layer_fn(Closed);
    let (host, seen) = host(inner.with(layer(closed)));
    let mut response = get(&host, "/there").await;
    assert_eq!((response.status().as_u16(), &*response.text().await.unwrap()), (503, "closed"));
    let outside = seen.get().unwrap();
    assert_eq!((outside.inside, &*outside.path), (None, "/there"));
    assert_eq!(outside.agent.as_deref(), Some("test"), "an access log wants it");
}

#[tokio::test(start_paused = true)]
async fn a_time_out_drops_the_app_fires_its_token_and_keeps_its_keys() {
    async fn slow(mut env: Environment) -> Answer {
        let token = env.request().cancelled().clone();
        env.set_value(INSIDE, Value::new("set inside"))?;
        env.set_value("test.Token", Value::new(token))?;
        pending::<()>().await;
        Ok(env)
    }
    let outermost =
        owin_core::from_fn(async |env: Environment, next: owin_core::middleware::Next| -> Answer {
            let mut env = next.run(env).await?;
            let token = env.remove_value("test.Token")?.unwrap().downcast::<CallCancelled>();
            assert_eq!(token.unwrap().reason(), Some(CancelReason::Reset));
            assert!(!env.request().cancelled().is_cancelled());
            Ok(env)
        });
    let limit = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(5));
    let (host, seen) = host(slow.with(layer(limit)).with(outermost));
    let mut response = get(&host, "/").await;
    assert_eq!((response.status().as_u16(), &*response.text().await.unwrap()), (504, ""));
    assert_eq!(seen.get().unwrap().inside.as_deref(), Some("set inside"));
}

/// Calls again after an error, with the same request.
#[derive(Clone)]
struct Thrice;

impl<Res> tower::retry::Policy<Request<owin_core::RequestBody>, Res, Error> for Thrice {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        _request: &mut Request<owin_core::RequestBody>,
        result: &mut Result<Res, Error>,
    ) -> Option<Ready<()>> {
        result.is_err().then(|| ready(()))
    }

    fn clone_request(
        &mut self,
        request: &Request<owin_core::RequestBody>,
    ) -> Option<Request<owin_core::RequestBody>> {
        let mut copy = Request::new(owin_core::RequestBody::empty());
        copy.clone_from_head(request);
        Some(copy)
    }
}

/// Copies all but the body.
trait CloneHead {
    fn clone_from_head(&mut self, other: &Self);
}

impl<B> CloneHead for Request<B> {
    fn clone_from_head(&mut self, other: &Self) {
        self.method_mut().clone_from(other.method());
        self.uri_mut().clone_from(other.uri());
        self.headers_mut().clone_from(other.headers());
        self.extensions_mut().clone_from(other.extensions());
    }
}

#[tokio::test]
async fn a_retry_calls_the_rest_again_with_a_fresh_response() {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let unsteady = move |mut env: Environment| {
        let number = counter.fetch_add(1, Ordering::Relaxed);
        async move {
            env.set_value(INSIDE, Value::new(format!("try {number}")))?;
            env.response_mut().headers_mut()?.append("x-try", number.to_string().as_str())?;
            if number < 2 {
                return Err(Error::app("not yet"));
            }
            env.response_mut().set_body("at last");
            Ok(env)
        }
    };
    let (host, seen) = host(unsteady.with(layer(tower::retry::RetryLayer::new(Thrice))));
    let mut response = get(&host, "/there").await;
    assert_eq!(response.text().await.unwrap(), "at last");
    assert_eq!(response.headers().get_all("x-try").count(), 1);
    assert_eq!(seen.get().unwrap().inside.as_deref(), Some("try 2"));
    assert_eq!(count.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_request_that_goes_to_another_task_takes_the_environment_along() {
    let buffered = ServiceBuilder::new().buffer(4);
    let (host, seen) = host(inner.with(layer(buffered)));
    let mut response = get(&host, "/there").await;
    assert_eq!(response.text().await.unwrap(), "/there set outside");
    assert_eq!(seen.get().unwrap().inside.as_deref(), Some("set inside"));
}

#[tokio::test]
async fn a_layer_that_wants_nothing_of_the_response_gets_the_environment_back() {
    let teapot = ServiceBuilder::new().map_response(|response: Response<Body>| {
        drop(response);
        Response::builder().status(418).body(String::new()).unwrap()
    });
    async fn pushes(mut env: Environment) -> Answer {
        env.set_value(INSIDE, Value::new("set inside"))?;
        env.response_mut().write("pushed").await?;
        env.response_mut().flush().await?;
        Ok(env)
    }
    let (host, seen) = host(pushes.with(layer(teapot)));
    let mut response = get(&host, "/").await;
    assert_eq!((response.status().as_u16(), &*response.text().await.unwrap()), (418, ""));
    assert_eq!(seen.get().unwrap().inside.as_deref(), Some("set inside"));
}

/// Calls the service that it was made ready for, and no other.
#[tokio::test]
async fn a_layer_is_asked_whether_it_is_ready() {
    #[derive(Clone)]
    struct Picky<S>(S, bool);
    impl<S: Service<R>, R> Service<R> for Picky<S> {
        type Response = S::Response;
        type Error = S::Error;
        type Future = S::Future;
        fn poll_ready(
            &mut self,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Result<(), S::Error>> {
            self.1 = true;
            self.0.poll_ready(cx)
        }
        fn call(&mut self, request: R) -> S::Future {
            assert!(std::mem::take(&mut self.1), "nobody asked");
            self.0.call(request)
        }
    }
    let picky = tower::layer::layer_fn(|inner| Picky(inner, false));
    let _is_layer: &dyn Layer<(), Service = Picky<()>> = &picky;
    let (host, _seen) =
        host(inner.with(layer(tower::layer::layer_fn(|inner| Picky(inner, false)))));
    for _ in 0..2 {
        assert_eq!(get(&host, "/").await.status(), 200);
    }
}
