//! Clients that go, and clients that only look as if they did.

use std::time::Duration;

use owin_core::features::Outcome;
use owin_core::{CancelReason, Environment, Error};
use owin_hyper::HyperServer;
use tokio::io::AsyncWriteExt;

use crate::support::{Seen, eventually, start, start_at};

/// Computes without a word until it is cancelled, then tidies up.
fn silent(seen: &Seen) -> impl owin_core::App {
    let seen = seen.clone();
    move |mut env: Environment| {
        let seen = seen.clone();
        async move {
            seen.watch(&mut env)?;
            let token = env.request().cancelled().clone();
            token.cancelled().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(env)
        }
    }
}

#[tokio::test]
async fn a_reset_fires_the_token_of_a_silent_app_within_a_second() {
    for request in [
        "GET / HTTP/1.1\r\nhost: h\r\n\r\n",
        // hyper does not read on here: a body that nobody reads, and a request that waits its turn.
        "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: h\r\n\r\nGET / HTTP/1.1\r\nhost: h\r\n\r\n",
    ] {
        let seen = Seen::default();
        let server = start(silent(&seen)).await;
        let mut client = server.client().await;
        client.send(request).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(seen.reason(), None);
        client.reset();
        assert!(seen.cancelled().await.is_some(), "{request:?}");
        assert_eq!(seen.ended().await, Some(Outcome::Cancelled));
    }
}

#[tokio::test]
async fn a_reset_fires_the_token_of_an_app_that_has_begun_to_answer() {
    let seen = Seen::default();
    let watched = seen.clone();
    let server = start(move |mut env: Environment| {
        let seen = watched.clone();
        async move {
            seen.watch(&mut env)?;
            env.response_mut().write("begun").await?;
            env.response_mut().flush().await?;
            std::future::pending::<()>().await;
            Ok(env)
        }
    })
    .await;
    let mut client = server.client().await;
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    assert!(client.until("begun\r\n").await.contains("200 OK"));
    client.reset();
    assert!(seen.cancelled().await.is_some());
}

#[tokio::test]
async fn a_client_that_has_said_all_gets_its_answer() {
    let server = start(async |mut env: Environment| -> Result<Environment, Error> {
        let body = env.request_mut().body_mut().read_to_end(100).await?;
        tokio::time::sleep(Duration::from_millis(60)).await;
        env.response_mut().write(body).await?;
        env.response_mut().flush().await?;
        tokio::time::sleep(Duration::from_millis(60)).await;
        env.response_mut().write("end").await?;
        Ok(env)
    })
    .await;
    for request in [
        "GET / HTTP/1.1\r\nhost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\nab",
        "GET / HTTP/1.1\r\nhost: h\r\n\r\nGET / HTTP/1.1\r\nhost: h\r\n\r\n",
    ] {
        let mut client = server.client().await;
        client.send(request).await;
        client.0.shutdown().await.expect("it can be shut");
        let answer = client.rest().await;
        assert!(answer.ends_with("3\r\nend\r\n0\r\n\r\n"), "{answer}");
        let (asked, answered) = (request.matches(" / ").count(), answer.matches("200 OK").count());
        assert_eq!(asked, answered, "{answer}");
    }
}

#[tokio::test]
async fn a_slow_client_that_has_said_all_gets_all_of_its_answer() {
    const BYTES: usize = 16 * 1024 * 1024;
    let server = start(async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().set_body(vec![b'x'; BYTES]);
        Ok(env)
    })
    .await;
    let mut client = server.client().await;
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    client.0.shutdown().await.expect("it can be shut");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(client.rest().await.len() > BYTES);
}

#[tokio::test]
async fn an_end_before_the_whole_request_fires_the_token() {
    let seen = Seen::default();
    let watched = seen.clone();
    let server = start(move |mut env: Environment| {
        let seen = watched.clone();
        async move {
            seen.watch(&mut env)?;
            let failed = env.request_mut().body_mut().read_to_end(100).await;
            assert!(failed.is_err(), "it must not look whole");
            let token = env.request().cancelled().clone();
            token.cancelled().await;
            Ok(env)
        }
    })
    .await;
    let mut client = server.client().await;
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nab").await;
    eventually(|| seen.reason().is_none()).await;
    client.0.shutdown().await.expect("it can be shut");
    assert_eq!(seen.cancelled().await, Some(CancelReason::PeerClosed));
}

#[tokio::test]
async fn an_app_that_goes_on_after_its_answer_is_not_cancelled() {
    let seen = Seen::default();
    let watched = seen.clone();
    let server = start(move |mut env: Environment| {
        let seen = watched.clone();
        async move {
            seen.watch(&mut env)?;
            env.response_mut().headers_mut()?.set("content-length", 5)?;
            env.response_mut().write("hello").await?;
            env.response_mut().flush().await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok(env)
        }
    })
    .await;
    let mut client = server.client().await;
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    assert!(client.until("hello").await.contains("200 OK"));
    assert_eq!(seen.ended().await, Some(Outcome::Completed));
    assert_eq!(seen.reason(), None);
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed_after_a_while() {
    let server = HyperServer::new().with_period(Duration::from_millis(100));
    let app = async |env: Environment| -> Result<Environment, Error> { Ok(env) };
    let server = start_at(server, "http://127.0.0.1:0", app).await;
    for (said, answered) in
        [("", ""), ("GET / HT", ""), ("GET / HTTP/1.1\r\nhost: h\r\n\r\nGE", "HTTP/1.1 200 OK")]
    {
        let mut client = server.client().await;
        client.send(said).await;
        let answer = client.rest().await;
        assert!(answer.starts_with(answered), "{said:?} {answer:?}");
    }
}
