//! Connections that are taken over.

use std::time::Duration;

use http::{Request, Version};
use http_body_util::Empty;
use hyper::ext::Protocol;
use hyper_util::rt::{TokioExecutor, TokioIo};
use owin_core::testing::TestHost;
use owin_core::upgrade::{Duplex, OpaqueUpgrade};
use owin_core::{App, AppExt, CancelReason, Environment, Error, Properties, Running, keys, server};
use owin_http::{put_response, take_request};
use owin_hyper::{HyperServer, OfferUpgrade};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedSender;

use crate::support::{Client, start};

const ASK: &str = "GET / HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";

/// Echoes what comes on the stream itself.
async fn echo(mut env: Environment) -> Result<Environment, Error> {
    let Some(upgrade) = env.feature::<&OpaqueUpgrade>().cloned() else {
        env.response_mut().set_body("not offered");
        return Ok(env);
    };
    env.response_mut().headers_mut()?.set("x-mine", "1")?;
    upgrade.accept(&mut env, None, async |mut env| {
        let Some(mut stream) = env.remove(keys::OPAQUE_STREAM)? else { return Ok(()) };
        let mut buf = [0; 1024];
        loop {
            let count = stream.read(&mut buf).await?;
            if count == 0 {
                return stream.shutdown().await;
            }
            stream.write_all(&buf[..count]).await?;
            stream.flush().await?;
        }
    })?;
    Ok(env)
}

#[tokio::test]
async fn an_app_takes_a_connection_over() {
    let server = start(echo).await;
    let mut client = server.client().await;
    // The first bytes of the new protocol come with the request.
    client.send(format!("{ASK}early")).await;
    let head = client.until("\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 101 ") && head.contains("x-mine: 1\r\n"), "{head}");
    assert!(
        head.contains("upgrade: echo\r\n") && head.contains("connection: upgrade\r\n"),
        "{head}"
    );
    assert_eq!(client.until("early").await, "early");
    client.send("late").await;
    assert_eq!(client.until("late").await, "late");
    client.0.shutdown().await.expect("it can be shut");
    assert_eq!(client.rest().await, "");
    let answer = server.exchange("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await;
    assert!(answer.ends_with("not offered"), "{answer}");
}

/// Takes the connection over, says when it hears of the stop, and does not end.
async fn wait_for_ever(
    mut env: Environment,
    told: UnboundedSender<CancelReason>,
) -> Result<Environment, Error> {
    let Some(upgrade) = env.feature::<&OpaqueUpgrade>().cloned() else { return Ok(env) };
    upgrade.accept(&mut env, None, async move |env| {
        let token = env.get(keys::OPAQUE_CALL_CANCELLED).cloned().unwrap_or_default();
        let _gone = told.send(token.cancelled().await);
        std::future::pending().await
    })?;
    Ok(env)
}

#[tokio::test]
async fn whoever_has_a_connection_hears_of_the_stop_and_is_cut_off() {
    let (told, mut hears) = tokio::sync::mpsc::unbounded_channel();
    let server = start(move |env: Environment| wait_for_ever(env, told.clone())).await;
    let mut client = server.client().await;
    client.send(ASK).await;
    assert!(client.until("\r\n\r\n").await.starts_with("HTTP/1.1 101 "));
    let stopped = server.running.stop(Duration::from_millis(100)).await;
    assert_eq!(hears.recv().await, Some(CancelReason::Shutdown));
    assert!(stopped.is_err(), "it was cut off");
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn an_extended_connect_is_taken_over_by_the_same_app() {
    connect_over_http_2(echo).await;
}

#[tokio::test]
async fn a_service_made_for_hyper_takes_an_extended_connect_over() {
    connect_over_http_2(upgradeable()).await;
}

async fn connect_over_http_2(app: impl App) {
    let server = start(app).await;
    let stream = TcpStream::connect(server.socket).await.expect("it listens");
    let shaken = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = shaken.await.expect("it speaks HTTP/2");
    tokio::spawn(connection);
    let connect = |protocol: Option<Protocol>| {
        let mut request = Request::connect("http://h/a").version(Version::HTTP_2);
        if let Some(protocol) = protocol {
            request = request.extension(protocol);
        } else {
            request = Request::connect("h:1").version(Version::HTTP_2);
        }
        request.body(Empty::<bytes::Bytes>::new()).expect("a request")
    };
    // The server's settings must have come before.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let refused = sender.send_request(connect(None)).await.expect("an answer");
    assert_eq!(refused.status(), 501);
    let request = connect(Some(Protocol::from_static("echo")));
    let mut response = sender.send_request(request).await.expect("an answer");
    assert_eq!(response.status(), 200);
    assert!(
        response.headers().contains_key("x-mine") && !response.headers().contains_key("upgrade")
    );
    let upgraded = hyper::upgrade::on(&mut response).await.expect("the stream");
    let mut stream = TokioIo::new(upgraded);
    stream.write_all(b"hello").await.expect("it takes bytes");
    let mut buf = [0; 5];
    stream.read_exact(&mut buf).await.expect("it gives bytes");
    assert_eq!(&buf, b"hello");
}

/// A service made for hyper: takes `OnUpgrade` out of the extensions, and echoes.
async fn foreign(mut env: Environment) -> Result<Environment, Error> {
    let request = take_request(&mut env);
    if request.extensions().get::<hyper::upgrade::OnUpgrade>().is_none() {
        put_response(&mut env, http::Response::new(String::from("no extension")))?;
        return Ok(env);
    }
    if request.uri().path() == "/declined" {
        let upgrade = hyper::upgrade::on(request);
        put_response(&mut env, http::Response::new(String::from("declined")))?;
        tokio::spawn(async move { assert!(upgrade.await.is_err()) });
        return Ok(env);
    }
    let upgrade = hyper::upgrade::on(request);
    tokio::spawn(async move {
        let upgraded = upgrade.await.expect("the connection");
        let (mut reader, mut writer) = tokio::io::split(TokioIo::new(upgraded));
        let _lost = tokio::io::copy(&mut reader, &mut writer).await;
        let _lost = writer.shutdown().await;
    });
    let status = if env.request().method() == http::Method::CONNECT { 200 } else { 101 };
    let switching = http::Response::builder().status(status).header("x-mine", "1");
    put_response(&mut env, switching.body(String::new()).expect("a response"))?;
    Ok(env)
}

fn upgradeable() -> impl App {
    foreign.with(OfferUpgrade)
}

async fn run_on(server: Box<dyn owin_core::Server>) -> Box<dyn Running> {
    let mut properties = Properties::new();
    properties.listen_on("http://127.0.0.1:0".parse().expect("an address"));
    let running = server::start(server, properties, |_| Ok(upgradeable().boxed()));
    running.await.expect("it starts")
}

#[tokio::test]
async fn a_service_made_for_hyper_takes_a_connection_over_on_any_server() {
    let servers: [Box<dyn owin_core::Server>; 2] =
        [Box::new(nowin_like_server::NowinServer::new()), Box::new(HyperServer::new())];
    for server in servers {
        let running = run_on(server).await;
        let port = running.addresses()[0].port();
        let connect =
            async || Client(TcpStream::connect(("127.0.0.1", port)).await.expect("it listens"));
        let mut client = connect().await;
        client.send(format!("{ASK}early")).await;
        let head = client.until("\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 101 ") && head.contains("x-mine: 1\r\n"), "{head}");
        assert_eq!(client.until("early").await, "early");
        let long = vec![b'x'; 300_000];
        client.send(&long).await;
        let mut back = vec![0; long.len()];
        client.0.read_exact(&mut back).await.expect("it gives bytes");
        assert_eq!(back, long);
        client.0.shutdown().await.expect("it can be shut");
        assert_eq!(client.rest().await, "");

        let mut client = connect().await;
        client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
        assert!(client.until("no extension").await.starts_with("HTTP/1.1 200 OK"));
        client.send(ASK.replace("GET /", "GET /declined")).await;
        assert!(client.until("declined").await.starts_with("HTTP/1.1 200 OK"));
        let stopped = running.stop(Duration::from_secs(5)).await;
        assert!(stopped.is_ok(), "{stopped:?}");
    }
}

#[tokio::test]
async fn a_service_made_for_hyper_takes_a_connection_over_in_memory() {
    let host = TestHost::new(upgradeable());
    let request = host.get("/").header("connection", "upgrade").header("upgrade", "echo");
    let mut response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 101);
    let (mut client, callback) = response.take_upgrade().expect("an upgrade");
    let serving = tokio::spawn(callback);
    let write = std::future::poll_fn(|cx| std::pin::Pin::new(&mut client).poll_write(b"hello", cx));
    assert_eq!(write.await.expect("it takes bytes"), 5);
    let mut buf = [0; 16];
    let read = std::future::poll_fn(|cx| std::pin::Pin::new(&mut client).poll_read(&mut buf, cx));
    assert_eq!(read.await.expect("it gives bytes"), 5);
    assert_eq!(&buf[..5], b"hello");
    drop(client);
    assert!(serving.await.expect("no panic").is_ok());
}
