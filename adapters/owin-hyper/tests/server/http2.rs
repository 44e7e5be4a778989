//! HTTP/2 by prior knowledge, with hyper's own client.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Version};
use http_body_util::{BodyExt, Channel, Empty, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use owin_core::features::Outcome;
use owin_core::{Environment, Error, Headers, keys};
use tokio::net::TcpStream;

use crate::support::{Seen, Started, start};

async fn connect<B>(server: &Started) -> SendRequest<B>
where
    B: http_body::Body<Data = Bytes, Error = std::convert::Infallible> + Send + Unpin + 'static,
{
    let stream = TcpStream::connect(server.socket).await.expect("it listens");
    let shaken = handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (sender, connection) = shaken.expect("it speaks HTTP/2");
    tokio::spawn(connection);
    sender
}

fn get<B>(path: &str, body: B) -> Request<B> {
    let uri = format!("http://h{path}");
    Request::builder().version(Version::HTTP_2).uri(uri).body(body).expect("a request")
}

#[tokio::test]
async fn a_request_has_a_host_and_its_answer_a_length() {
    let server = start(async |mut env: Environment| -> Result<Environment, Error> {
        let told = format!("{:?} {}", env.request().protocol(), env.request().url());
        env.response_mut().headers_mut()?.set("connection", "close")?;
        env.response_mut().set_body(told);
        Ok(env)
    })
    .await;
    let mut sender = connect::<Empty<Bytes>>(&server).await;
    let response = sender.send_request(get("/a?b", Empty::new())).await.expect("an answer");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-length"], "21");
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    assert_eq!(body, "HTTP/2.0 http://h/a?b");
    drop(sender);
    assert!(server.stop().await.is_ok());
}

#[tokio::test]
async fn cookies_in_crumbs_reach_the_app_as_one_line() {
    let server = start(async |mut env: Environment| -> Result<Environment, Error> {
        let lines: Vec<_> =
            env.request().headers().get_all("cookie").map(|v| v.as_bytes().to_vec()).collect();
        env.response_mut().set_body(lines.join(&b"|"[..]));
        Ok(env)
    })
    .await;
    let mut sender = connect::<Empty<Bytes>>(&server).await;
    let mut request = get("/", Empty::new());
    for crumb in ["a=1", "b=2"] {
        request.headers_mut().append("cookie", crumb.parse().expect("a value"));
    }
    let response = sender.send_request(request).await.expect("an answer");
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    assert_eq!(body, "a=1; b=2");
    drop(sender);
    assert!(server.stop().await.is_ok());
}

#[tokio::test]
async fn a_hundred_streams_are_served_at_once() {
    let meeting = Arc::new(tokio::sync::Barrier::new(100));
    let most = Arc::new(AtomicUsize::new(0));
    let met = (Arc::clone(&meeting), Arc::clone(&most));
    let server = start(move |mut env: Environment| {
        let (meeting, most) = (Arc::clone(&met.0), Arc::clone(&met.1));
        async move {
            meeting.wait().await;
            most.fetch_add(1, Ordering::Relaxed);
            let path = env.request().path().to_owned();
            env.response_mut().write(path).await?;
            env.response_mut().flush().await?;
            env.response_mut().write([b'x'; 10_000]).await?;
            Ok::<_, Error>(env)
        }
    })
    .await;
    let sender = connect::<Empty<Bytes>>(&server).await;
    let asking: Vec<_> = (0..100)
        .map(|number| {
            let mut sender = sender.clone();
            tokio::spawn(async move {
                let request = get(&format!("/{number}"), Empty::new());
                let response = sender.send_request(request).await.expect("an answer");
                let body = response.into_body().collect().await.expect("a body").to_bytes();
                assert_eq!(body.len(), 10_000 + format!("/{number}").len());
            })
        })
        .collect();
    for task in asking {
        task.await.expect("no panic");
    }
    assert_eq!(most.load(Ordering::Relaxed), 100);
}

#[tokio::test]
async fn an_echo_streams_and_ends_with_trailers() {
    let server = start(async |mut env: Environment| -> Result<Environment, Error> {
        while let Some(data) = env.request_mut().body_mut().chunk().await? {
            env.response_mut().write_bytes(data).await?;
            env.response_mut().flush().await?;
        }
        let sum = env.get(keys::SERVER_REQUEST_TRAILERS).and_then(|all| all.text("x-sum"));
        let mut trailers = Headers::new();
        trailers.set("x-sum", sum.unwrap_or("none").to_owned())?;
        env.set(keys::SERVER_RESPONSE_TRAILERS, trailers)?;
        Ok(env)
    })
    .await;
    let mut sender = connect::<Channel<Bytes>>(&server).await;
    let (mut feed, body) = Channel::new(1);
    let mut request = get("/", body);
    *request.method_mut() = Method::POST;
    feed.send_data("one".into()).await.expect("somebody reads");
    let mut response = sender.send_request(request).await.expect("an answer").into_body();
    for word in ["one", "two"] {
        let frame = response.frame().await.expect("a frame").expect("no error");
        assert_eq!(frame.into_data().expect("data"), word);
        if word == "one" {
            feed.send_data("two".into()).await.expect("somebody reads");
        }
    }
    let mut trailers = http::HeaderMap::new();
    trailers.insert("x-sum", "7".parse().expect("a value"));
    feed.send_trailers(trailers).await.expect("somebody reads");
    drop(feed);
    let rest = response.collect().await.expect("an end");
    assert_eq!(rest.trailers().expect("trailers")["x-sum"], "7");
}

#[tokio::test]
async fn a_stream_that_is_reset_fires_the_token() {
    let seen = Seen::default();
    let watched = seen.clone();
    let server = start(move |mut env: Environment| {
        let seen = watched.clone();
        async move {
            seen.watch(&mut env)?;
            std::future::pending::<()>().await;
            Ok(env)
        }
    })
    .await;
    let mut sender = connect::<Empty<Bytes>>(&server).await;
    let asking = sender.send_request(get("/", Empty::new()));
    assert!(tokio::time::timeout(Duration::from_millis(50), asking).await.is_err());
    assert!(seen.cancelled().await.is_some());
    assert_eq!(seen.ended().await, Some(Outcome::Cancelled));
}

#[tokio::test]
async fn a_reader_that_takes_nothing_stops_the_app() {
    let written = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&written);
    let server = start(move |mut env: Environment| {
        let written = Arc::clone(&counting);
        async move {
            for _ in 0..1_000 {
                env.response_mut().write([b'x'; 32 * 1024]).await?;
                written.fetch_add(32 * 1024, Ordering::Relaxed);
            }
            Ok::<_, Error>(env)
        }
    })
    .await;
    let mut sender = connect::<Empty<Bytes>>(&server).await;
    let response = sender.send_request(get("/", Empty::new())).await.expect("an answer");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(written.load(Ordering::Relaxed) < 8 * 1024 * 1024);
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    assert_eq!(body.len(), 1_000 * 32 * 1024);
}

#[tokio::test]
async fn an_error_after_the_start_resets_the_stream_alone() {
    let server = start(async |mut env: Environment| -> Result<Environment, Error> {
        if env.request().path() == "/well" {
            return Ok(env);
        }
        env.response_mut().write("begun").await?;
        env.response_mut().flush().await?;
        Err(Error::app("it fails"))
    })
    .await;
    let mut sender = connect::<Empty<Bytes>>(&server).await;
    let response = sender.send_request(get("/", Empty::new())).await.expect("an answer");
    assert!(response.into_body().collect().await.is_err());
    let response = sender.send_request(get("/well", Empty::new())).await.expect("an answer");
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn bad_requests_are_refused() {
    let server = start(async |env: Environment| -> Result<Environment, Error> { Ok(env) }).await;
    let mut sender = connect::<Full<Bytes>>(&server).await;
    let status = async |sender: &mut SendRequest<Full<Bytes>>,
                        change: fn(&mut Request<Full<Bytes>>)| {
        let mut request = get("/", Full::default());
        change(&mut request);
        sender.send_request(request).await.expect("an answer").status().as_u16()
    };
    assert_eq!(status(&mut sender, |_| {}).await, 200);
    let contradict: fn(&mut Request<Full<Bytes>>) =
        |request| drop(request.headers_mut().insert("host", "i".parse().expect("a value")));
    assert_eq!(status(&mut sender, contradict).await, 400);
    let misdirect: fn(&mut Request<Full<Bytes>>) =
        |request| *request.uri_mut() = "https://h/".parse().expect("a URI");
    assert_eq!(status(&mut sender, misdirect).await, 421);
}

#[tokio::test]
async fn a_stop_lets_the_streams_finish_that_are_under_way() {
    let server = start(async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().write("one ").await?;
        env.response_mut().flush().await?;
        tokio::time::sleep(Duration::from_millis(150)).await;
        env.response_mut().write("two").await?;
        Ok(env)
    })
    .await;
    let mut sender = connect::<Empty<Bytes>>(&server).await;
    let response = sender.send_request(get("/", Empty::new())).await.expect("an answer");
    let stopping = tokio::spawn(server.stop());
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    assert_eq!(body, "one two");
    assert!(stopping.await.expect("no panic").is_ok());
    assert!(sender.send_request(get("/", Empty::new())).await.is_err());
}

#[tokio::test]
async fn a_stream_that_outlasts_the_deadline_is_cancelled() {
    let seen = Seen::default();
    let watched = seen.clone();
    let server = start(move |mut env: Environment| {
        let seen = watched.clone();
        async move {
            seen.watch(&mut env)?;
            std::future::pending::<()>().await;
            Ok(env)
        }
    })
    .await;
    let mut sender = connect::<Empty<Bytes>>(&server).await;
    let asking = tokio::spawn(sender.send_request(get("/", Empty::new())));
    tokio::time::sleep(Duration::from_millis(50)).await;
    let stopped = server.running.stop(Duration::from_millis(50)).await;
    assert!(stopped.is_err_and(|error| error.to_string().starts_with("1 call was cut off")));
    assert_eq!(seen.reason(), Some(owin_core::CancelReason::Shutdown));
    assert!(asking.await.expect("no panic").is_err());
}
