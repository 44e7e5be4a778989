//! Who may: origins, credentials, what clients accept.

use std::future::{Ready, ready};

use http::header::{ACCEPT, AUTHORIZATION};
use http::{Request, Response, StatusCode};
use owin_core::{AppExt as _, Environment, RequestBody};
use owin_tower::{Body, layer};
use tower_http::auth::{AddAuthorizationLayer, AsyncRequireAuthorizationLayer};
use tower_http::cors::{Any, CorsLayer};
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::validate_request::ValidateRequestHeaderLayer;

use crate::apps::tell;
use crate::client::{get, request};
use crate::site::{Answer, inside, on_each_server};

const ORIGIN: &str = "https://shop.example";

#[tokio::test]
async fn a_preflight_is_answered_by_the_layer_of_cors() {
    let stack = || {
        let cors = CorsLayer::new().allow_origin([ORIGIN.parse().unwrap()]);
        layer(cors.allow_methods([http::Method::PUT]).allow_headers(Any))
    };
    on_each_server(
        || inside(tell).with(stack()),
        async |site| {
            let asked = request("OPTIONS", "/")
                .header("origin", ORIGIN)
                .header("access-control-request-method", "PUT")
                .body(String::new());
            let reply = site.send(asked.unwrap()).await;
            assert_eq!((reply.status.as_u16(), reply.text()), (200, ""));
            assert_eq!(reply.field("access-control-allow-origin"), Some(ORIGIN));
            assert_eq!(reply.field("access-control-allow-methods"), Some("PUT"));
            assert_eq!(reply.field("access-control-allow-headers"), Some("*"));
            site.turned_back();
        },
    )
    .await;
}

#[tokio::test]
async fn a_simple_request_passes_through_the_layer_of_cors() {
    let stack = || layer(CorsLayer::new().allow_origin([ORIGIN.parse().unwrap()]));
    on_each_server(
        || inside(tell).with(stack()),
        async |site| {
            for (origin, allowed) in [(ORIGIN, Some(ORIGIN)), ("https://other.example", None)] {
                let asked = request("GET", "/").header("origin", origin).body(String::new());
                let reply = site.send(asked.unwrap()).await;
                assert_eq!(reply.field("access-control-allow-origin"), allowed);
                assert!(reply.field("vary").unwrap().contains("origin"));
                assert!(reply.text().starts_with("GET /"));
                site.went_through();
            }
        },
    )
    .await;
}

/// The reason lies in the environment, for whoever is further out.
#[tokio::test]
async fn a_request_forged_on_another_site_is_refused_and_the_reason_is_known_outside() {
    let reason = || {
        owin_core::from_fn(async |env: Environment, next: owin_core::middleware::Next| -> Answer {
            let mut env = next.run(env).await?;
            let extensions = env.get(owin_http::RESPONSE_EXTENSIONS);
            let why = extensions.and_then(|extensions| extensions.get::<ProtectionError>());
            if let Some(why) = why.map(ToString::to_string) {
                env.response_mut().headers_mut()?.set("x-why", why.as_str())?;
            }
            Ok(env)
        })
    };
    let stack = || layer(CsrfLayer::new());
    on_each_server(
        || inside(tell).with(stack()).with(reason()),
        async |site| {
            let asked =
                |from| request("POST", "/").header("sec-fetch-site", from).body(String::new());
            let reply = site.send(asked("cross-site").unwrap()).await;
            assert_eq!(reply.status, 403);
            assert!(reply.field("x-why").is_some(), "{reply:?}");
            site.turned_back();
            assert_eq!(site.send(asked("same-origin").unwrap()).await.status, 200);
            site.went_through();
        },
    )
    .await;
}

type Refusal = Response<Body>;

/// Lets those in who say who they are.
fn check(mut request: Request<RequestBody>) -> Ready<Result<Request<RequestBody>, Refusal>> {
    if request.headers().get(AUTHORIZATION).is_some_and(|value| value == "Bearer key") {
        request.headers_mut().insert("x-user", "you".parse().unwrap());
        return ready(Ok(request));
    }
    let mut refusal = Response::new(Body::new("who are you"));
    *refusal.status_mut() = StatusCode::UNAUTHORIZED;
    ready(Err(refusal))
}

#[tokio::test]
async fn credentials_are_asked_for() {
    let stack = || layer(AsyncRequireAuthorizationLayer::new(check));
    on_each_server(
        || inside(tell).with(stack()),
        async |site| {
            let reply = site.get("/").await;
            assert_eq!((reply.status.as_u16(), reply.text()), (401, "who are you"));
            site.turned_back();
            let asked = request("GET", "/").header("authorization", "Bearer key");
            let reply = site.send(asked.body(String::new()).unwrap()).await;
            assert!(reply.text().contains("x-user: you"), "{reply:?}");
            site.went_through();
        },
    )
    .await;
}

#[tokio::test]
async fn credentials_are_added() {
    let stack = || layer(AddAuthorizationLayer::basic("me", "secret"));
    on_each_server(
        || inside(tell).with(stack()),
        async |site| {
            let reply = site.get("/").await;
            assert!(reply.text().contains("authorization: Basic bWU6c2VjcmV0"), "{reply:?}");
            site.went_through();
        },
    )
    .await;
}

#[tokio::test]
async fn what_the_client_accepts_is_validated() {
    let stack = || layer(ValidateRequestHeaderLayer::accept("application/json"));
    on_each_server(
        || inside(tell).with(stack()),
        async |site| {
            let asked =
                |what| request("GET", "/").header(ACCEPT, what).body(String::new()).unwrap();
            assert_eq!(site.send(asked("text/html")).await.status, 406);
            site.turned_back();
            assert_eq!(site.send(asked("application/*")).await.status, 200);
            site.went_through();
        },
    )
    .await;
}

#[tokio::test]
#[expect(clippy::result_large_err, reason = "this is what the layer asks for")]
async fn a_check_of_ones_own_is_made() {
    let local = |request: &mut Request<RequestBody>| match request.uri().path() {
        "/admin" => Err(Response::builder().status(404).body(Body::default()).unwrap()),
        _ => Ok(()),
    };
    let stack = || layer(ValidateRequestHeaderLayer::custom(local));
    on_each_server(
        || inside(tell).with(stack()),
        async |site| {
            assert_eq!(site.send(get("/admin")).await.status, 404);
            site.turned_back();
            assert_eq!(site.send(get("/")).await.status, 200);
            site.went_through();
        },
    )
    .await;
}
