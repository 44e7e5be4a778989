//! From ours to tower's to ours, and the reverse.

use std::convert::Infallible;
use std::task::{Context, Poll};

use http_body_util::BodyExt as _;
use owin_core::{AppExt as _, Environment, Value, from_fn, middleware::Next};
use owin_tower::{app, as_layer, environment_layer, service};
use tower::{Service, ServiceBuilder, ServiceExt as _, service_fn};

use crate::support::{Answer, INSIDE, get, host, inner, text};

type Request = http::Request<owin_core::RequestBody>;
type Response = http::Response<String>;

#[tokio::test]
async fn an_app_in_a_service_in_a_pipeline_has_the_pipelines_environment() {
    let (host, seen) = host(app(service(inner.boxed())));
    let mut response = get(&host, "/there").await;
    assert_eq!(response.text().await.unwrap(), "/there set outside");
    let outside = seen.get().unwrap();
    assert_eq!(outside.inside.as_deref(), Some("set inside"));
    assert_eq!(response.headers().text("x-address"), Some(&*outside.address.to_string()));
}

#[tokio::test]
async fn a_middleware_is_a_layer_around_a_service() {
    let tenant = from_fn(async |mut env: Environment, next: Next| -> Answer {
        env.set_value("test.Tenant", Value::new("seven"))?;
        let mut env = next.run(env).await?;
        let tenant = text(&env, "test.Tenant").unwrap_or_default();
        env.response_mut().headers_mut()?.set("x-tenant", tenant.as_str())?;
        Ok(env)
    });
    let hello = service_fn(async |request: Request| {
        let text = format!("hello from {}", request.uri());
        Ok::<_, Infallible>(http::Response::new(text))
    });
    let layered = ServiceBuilder::new().layer(as_layer(tenant)).service(hello);
    let request = http::Request::get("/x?y").header("host", "h").body(String::new()).unwrap();
    let response = layered.oneshot(request).await.unwrap();
    assert_eq!(response.headers()["x-tenant"], "seven");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "hello from /x?y");
}

#[tokio::test]
async fn layers_around_the_environment_see_no_request_and_convert_nothing() {
    let layers = ServiceBuilder::new()
        .load_shed()
        .concurrency_limit(2)
        .timeout(std::time::Duration::from_secs(5))
        .map_request(|mut env: Environment| {
            let _none = env.set_value(INSIDE, Value::new("set by a layer"));
            env
        });
    let (host, seen) = host(
        (async |mut env: Environment| -> Answer {
            env.response_mut().set_body("done");
            Ok(env)
        })
        .with(environment_layer(layers)),
    );
    assert_eq!(get(&host, "/").await.text().await.unwrap(), "done");
    assert_eq!(seen.get().unwrap().inside.as_deref(), Some("set by a layer"));
}

#[tokio::test]
async fn a_service_is_dropped_when_the_token_fires() {
    let slow = service_fn(async |_request: Request| {
        std::future::pending::<()>().await;
        Ok::<_, Infallible>(http::Response::new(String::new()))
    });
    is_given_up(slow).await;
}

#[tokio::test]
async fn a_service_that_is_never_ready_is_given_up_when_the_token_fires() {
    is_given_up(NeverReady).await;
}

/// Cancels a call that waits for a service.
async fn is_given_up<S>(slow: S)
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send>,
    S: Clone + Send + Sync + 'static,
{
    let (host, _seen) = host(app(slow));
    let request = host.get("/");
    let canceller = request.canceller();
    let sent = tokio::spawn(request.send());
    tokio::task::yield_now().await;
    canceller.cancel(owin_core::CancelReason::PeerReset);
    let response = tokio::time::timeout(std::time::Duration::from_secs(5), sent).await;
    assert!(response.unwrap().unwrap().unwrap_err().to_string().contains("cancelled"));
}

#[derive(Clone)]
struct NeverReady;

impl<R> Service<R> for NeverReady {
    type Response = Response;
    type Error = Infallible;
    type Future = std::future::Pending<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Pending
    }

    fn call(&mut self, _request: R) -> Self::Future {
        unreachable!("it was never ready")
    }
}
