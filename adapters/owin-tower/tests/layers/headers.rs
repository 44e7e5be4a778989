//! Fields, statuses, extensions and paths.

use http::header::{AUTHORIZATION, HeaderName, SET_COOKIE};
use http::{HeaderValue, Request, Response, StatusCode};
use owin_core::{AppExt as _, Environment, RequestBody};
use owin_tower::{app, layer};
use tower::{ServiceBuilder, service_fn};
use tower_http::add_extension::AddExtensionLayer;
use tower_http::normalize_path::NormalizePathLayer;
use tower_http::propagate_header::PropagateHeaderLayer;
use tower_http::request_id::{
    MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer,
};
use tower_http::sensitive_headers::{
    SetSensitiveHeadersLayer, SetSensitiveRequestHeadersLayer, SetSensitiveResponseHeadersLayer,
};
use tower_http::set_header::request::SetMultipleRequestHeadersLayer;
use tower_http::set_header::response::SetMultipleResponseHeadersLayer;
use tower_http::set_header::{SetRequestHeaderLayer, SetResponseHeaderLayer};
use tower_http::set_status::SetStatusLayer;

use crate::apps::tell;
use crate::client::{get, request};
use crate::site::{Answer, inside, on_each_server};

const X_ONE: HeaderName = HeaderName::from_static("x-one");
const X_TWO: HeaderName = HeaderName::from_static("x-two");

fn value(text: &'static str) -> HeaderValue {
    HeaderValue::from_static(text)
}

#[tokio::test]
async fn fields_of_requests_are_set() {
    let one = || SetRequestHeaderLayer::overriding(X_ONE, value("set"));
    let pair = || {
        let both = vec![(X_ONE, value("again")).into(), (X_TWO, value("other")).into()];
        SetMultipleRequestHeadersLayer::appending(both)
    };
    let stack = || layer(ServiceBuilder::new().layer(one()).layer(pair()));
    on_each_server(
        || inside(tell).with(stack()),
        async |site| {
            let asked = request("GET", "/").header("x-one", "sent").body(String::new());
            let reply = site.send(asked.unwrap()).await;
            let told: Vec<&str> =
                reply.text().lines().filter(|line| line.starts_with("x-")).collect();
            assert_eq!(told, ["x-one: set", "x-one: again", "x-two: other"]);
            site.went_through();
        },
    )
    .await;
}

#[tokio::test]
async fn fields_of_responses_are_set() {
    let one = || SetResponseHeaderLayer::if_not_present(X_ONE, value("set"));
    let pair = || {
        let both = vec![(HeaderName::from_static("x-app"), value("changed")).into()];
        SetMultipleResponseHeadersLayer::overriding(both)
    };
    let stack = || layer(ServiceBuilder::new().layer(one()).layer(pair()));
    on_each_server(
        || inside(tell).with(stack()),
        async |site| {
            let reply = site.get("/").await;
            assert_eq!(
                (reply.field("x-one"), reply.field("x-app")),
                (Some("set"), Some("changed"))
            );
            site.went_through();
        },
    )
    .await;
}

#[tokio::test]
async fn a_field_of_the_request_is_propagated_to_the_response() {
    let stack = || layer(PropagateHeaderLayer::new(X_ONE));
    on_each_server(
        || inside(tell).with(stack()),
        async |site| {
            let asked = request("GET", "/").header("x-one", "sent").body(String::new());
            assert_eq!(site.send(asked.unwrap()).await.field("x-one"), Some("sent"));
            site.went_through();
            assert_eq!(site.get("/").await.field("x-one"), None);
            site.went_through();
        },
    )
    .await;
}

#[tokio::test]
async fn the_status_is_set() {
    let stack = || layer(SetStatusLayer::new(StatusCode::IM_A_TEAPOT));
    on_each_server(
        || inside(tell).with(stack()),
        async |site| {
            let reply = site.get("/there").await;
            assert_eq!(reply.status, 418);
            assert!(reply.text().starts_with("GET /there"));
            site.went_through();
        },
    )
    .await;
}

#[tokio::test]
async fn a_request_id_is_made_seen_inside_and_propagated() {
    let stack = || {
        layer(
            ServiceBuilder::new()
                .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
                .layer(PropagateRequestIdLayer::x_request_id()),
        )
    };
    async fn told(mut env: Environment) -> Answer {
        let extensions = env.get(owin_http::REQUEST_EXTENSIONS);
        let id = extensions.and_then(|extensions| extensions.get::<RequestId>());
        let id = id.map_or_else(String::new, |id| id.header_value().to_str().unwrap().to_owned());
        env.response_mut().set_body(id);
        Ok(env)
    }
    on_each_server(
        || inside(told).with(stack()),
        async |site| {
            let (one, two) = (site.get("/").await, site.get("/").await);
            for reply in [&one, &two] {
                assert_eq!(reply.text().len(), 36, "{reply:?}");
                assert_eq!(reply.field("x-request-id"), Some(reply.text()));
            }
            assert_ne!(one.body, two.body);
            let asked = request("GET", "/").header("x-request-id", "mine").body(String::new());
            let reply = site.send(asked.unwrap()).await;
            assert_eq!((reply.text(), reply.field("x-request-id")), ("mine", Some("mine")));
            site.all_went_through(3);
        },
    )
    .await;
}

/// Says whether the fields of the request are marked as sensitive, as tower's mark says.
async fn sensitive(mut env: Environment) -> Answer {
    let fields = env.request().headers().map();
    let marked = fields.get(AUTHORIZATION).is_some_and(HeaderValue::is_sensitive);
    let plain = fields.get("x-one").is_some_and(HeaderValue::is_sensitive);
    env.response_mut().headers_mut()?.set("set-cookie", "secret=1")?;
    env.response_mut().set_body(format!("{marked} {plain}"));
    Ok(env)
}

/// Says in a field whether the cookie is marked when it comes out of the layer inside.
fn watch_cookie<B>(mut response: Response<B>) -> Response<B> {
    let marked = response.headers().get(SET_COOKIE).is_some_and(HeaderValue::is_sensitive);
    let said = if marked { "marked" } else { "plain" };
    response.headers_mut().insert("x-cookie", HeaderValue::from_static(said));
    response
}

#[tokio::test]
async fn sensitive_fields_are_marked_inside_and_on_the_way_out() {
    let asked = || request("GET", "/").header("authorization", "me").header("x-one", "sent");
    let single = || {
        ServiceBuilder::new()
            .map_response(watch_cookie)
            .layer(SetSensitiveRequestHeadersLayer::new([AUTHORIZATION]))
            .layer(SetSensitiveResponseHeadersLayer::new([SET_COOKIE]))
    };
    let both = || {
        ServiceBuilder::new()
            .map_response(watch_cookie)
            .layer(SetSensitiveHeadersLayer::new([AUTHORIZATION, SET_COOKIE]))
    };
    let visit = async |site: &crate::site::Site| {
        let reply = site.send(asked().body(String::new()).unwrap()).await;
        assert_eq!((reply.text(), reply.field("x-cookie")), ("true false", Some("marked")));
        assert_eq!(reply.field("set-cookie"), Some("secret=1"));
        site.went_through();
    };
    on_each_server(|| inside(sensitive).with(layer(single())), visit).await;
    on_each_server(|| inside(sensitive).with(layer(both())), visit).await;
}

#[tokio::test]
async fn an_extension_is_seen_by_a_service_of_towers_further_in() {
    #[derive(Clone)]
    struct Shared(&'static str);
    async fn told(
        request: Request<RequestBody>,
    ) -> Result<Response<String>, std::convert::Infallible> {
        let shared = request.extensions().get::<Shared>().map_or("nothing", |shared| shared.0);
        Ok(Response::new(shared.to_owned()))
    }
    let stack = || layer(AddExtensionLayer::new(Shared("shared")));
    on_each_server(
        || inside(app(service_fn(told))).with(stack()),
        async |site| {
            assert_eq!(site.get("/").await.text(), "shared");
            site.went_through();
        },
    )
    .await;
}

#[tokio::test]
async fn paths_are_normalised() {
    on_each_server(
        || inside(tell).with(layer(NormalizePathLayer::trim_trailing_slash())),
        async |site| {
            let reply = site.send(get("/a/b///?q=/")).await;
            assert_eq!(reply.text().lines().next(), Some("GET /a/b"));
            site.went_through();
        },
    )
    .await;
    on_each_server(
        || inside(tell).with(layer(NormalizePathLayer::append_trailing_slash())),
        async |site| {
            assert!(site.get("/a/b").await.text().starts_with("GET /a/b/"));
            site.went_through();
        },
    )
    .await;
}
