//! `Expect: 100-continue`: asked for by a read, once, and never in vain.

use std::sync::Arc;

use owin_core::Environment;
use tokio::sync::Notify;

use crate::support::{Answer, echo, nothing, serve};

const HEAD: &str =
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";

#[tokio::test]
async fn a_read_asks_for_the_body() {
    // OWIN-050.
    let server = serve(echo).await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send(HEAD).await;
        assert_eq!(client.exactly(25).await, b"HTTP/1.1 100 Continue\r\n\r\n");
        client.send("body").await;
        let response = client.response().await;
        assert_eq!((response.status, response.text()), (200, "body"));
        assert!(!response.closes());
    }
}

#[tokio::test]
async fn a_read_asks_for_a_chunked_body() {
    // OWIN-050.
    let server = serve(echo).await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        client
            .send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: 100-Continue\r\n\r\n")
            .await;
        assert_eq!(client.response().await.status, 100);
        client.send("4\r\nbody\r\n0\r\n\r\n").await;
        assert_eq!(client.response().await.text(), "body");
    }
}

#[tokio::test]
async fn an_app_that_never_reads_asks_for_nothing() {
    // OWIN-051: the answer comes without the body, and the connection closes.
    let server = serve(nothing).await;
    let mut client = server.connect().await;
    client.send(HEAD).await;
    let response = client.response().await;
    assert_eq!((response.status, response.closes()), (200, true));
    client.is_closed().await;
}

#[tokio::test]
async fn nothing_is_asked_for_before_the_read() {
    // OWIN-051.
    let go_on = Arc::new(Notify::new());
    let wait = Arc::clone(&go_on);
    let server = serve(move |mut env: Environment| {
        let wait = Arc::clone(&wait);
        async move {
            wait.notified().await;
            let body = env.request_mut().body_mut().read_to_end(10).await?;
            env.response_mut().set_body(body);
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send(HEAD).await;
    let early = tokio::time::timeout(std::time::Duration::from_millis(30), client.line()).await;
    assert!(early.is_err(), "{early:?}");
    go_on.notify_one();
    assert_eq!(client.response().await.status, 100);
    client.send("body").await;
    assert_eq!(client.response().await.text(), "body");
}

#[tokio::test]
async fn a_body_that_came_along_is_not_asked_for() {
    // OWIN-052: and the connection stays.
    let server = serve(echo).await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send(format!("{HEAD}body")).await;
        let response = client.response().await;
        assert_eq!((response.status, response.text(), response.closes()), (200, "body", false));
    }
}

#[tokio::test]
async fn a_body_that_has_begun_is_not_asked_for() {
    // OWIN-052.
    let server = serve(echo).await;
    let mut client = server.connect().await;
    client.send(format!("{HEAD}bo")).await;
    client.send("dy").await;
    let response = client.response().await;
    assert_eq!((response.status, response.text(), response.closes()), (200, "body", false));
}

#[tokio::test]
async fn it_is_asked_for_once_however_often_the_app_reads() {
    // OWIN-053.
    let server = serve(async |mut env: Environment| -> Answer {
        for _ in 0..5 {
            let read = env.request_mut().body_mut();
            let polled = tokio::time::timeout(std::time::Duration::from_millis(1), read.chunk());
            if let Ok(chunk) = polled.await {
                env.response_mut().write_bytes(chunk?.unwrap_or_default()).await?;
            }
        }
        let rest = env.request_mut().body_mut().read_to_end(10).await?;
        env.response_mut().write_bytes(rest).await?;
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    client.send(HEAD).await;
    assert_eq!(client.response().await.status, 100);
    client.send("bo").await;
    client.send("dy").await;
    let response = client.response().await;
    assert_eq!((response.status, response.text()), (200, "body"));
}

#[tokio::test]
async fn an_empty_body_is_not_asked_for() {
    // OWIN-053: and the connection stays.
    let server = serve(echo).await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        client
            .send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n")
            .await;
        let response = client.response().await;
        assert_eq!((response.status, response.closes()), (200, false));
    }
}

#[tokio::test]
async fn a_client_of_http_10_is_not_asked() {
    // OWIN-054.
    let server = serve(echo).await;
    let mut client = server.connect().await;
    client.send("POST / HTTP/1.0\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n").await;
    client.send("body").await;
    let response = client.response().await;
    assert_eq!((response.status, response.text()), (200, "body"));
}

#[tokio::test]
async fn nothing_is_asked_for_once_the_response_has_started() {
    // OWIN-050: an interim response cannot follow a final one.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().write("started ").await?;
        env.response_mut().flush().await?;
        let body = env.request_mut().body_mut().read_to_end(10).await?;
        env.response_mut().write(body).await?;
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    client.send(HEAD).await;
    let head = client.response_head().await;
    assert_eq!((head.status, head.closes()), (200, true));
    client.send("body").await;
    assert_eq!(client.rest().await, "8\r\nstarted \r\n4\r\nbody\r\n0\r\n\r\n");
}

#[tokio::test]
async fn another_expectation_cannot_be_met() {
    let server = serve(nothing).await;
    let mut client = server.connect().await;
    client
        .send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: a-miracle\r\n\r\n")
        .await;
    let response = client.response().await;
    assert_eq!((response.status, response.closes()), (417, true));
    client.is_closed().await;
}
