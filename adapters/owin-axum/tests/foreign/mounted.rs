//! Apps of ours in a `Router`, under `axum::serve`.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use owin_core::testing::TestHost;
use owin_core::upgrade::OpaqueStream;
use owin_core::{
    App, AppExt as _, BoxApp, CallCancelled, CancelReason, Dictionary, Environment, Error, Key,
    keys,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::raw::{request, soon};

/// Says where it is.
fn seen() -> BoxApp {
    let app = async |mut env: Environment| -> Result<Environment, Error> {
        let request = env.request();
        let raw = request.raw_target().unwrap_or("-");
        let remote = env.get(keys::SERVER_REMOTE_IP_ADDRESS).unwrap_or("-");
        let connection = env.get(keys::SERVER_CONNECTION_ID).unwrap_or("-");
        let (base, path, query) = (request.path_base(), request.path(), request.query_string());
        let text = format!("{base}|{path}|{query}|{raw}|{}|{remote}|{connection}", request.url());
        env.response_mut().set_body(text);
        Ok(env)
    };
    app.boxed()
}

/// A router that is served by axum.
struct Served {
    socket: SocketAddr,
    _serving: JoinSet<()>,
}

async fn serve(router: Router) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let socket = listener.local_addr().unwrap();
    let mut serving = JoinSet::new();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    serving.spawn(async move { axum::serve(listener, service).await.unwrap() });
    Served { socket, _serving: serving }
}

impl Served {
    async fn ask(&self, line: &str) -> String {
        let mut stream = TcpStream::connect(self.socket).await.unwrap();
        stream.write_all(&request(line, &[], "")).await.unwrap();
        let mut answer = String::new();
        soon(stream.read_to_string(&mut answer)).await.unwrap();
        answer
    }

    async fn body(&self, line: &str) -> String {
        let answer = self.ask(line).await;
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }
}

#[tokio::test]
async fn the_path_base_is_what_the_router_took_off() {
    let inner = Router::new().nest_service("/{tenant}", owin_axum::mount(seen()));
    let router = Router::new()
        .nest_service("/shop", owin_axum::mount(seen()))
        .nest("/out", inner)
        .route_service("/one", owin_axum::mount(seen()))
        .fallback_service(owin_axum::mount(seen()));
    let served = serve(router).await;
    for (target, answer) in [
        ("/shop/a%2Fb/%C3%A9?q=%20", "/shop|/a%2Fb/é|q=%20|/shop/a%2Fb/%C3%A9?q=%20"),
        ("/shop/", "/shop|/||/shop/"),
        ("/shop", "/shop|||/shop"),
        ("/out/in7/x?y", "/out/in7|/x|y|/out/in7/x?y"),
        ("/one", "|/one||/one"),
        ("/else/where", "|/else/where||/else/where"),
    ] {
        let body = served.body(&format!("GET {target}")).await;
        let url = format!("|http://example.org{target}|127.0.0.1|-");
        assert_eq!(body, format!("{answer}{url}"), "{target}");
    }
}

#[tokio::test]
async fn the_routes_of_axum_stay_beside_it() {
    let router = Router::new().route("/", get(async || "axum"));
    let served = serve(router.nest_service("/shop", owin_axum::mount(seen()))).await;
    assert_eq!(served.body("GET /").await, "axum");
    assert!(served.ask("GET /nowhere").await.starts_with("HTTP/1.1 404 "));
}

#[tokio::test]
async fn an_error_of_the_app_is_answered_with_its_status() {
    let app = async |_: Environment| -> Result<Environment, Error> {
        Err(Error::app("not today").with_status(http::StatusCode::SERVICE_UNAVAILABLE))
    };
    let served = serve(Router::new().fallback_service(owin_axum::mount(app.boxed()))).await;
    assert!(served.ask("GET /").await.starts_with("HTTP/1.1 503 "));
}

#[tokio::test]
async fn what_axum_does_not_say_is_absent_and_what_the_contract_refuses_never_arrives() {
    let router = Router::new().fallback_service(owin_axum::mount(seen()));
    let ask = async |request: http::request::Builder| {
        let request = request.body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        (status, axum::body::to_bytes(response.into_body(), 999).await.unwrap())
    };
    let (status, body) = ask(http::Request::get("/a").header("host", "h")).await;
    assert_eq!(status, 200);
    assert_eq!(body, "|/a||/a|http://h/a|-|-");
    assert_eq!(ask(http::Request::get("/a")).await, (http::StatusCode::BAD_REQUEST, "".into()));
    let zero = http::Request::get("/a%00").header("host", "h");
    assert_eq!(ask(zero).await.0, http::StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn bytes_go_both_ways_while_the_app_runs() {
    let app = async |mut env: Environment| -> Result<Environment, Error> {
        let mut body = env.request_mut().take_body();
        while let Some(data) = body.chunk().await? {
            env.response_mut().write_bytes(data).await?;
            env.response_mut().flush().await?;
        }
        Ok(env)
    };
    let served = serve(Router::new().route_service("/a", owin_axum::mount(app.boxed()))).await;
    let mut stream = TcpStream::connect(served.socket).await.unwrap();
    let head =
        "POST /a HTTP/1.1\r\nhost: h\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    for piece in ["5\r\nfirst\r\n", "6\r\nsecond\r\n", "5\r\nthird\r\n"] {
        stream.write_all(piece.as_bytes()).await.unwrap();
        while !answer.ends_with(piece.as_bytes()) {
            answer.push(soon(stream.read_u8()).await.unwrap());
        }
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    soon(stream.read_to_end(&mut answer)).await.unwrap();
    assert!(answer.ends_with(b"third\r\n0\r\n\r\n"));
}

#[tokio::test]
async fn an_app_that_fails_behind_the_start_breaks_its_answer_off() {
    let app = async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().write("begun").await?;
        env.response_mut().flush().await?;
        Err(Error::app("no more"))
    };
    let served = serve(Router::new().fallback_service(owin_axum::mount(app.boxed()))).await;
    let answer = served.ask("GET /").await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && !answer.ends_with("0\r\n\r\n"), "{answer}");
}

/// Where an app leaves its token.
type Left = Arc<Mutex<Option<CallCancelled>>>;

/// Begins an answer where that is wanted, and then waits for ever.
fn waiting(left: &Left, begins: bool) -> BoxApp {
    let left = Arc::clone(left);
    let app = move |mut env: Environment| {
        let left = Arc::clone(&left);
        async move {
            *left.lock().unwrap() = Some(env.request().cancelled().clone());
            if begins {
                env.response_mut().write("begun").await?;
                env.response_mut().flush().await?;
            }
            std::future::pending::<Result<Environment, Error>>().await
        }
    };
    app.boxed()
}

/// The token, once the app has left it.
async fn given(left: &Left) -> CallCancelled {
    loop {
        let token = left.lock().unwrap().clone();
        match token {
            Some(token) => return token,
            None => tokio::task::yield_now().await,
        }
    }
}

#[tokio::test]
async fn a_client_that_goes_cancels_the_call_before_and_in_the_body() {
    for begins in [false, true] {
        let left = Left::default();
        let router = Router::new().nest_service("/a", owin_axum::mount(waiting(&left, begins)));
        let served = serve(router).await;
        let mut stream = TcpStream::connect(served.socket).await.unwrap();
        stream.write_all(b"GET /a/b HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
        if begins {
            let mut some = [0; 12];
            soon(stream.read_exact(&mut some)).await.unwrap();
            assert_eq!(&some, b"HTTP/1.1 200");
        }
        let token = soon(given(&left)).await;
        assert_eq!(token.reason(), None);
        drop(stream);
        assert_eq!(soon(token.cancelled()).await, CancelReason::PeerClosed, "{begins}");
    }
}

#[tokio::test]
async fn an_app_in_a_router_takes_the_connection_over() {
    let app = async |mut env: Environment| -> Result<Environment, Error> {
        let Some(opaque) = env.get(keys::OPAQUE_UPGRADE).cloned() else { return Ok(env) };
        opaque.accept(&mut env, None, async move |mut env: Dictionary| {
            let stream: OpaqueStream = env.remove(keys::OPAQUE_STREAM)?.unwrap();
            let (mut reader, mut writer) = tokio::io::split(stream);
            tokio::io::copy(&mut reader, &mut writer).await?;
            Ok(())
        })?;
        Ok(env)
    };
    let served = serve(Router::new().nest_service("/a", owin_axum::mount(app.boxed()))).await;
    let mut stream = TcpStream::connect(served.socket).await.unwrap();
    let head = "GET /a/b HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(soon(stream.read_u8()).await.unwrap());
    }
    assert!(answer.starts_with(b"HTTP/1.1 101 "));
    stream.write_all(b"there and back").await.unwrap();
    let mut echo = [0; 14];
    soon(stream.read_exact(&mut echo)).await.unwrap();
    assert_eq!(&echo, b"there and back");
}

/// What a middleware outside of the router has set.
const NOTE: Key<String> = Key::new("test.Note");

#[tokio::test]
async fn an_app_in_a_router_that_is_an_app_has_the_environment_of_the_outside() {
    let inner = async |mut env: Environment| -> Result<Environment, Error> {
        let note = env.get(NOTE).cloned().unwrap_or_default();
        let (base, path) = (env.request().path_base(), env.request().path());
        let text = format!("{note}|{base}|{path}|{}", env.request().raw_target().unwrap_or("-"));
        env.response_mut().set_body(text);
        Ok(env)
    };
    let router = Router::new().nest_service("/in", owin_axum::mount(inner.boxed()));
    let router = owin_axum::app(router);
    let outer = move |mut env: Environment| {
        let router = router.clone();
        async move {
            env.set(NOTE, "kept".to_owned())?;
            env.request_mut().set_path_base("/out");
            env.request_mut().set_path("/in/there");
            router.call(env).await
        }
    };
    let host = TestHost::new(outer);
    let mut answer = host.get("/out/in/there?q").send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "kept|/out/in|/there|/out/in/there?q");
}
