//! Calls on dead connections, and what they do to living ones.

use std::sync::Arc;

use owin_core::{Environment, Error};
use tokio::sync::Notify;

use crate::support::{Answer, seen, serve};

const GET: &str = "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n";

#[tokio::test]
async fn an_app_that_finishes_after_the_abort_does_no_harm() {
    // OWIN-120, DF-39.
    let (told, mut steps) = seen();
    let go_on = Arc::new(Notify::new());
    let wait = Arc::clone(&go_on);
    let server = serve(move |mut env: Environment| {
        let (told, wait) = (told.clone(), Arc::clone(&wait));
        async move {
            if env.request().path() == "/slow" {
                told.send("began").unwrap();
                env.request().cancelled().clone().cancelled().await;
                told.send("cancelled").unwrap();
                wait.notified().await;
                let steps = [("ended", false), ("reused", true)];
                let step = steps.into_iter().find(|(_, seen)| *seen == env.contains("test.Other"));
                told.send(step.unwrap().0).unwrap();
            }
            env.set_value("test.Other", owin_core::Value::new(1_u8))?;
            env.response_mut().set_body("fine");
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send(GET).await;
    assert_eq!(steps.next("the call").await, "began");
    client.reset();
    assert_eq!(steps.next("the token").await, "cancelled");
    assert_eq!(server.get("/").await.text(), "fine");
    go_on.notify_one();
    assert_eq!(steps.next("the end").await, "ended");
    assert_eq!(server.get("/").await.text(), "fine");
}

#[tokio::test]
async fn an_app_that_never_ends_stops_nobody_else() {
    // OWIN-002, DF-45.
    let (told, mut calls) = seen();
    let server = serve(move |mut env: Environment| {
        let told = told.clone();
        async move {
            if env.request().path() == "/slow" {
                told.send(()).unwrap();
                std::future::pending::<()>().await;
            }
            env.response_mut().set_body("fine");
            Ok(env)
        }
    })
    .await;
    for _ in 0..20 {
        let mut client = server.connect().await;
        client.send(GET).await;
        calls.next("the call").await;
        client.reset();
        assert_eq!(server.get("/").await.text(), "fine");
    }
    // Nobody waits for these calls, so nobody is cut off; but they are dropped before it is over.
    assert!(server.stop(std::time::Duration::ZERO).await.is_ok());
}

#[tokio::test]
async fn a_response_that_nobody_waits_for_is_not_sent() {
    // DF-39.
    let (told, mut steps) = seen();
    let server = serve(move |mut env: Environment| {
        let told = told.clone();
        async move {
            told.send("began").unwrap();
            env.request().cancelled().clone().cancelled().await;
            env.response_mut().set_body("too late");
            told.send("ended").unwrap();
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf").await;
    assert_eq!(steps.next("the call").await, "began");
    client.half_close().await;
    assert_eq!(steps.next("the end").await, "ended");
    client.is_closed().await;
}

#[tokio::test]
async fn a_handle_that_is_kept_sees_no_later_call() {
    // CK-020: token and request body of the first call, looked at in the second.
    let (told, mut kept) = seen();
    let server = serve(move |mut env: Environment| {
        let told = told.clone();
        async move {
            let told_now = (env.request().cancelled().clone(), env.request_mut().take_body());
            let _test_is_over = told.send(told_now);
            Ok::<_, Error>(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nfirst").await;
    assert_eq!(client.response().await.status, 200);
    let (token, mut body) = kept.next("the handles").await;
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nsecond").await;
    assert_eq!(client.response().await.status, 200);
    assert!(body.read_to_end(100).await.is_err());
    assert!(!token.is_cancelled());
}

#[tokio::test]
async fn a_whole_body_that_streams_is_dropped_when_the_client_goes() {
    // OWIN-077.
    struct Endless(tokio::sync::mpsc::UnboundedSender<()>);
    impl Drop for Endless {
        fn drop(&mut self) {
            let _test_is_over = self.0.send(());
        }
    }
    impl http_body::Body for Endless {
        type Data = bytes::Bytes;
        type Error = Error;
        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, Error>>> {
            let data = bytes::Bytes::from_static(&[b'x'; 16_384]);
            std::task::Poll::Ready(Some(Ok(http_body::Frame::data(data))))
        }
    }

    let (told, mut dropped) = seen();
    let server = serve(move |mut env: Environment| {
        let body = Endless(told.clone());
        async move {
            env.response_mut().set_body(owin_core::body::Whole::stream(body));
            Answer::Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send(GET).await;
    assert_eq!(client.response_head().await.status, 200);
    client.reset();
    dropped.next("the end of the body").await;
}
