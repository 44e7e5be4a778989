//! What a request on a kept-alive connection allocates, beside the same on bare hyper.
#![expect(clippy::expect_used, reason = "a helper of tests may stop the test")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use allocation_counter::measure;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use owin_core::{AppExt, Environment, Error, Properties, server};
use owin_hyper::HyperServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

const REQUESTS: usize = 50;

async fn hello(mut env: Environment) -> Result<Environment, Error> {
    let mut response = env.response_mut();
    response.headers_mut()?.set(CONTENT_TYPE, HeaderValue::from_static("text/plain"))?;
    response.set_body("hello");
    Ok(env)
}

async fn answer(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(b"hello")));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    Ok(response)
}

/// Asks once; allocates nothing by itself.
async fn ask(stream: &mut TcpStream) {
    let mut answer = [0; 1024];
    stream.write_all(b"GET /a?b HTTP/1.1\r\nhost: h\r\n\r\n").await.expect("it takes bytes");
    let mut count = 0;
    while !answer.get(..count).is_some_and(|seen| seen.ends_with(b"hello")) {
        let rest = answer.get_mut(count..).expect("it is short");
        count += stream.read(rest).await.expect("it gives bytes");
    }
}

/// How often a server in this thread allocates for so many requests on a warm connection.
fn count(runtime: &Runtime, socket: SocketAddr) -> u64 {
    let mut stream = runtime.block_on(TcpStream::connect(socket)).expect("it listens");
    for _warm_up in 0..3 {
        runtime.block_on(ask(&mut stream));
    }
    measure(|| {
        for _ in 0..REQUESTS {
            runtime.block_on(ask(&mut stream));
        }
    })
    .count_total
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn count_ours() -> u64 {
    let runtime = runtime();
    let mut properties = Properties::new();
    properties.listen_on("http://127.0.0.1:0".parse().expect("an address"));
    let server = Box::new(HyperServer::new().with_period(Duration::from_secs(3_600)));
    let running = runtime.block_on(server::start(server, properties, |_| Ok(hello.boxed())));
    let running = running.expect("it starts");
    let port = running.addresses().first().map_or(0, owin_core::Address::port);
    count(&runtime, ([127, 0, 0, 1], port).into())
}

fn count_bare() -> u64 {
    let runtime = runtime();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let socket = listener.local_addr().expect("an address");
    runtime.spawn(async move {
        let (stream, _) = listener.accept().await?;
        let served =
            http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
        let _ended = served.await;
        Ok::<_, std::io::Error>(())
    });
    count(&runtime, socket)
}

#[test]
fn a_request_allocates_no_more_than_on_bare_hyper() {
    let (ours, bare) = (count_ours(), count_bare());
    assert!(bare > 0, "nothing was counted");
    assert!(ours <= bare, "{ours} and not {bare} in {REQUESTS} requests");
}
