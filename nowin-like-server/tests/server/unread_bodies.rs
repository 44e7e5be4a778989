//! Bodies that an app does not read, or not to the end.

use std::sync::Arc;

use owin_core::{Environment, ErrorKind, RequestBody};
use tokio::sync::Notify;

use crate::support::{Answer, hello, nothing, pattern, post, post_chunked, seen, serve};

#[tokio::test]
async fn after_an_unread_small_body_the_next_request_works() {
    // OWIN-062, OWIN-063.
    let server = serve(hello("answer")).await;
    let mut client = server.connect().await;
    let body = pattern(1_024);
    for request in [post("/", &body), post_chunked(&body, 100), post("/", &body)] {
        client.send(request).await;
        let response = client.response().await;
        assert_eq!((response.text(), response.closes()), ("answer", false));
    }
}

#[tokio::test]
async fn an_unread_body_that_comes_late_does_not_delay_the_answer() {
    // OWIN-063.
    let server = serve(hello("answer")).await;
    let mut client = server.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf").await;
    assert_eq!(client.response().await.text(), "answer");
    client.send(" late").await;
    assert_eq!(client.get("/").await.text(), "answer");
}

#[tokio::test]
async fn a_body_that_the_app_drops_does_no_harm() {
    // OWIN-062.
    let server = serve(async |mut env: Environment| -> Answer {
        let first = env.request_mut().body_mut().chunk().await?;
        drop(env.request_mut().take_body());
        let gone = env.request_mut().body_mut().chunk().await?;
        env.response_mut().set_body(format!("{} {gone:?}", first.is_some()));
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send(post("/", &pattern(100_000))).await;
        assert_eq!(client.response().await.text(), "true None");
    }
}

#[tokio::test]
async fn an_unread_huge_body_does_not_delay_the_answer() {
    // OWIN-063, HT-25: it comes at once, then the connection closes.
    let server = serve(hello("answer")).await;
    for head in ["Content-Length: 1000000000", "Transfer-Encoding: chunked"] {
        let mut client = server.connect().await;
        client.send(format!("POST / HTTP/1.1\r\nHost: h\r\n{head}\r\n\r\n")).await;
        assert_eq!(client.response().await.text(), "answer");
        // Now the body: nobody takes it for ever.
        let chunk = [b"10000\r\n".as_slice(), &[b'x'; 65_536], b"\r\n"].concat();
        let mut sent = 0;
        while client.try_send(&chunk).await.is_ok() {
            sent += chunk.len();
            assert!(sent < 100_000_000, "{sent} bytes were taken of a body that nobody wants");
        }
    }
}

#[tokio::test]
async fn a_huge_unread_body_leads_to_no_second_request() {
    // OWIN-063.
    let (told, mut calls) = seen();
    let server = serve(move |env: Environment| {
        told.send(env.request().path().to_owned()).unwrap();
        async move { Ok(env) }
    })
    .await;
    let mut client = server.connect().await;
    let inner = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n".repeat(40_000);
    let request = post("/", inner.as_bytes());
    let _reset_perhaps = client.try_send(&request).await;
    let _reset_perhaps = client.try_rest().await;
    assert_eq!(calls.rest(), ["/"]);
}

/// What comes of a body, and the fault that it ends with, if it does.
async fn read_all(mut body: RequestBody) -> (Vec<u8>, Option<ErrorKind>) {
    let mut all = Vec::new();
    loop {
        match body.chunk().await {
            Ok(Some(bytes)) => all.extend_from_slice(&bytes),
            Ok(None) => return (all, None),
            Err(error) => return (all, Some(error.kind())),
        }
    }
}

#[tokio::test]
async fn a_task_that_reads_after_the_end_gets_an_error() {
    // OWIN-057: and never bytes of the next request.
    let (told, mut results) = seen();
    let server = serve(move |mut env: Environment| {
        let told = told.clone();
        async move {
            let body = env.request_mut().take_body();
            tokio::spawn(async move { told.send(read_all(body).await).unwrap_or_default() });
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf").await;
    assert_eq!(client.response().await.status, 200);
    let (read, end) = results.next("the end of the read").await;
    assert!(read.is_empty() || read == b"half", "{read:?}");
    assert_eq!(end, Some(ErrorKind::Peer));
    client.send("halfGET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(client.response().await.status, 200);
}

#[tokio::test]
async fn a_task_that_writes_after_the_end_gets_an_error() {
    // OWIN-059, CK-020: no byte of it leaks into the next response.
    let (told, mut results) = seen();
    let (write, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let signals = (Arc::clone(&write), Arc::clone(&answer));
    let server = serve(move |mut env: Environment| {
        let (told, write, answer) = (told.clone(), Arc::clone(&signals.0), Arc::clone(&signals.1));
        async move {
            if env.request().path() != "/first" {
                answer.notified().await;
                env.response_mut().write("second").await?;
                return Ok(env);
            }
            env.response_mut().write("first").await?;
            let outlet = env.response_mut().replace_outlet(owin_core::ResponseBody::detached());
            tokio::spawn(async move {
                let mut own = Environment::new();
                let _detached = own.response_mut().replace_outlet(outlet);
                write.notified().await;
                let late = own.response_mut().write([b'!'; 20_000]).await;
                let _test_is_over = told.send(late.is_err());
            });
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    assert_eq!(client.get("/first").await.text(), "first");
    client.send("GET /second HTTP/1.1\r\nHost: h\r\n\r\n").await;
    write.notify_one();
    assert!(results.next("the late write").await, "it was taken");
    answer.notify_one();
    assert_eq!(client.response().await.text(), "second");
}

#[tokio::test]
async fn broken_chunks_that_nobody_reads_close_the_connection() {
    // HT-06, HT-07.
    let (told, mut calls) = seen();
    let server = serve(move |env: Environment| {
        told.send(()).unwrap();
        async move { Ok(env) }
    })
    .await;
    let mut client = server.connect().await;
    client
        .send(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\
             zz\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
        )
        .await;
    assert_eq!(client.response().await.status, 200);
    client.is_closed().await;
    assert_eq!(calls.rest().len(), 1);
}

#[tokio::test]
async fn a_client_that_leaves_an_unread_body_unsent_is_let_go() {
    let server = serve(nothing).await;
    let mut client = server.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n").await;
    assert_eq!(client.response().await.status, 200);
    client.half_close().await;
    client.is_closed().await;
}
