//! A `Router` with what people have in one: extractors, errors, redirects, streams.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;

use axum::body::{Body, Bytes};
use axum::extract::{
    ConnectInfo, DefaultBodyLimit, Multipart, OriginalUri, Path, Query, RawQuery, State,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response, Sse, sse::Event};
use axum::routing::{any, get, post};
use axum::{Form, Json, Router};
use owin_core::testing::TestHost;
use owin_core::{App as _, Environment, Error, keys};
use serde_json::{Value, json};

use crate::raw::{compare, exchange, exchange_row, request};
use crate::servers::{hyper, nowin, plain, tiny};

/// The app of these tests.
pub(crate) fn router() -> Router {
    let inner = Router::new()
        .route(
            "/x",
            get(async |uri: Uri, OriginalUri(whole): OriginalUri| format!("{uri} {whole}")),
        )
        .fallback(async || (StatusCode::NOT_FOUND, "nothing in here"));
    Router::new()
        .route("/", get(async |State(greeting): State<&'static str>| greeting).put(async || ()))
        .route("/hello/{name}", get(async |Path(name): Path<String>| format!("hello {name}")))
        .route("/number/{n}", get(async |Path(n): Path<u32>| format!("{}", n + 1)))
        .route("/wild/{*rest}", get(async |Path(rest): Path<String>| rest))
        .route("/search", get(search))
        .route("/json", post(async |Json(value): Json<Value>| Json(json!({ "got": value }))))
        .route("/numbers", post(async |Json(all): Json<Vec<u32>>| format!("{}", all.len())))
        .route("/form", post(form))
        .route("/parts", post(parts))
        .route(
            "/who",
            get(async |ConnectInfo(from): ConnectInfo<SocketAddr>| from.ip().to_string()),
        )
        .route("/echo", any(async |headers: HeaderMap, body: Bytes| echo(&headers, body)))
        .route("/pass", post(async |body: Body| body))
        .route("/few", post(async |body: String| body).layer(DefaultBodyLimit::max(10)))
        .route("/moved", get(async || Redirect::permanent("/hello/there")))
        .route("/elsewhere", get(async || Redirect::to("https://example.org/a?b#c")))
        .route("/broken", get(async || Err::<(), _>((StatusCode::IM_A_TEAPOT, "no coffee"))))
        .route("/none", get(async || StatusCode::NO_CONTENT))
        .route("/same", get(async || (StatusCode::NOT_MODIFIED, [("etag", "\"a\"")])))
        .route("/reset", get(async || StatusCode::RESET_CONTENT))
        .route("/odd", get(async || StatusCode::from_u16(799).unwrap()))
        .route("/early", get(async || StatusCode::from_u16(299).unwrap()))
        .route("/cookies", get(cookies))
        .route("/stream", get(async || stream(3)))
        .route("/nothing", get(async || stream(0)))
        .route("/large", get(async || vec![b'x'; 300_000]))
        .route("/events", get(events))
        .nest("/in/{tenant}", inner)
        .with_state("hello from the state")
}

async fn search(
    Query(query): Query<HashMap<String, u32>>,
    RawQuery(raw): RawQuery,
) -> impl IntoResponse {
    let mut pairs: Vec<_> = query.into_iter().collect();
    pairs.sort();
    format!("{pairs:?} {raw:?}")
}

async fn form(Form(fields): Form<Vec<(String, String)>>) -> String {
    format!("{fields:?}")
}

async fn parts(mut parts: Multipart) -> Result<String, Response> {
    let mut seen = String::new();
    while let Some(part) = parts.next_field().await.map_err(IntoResponse::into_response)? {
        let (name, file) = (part.name().map(str::to_owned), part.file_name().map(str::to_owned));
        let bytes = part.bytes().await.map_err(IntoResponse::into_response)?;
        seen.push_str(&format!("{name:?} {file:?} {bytes:?}\n"));
    }
    Ok(seen)
}

fn echo(headers: &HeaderMap, body: Bytes) -> Response {
    let length = headers.get("content-length").cloned();
    let kind = headers.get("content-type").cloned();
    let value = |value: Option<HeaderValue>| value.unwrap_or(HeaderValue::from_static("-"));
    ([("x-length", value(length)), ("content-type", value(kind))], body).into_response()
}

async fn cookies() -> impl IntoResponse {
    let odd = HeaderValue::from_bytes(b"caf\xe9").unwrap();
    let cookies = AppendHeaders([("set-cookie", "a=1"), ("set-cookie", "b=2; Path=/")]);
    (cookies, [("x-odd", odd)], "two cookies")
}

fn stream(count: usize) -> Body {
    let pieces = (0..count).map(|at| Ok::<_, Infallible>(format!("piece {at}\n")));
    Body::from_stream(tokio_stream::iter(pieces.collect::<Vec<_>>()))
}

async fn events() -> impl IntoResponse {
    let events =
        (0..3).map(|at| Ok::<_, Infallible>(Event::default().id(at.to_string()).data("x")));
    Sse::new(tokio_stream::iter(events.collect::<Vec<_>>()))
}

const JSON: &str = "content-type: application/json";
const FORM: &str = "content-type: application/x-www-form-urlencoded";
const PARTS: &str = "content-type: multipart/form-data; boundary=XX";
const PARTS_BODY: &str = "--XX\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\none\r\n--XX\r\n\
    content-disposition: form-data; name=\"f\"; filename=\"f.txt\"\r\n\r\ntwo\r\n--XX--\r\n";

const PATHS: [&str; 29] = [
    "/",
    "/hello/owin",
    "/hello/caf%C3%A9%20%2F",
    "/number/41",
    "/number/x",
    "/number/-1",
    "/wild/a/b%2Fc/../d",
    "/wild/",
    "/search?a=1&b=2",
    "/search?a=x",
    "/search",
    "/who",
    "/json",
    "/moved",
    "/elsewhere",
    "/broken",
    "/reset",
    "/cookies",
    "/stream",
    "/nothing",
    "/large",
    "/events",
    "/in/acme/x?q=%20",
    "/in/acme/y",
    "/in/acme",
    "/nowhere",
    "//",
    "/hello/%FF",
    "/echo",
];

const BODIES: [(&str, &str, &str); 16] = [
    ("POST /json", JSON, "{\"a\":[1,2.5,null,\"\\u00e9\"]}"),
    ("POST /json", JSON, "{\"a\":"),
    ("POST /json", "content-type: text/plain", "{}"),
    ("POST /json", "x: y", ""),
    ("POST /numbers", JSON, "[1,2,3]"),
    ("POST /numbers", JSON, "[1,\"2\"]"),
    ("POST /form", FORM, "a=1&b=%C3%A9+x&a=2"),
    ("POST /form", "content-type: text/plain", "a=1"),
    ("POST /parts", PARTS, PARTS_BODY),
    ("POST /parts", PARTS, "--XX\r\nbroken"),
    ("POST /parts", JSON, "{}"),
    ("PUT /echo", "content-type: a/b", "some bytes"),
    ("POST /pass", "x: y", "passed on as it comes"),
    ("POST /few", "x: y", "ten bytes."),
    ("POST /few", "x: y", "eleven bytes"),
    ("POST /hello/a", "x: y", "nobody reads this"),
];

fn requests() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for path in PATHS {
        all.extend(["GET", "HEAD"].map(|method| request(&format!("{method} {path}"), &[], "")));
    }
    for line in [
        "GET /none",
        "GET /same",
        "POST /",
        "DELETE /hello/a",
        "OPTIONS /",
        "PUT /",
        "BREW /echo",
        "OPTIONS /echo",
    ] {
        all.push(request(line, &[], ""));
    }
    for (line, field, body) in BODIES {
        all.push(request(line, &[field], body));
    }
    all
}

/// Requests whose length is not known beforehand, with those trailer fields.
fn chunked(trailers: &str) -> Vec<Vec<u8>> {
    let body = format!("5\r\nhello\r\n6;ext=1\r\n there\r\n0\r\n{trailers}\r\n");
    ["POST /echo", "POST /pass", "POST /few", "POST /nowhere"]
        .map(|line| {
            let mut bytes = request(line, &["transfer-encoding: chunked"], "");
            bytes.extend_from_slice(body.as_bytes());
            bytes
        })
        .into()
}

/// Requests in other forms.
fn forms() -> Vec<Vec<u8>> {
    [
        "GET http://example.org/hello/x?y HTTP/1.1\r\nhost: example.org\r\nconnection: close\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nhost: example.org\r\nconnection: close\r\n\r\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_answers_as_it_does_on_hyper() {
    let app = owin_axum::app(router());
    let servers = [plain(router()).await, nowin(app.clone()).await, hyper(app).await];
    for requests in [requests(), chunked("x-trailer: t\r\n"), forms()] {
        compare(&servers, &requests).await;
    }
    for server in servers {
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_of_a_connection_know_nothing_of_each_other() {
    let app = owin_axum::app(router());
    let servers = [plain(router()).await, nowin(app.clone()).await, hyper(app).await];
    let row = [
        "GET /in/acme/x?first HTTP/1.1\r\nhost: one\r\ncookie: a=1\r\n\r\n",
        "POST /json HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n\
         content-length: 2\r\n\r\n{}",
        "HEAD /hello/you HTTP/1.1\r\nhost: h\r\n\r\n",
        "GET /who HTTP/1.1\r\nhost: h\r\n\r\n",
        "GET /in/acme/x HTTP/1.1\r\nhost: two\r\n\r\n",
        "GET /cookies HTTP/1.1\r\nhost: h\r\n\r\n",
        "POST /echo HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n",
    ];
    let right = exchange_row(&servers[0], &row).await;
    assert_eq!(right[0].text(), "/x?first /in/acme/x?first");
    for server in &servers[1..] {
        let answers = exchange_row(server, &row).await;
        let answers = answers.into_iter().map(|answer| answer.without_own_fields(server));
        for (at, answer) in answers.enumerate() {
            assert_eq!(answer.difference(&right[at]), None, "{} on {}", row[at], server.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_answers_the_same_on_a_server_that_blocks() {
    let servers = [plain(router()).await, tiny(owin_axum::app(router())).await];
    compare(&servers, &requests()).await;
    compare(&servers, &chunked("")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_http_1_0_gets_the_same_with_the_version_of_the_server() {
    let servers = [plain(router()).await, nowin(owin_axum::app(router())).await];
    for text in [
        "GET /hello/old HTTP/1.0\r\nhost: example.org\r\n\r\n",
        "GET /hello/older HTTP/1.0\r\n\r\n",
        "HEAD /stream HTTP/1.0\r\nhost: example.org\r\n\r\n",
        "GET /stream HTTP/1.0\r\nhost: example.org\r\n\r\n",
    ] {
        let mut right = exchange(&servers[0], text.as_bytes()).await;
        let answer = exchange(&servers[1], text.as_bytes()).await.without_own_fields(&servers[1]);
        assert_eq!(answer.field("connection"), Some("close"), "{text}");
        // RFC 9110 §6.2: a server says which version it has, and not that of the client.
        right.status = right.status.replace("HTTP/1.0", "HTTP/1.1");
        assert_eq!(answer.without("connection"), right, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_length_is_said_of_what_has_no_body_which_hyper_does() {
    let app = owin_axum::app(router());
    let ours = [nowin(app.clone()).await, hyper(app.clone()).await, tiny(app).await];
    let plain = plain(router()).await;
    for line in ["HEAD /none", "HEAD /same"] {
        let bytes = request(line, &[], "");
        assert_eq!(exchange(&plain, &bytes).await.field("content-length"), Some("0"), "{line}");
        for server in &ours {
            let answer = exchange(server, &bytes).await;
            assert_eq!(answer.field("content-length"), None, "{line} on {}", server.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_nobody_knows_has_no_phrase_where_hyper_says_none() {
    let nowin = nowin(owin_axum::app(router())).await;
    let plain = plain(router()).await;
    for (path, code) in [("/early", 299), ("/odd", 799)] {
        let bytes = request(&format!("GET {path}"), &[], "");
        assert_eq!(exchange(&nowin, &bytes).await.status, format!("HTTP/1.1 {code} "));
        assert_eq!(exchange(&plain, &bytes).await.status, format!("HTTP/1.1 {code} <none>"));
    }
}

#[tokio::test]
async fn a_router_below_a_path_base_knows_the_whole_uri() {
    let app = |mut env: Environment| async move {
        let raw = env.request().raw_target().unwrap_or_default().to_owned();
        if let Some(rest) = raw.strip_prefix("/base%20of/all") {
            env.request_mut().set_path_base("/base of/all");
            env.request_mut().set_path(rest.split_once('?').map_or(rest, |(path, _)| path));
        }
        owin_axum::app(router()).call(env).await
    };
    let host = TestHost::new(app);
    let mut answer = host.get("/base%20of/all/in/acme/x?q").send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "/x?q /base%20of/all/in/acme/x?q");
    let mut answer = host.get("/in/acme/x?q").send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "/x?q /in/acme/x?q");
}

#[tokio::test]
async fn the_client_of_a_router_is_whom_a_middleware_says_it_is() {
    let app = async |mut env: Environment| -> Result<Environment, Error> {
        env.set(keys::SERVER_REMOTE_IP_ADDRESS, "192.0.2.7")?;
        env.set(keys::SERVER_REMOTE_PORT, "4711")?;
        owin_axum::app(router()).call(env).await
    };
    let mut answer = TestHost::new(app).get("/who").send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "192.0.2.7");
}
