//! `owin.CallCancelled`: when it fires, when it does not.

use std::sync::Arc;

use nowin_like_server::{HalfClosed, NowinServer};
use owin_core::{App, CallCancelled, CancelReason, Environment};
use tokio::sync::{Notify, mpsc::UnboundedSender};

use crate::support::{nothing, seen, serve, soon, start_with};

/// Says that it has begun, waits for its token and tells the reason.
fn waits(told: UnboundedSender<Option<CancelReason>>) -> impl App {
    move |env: Environment| {
        let told = told.clone();
        async move {
            let _test_is_over = told.send(None);
            let reason = env.request().cancelled().cancelled().await;
            let _test_is_over = told.send(Some(reason));
            Ok(env)
        }
    }
}

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const HALF: &str = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf";
const HALF_CHUNKED: &str =
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";

#[tokio::test]
async fn it_is_there_and_has_not_fired() {
    // OWIN-030.
    let server = serve(crate::support::tell(|env| {
        let token = env.get(owin_core::keys::CALL_CANCELLED);
        format!("{:?}", token.map(CallCancelled::is_cancelled))
    }))
    .await;
    let mut client = server.connect().await;
    for _ in 0..3 {
        assert_eq!(client.get("/").await.text(), "Some(false)");
    }
}

#[tokio::test]
async fn a_reset_fires_it() {
    // OWIN-077.
    let (told, mut reasons) = seen();
    let server = serve(waits(told)).await;
    for request in [GET, HALF, HALF_CHUNKED] {
        let mut client = server.connect().await;
        client.send(request).await;
        assert_eq!(reasons.next("the call").await, None);
        client.reset();
        assert_eq!(reasons.next("the reason").await, Some(CancelReason::PeerReset), "{request}");
    }
}

#[tokio::test]
async fn an_end_before_the_whole_request_fires_it() {
    // OWIN-077: also where the app does not read.
    let (told, mut reasons) = seen();
    let server = serve(waits(told)).await;
    for request in [HALF, HALF_CHUNKED] {
        let mut client = server.connect().await;
        client.send(request).await;
        assert_eq!(reasons.next("the call").await, None);
        client.half_close().await;
        assert_eq!(reasons.next("the reason").await, Some(CancelReason::PeerClosed), "{request}");
        client.is_closed().await;
    }
}

#[tokio::test]
async fn a_write_that_fails_fires_it() {
    // OWIN-077, OWIN-119.
    let (told, mut reasons) = seen();
    let server = serve(move |mut env: Environment| {
        let told = told.clone();
        async move {
            while env.response_mut().write([b'x'; 65_536]).await.is_ok() {}
            told.send(env.request().cancelled().reason()).unwrap();
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send(GET).await;
    assert_eq!(client.response_head().await.status, 200);
    client.reset();
    let reason = reasons.next("the reason").await;
    let reasons = [Some(CancelReason::WriteFailed), Some(CancelReason::PeerReset)];
    assert!(reasons.contains(&reason), "{reason:?}");
}

#[tokio::test]
async fn it_has_fired_for_whoever_looks_late() {
    // OWIN-078.
    let (told, mut reasons) = seen();
    let go_on = Arc::new(Notify::new());
    let wait = Arc::clone(&go_on);
    let server = serve(move |mut env: Environment| {
        let (told, wait) = (told.clone(), Arc::clone(&wait));
        async move {
            told.send(None).unwrap();
            // The read fails when the client has gone; nobody has looked at the token until then.
            let read = env.request_mut().body_mut().read_to_end(100).await;
            assert!(read.is_err());
            wait.notified().await;
            told.send(env.request().cancelled().reason()).unwrap();
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send(HALF).await;
    assert_eq!(reasons.next("the call").await, None);
    client.reset();
    go_on.notify_one();
    assert_eq!(reasons.next("the reason").await, Some(CancelReason::PeerReset));
}

#[tokio::test]
async fn a_half_closed_client_still_gets_its_answer() {
    // OWIN-079.
    let (told, mut calls) = seen();
    let go_on = Arc::new(Notify::new());
    let wait = Arc::clone(&go_on);
    let server = serve(move |mut env: Environment| {
        let (told, wait) = (told.clone(), Arc::clone(&wait));
        async move {
            told.send(()).unwrap();
            wait.notified().await;
            let fired = env.request().cancelled().is_cancelled();
            env.response_mut().set_body(format!("fired: {fired}"));
            Ok(env)
        }
    })
    .await;
    let requests = [
        GET,
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n",
    ];
    for request in requests {
        let mut client = server.connect().await;
        client.send(request).await;
        client.half_close().await;
        calls.next("the call").await;
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        go_on.notify_one();
        assert_eq!(client.response().await.text(), "fired: false", "{request}");
        client.is_closed().await;
    }
}

#[tokio::test]
async fn where_a_half_closed_client_counts_as_gone_it_fires() {
    let (told, mut reasons) = seen();
    let server = NowinServer::new().with_half_closed(HalfClosed::Gone);
    let server = start_with(server, &["http://127.0.0.1:0"], waits(told)).await.unwrap();
    let body = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";
    for request in [GET.to_owned(), body.to_owned(), GET.repeat(2)] {
        let mut client = server.connect().await;
        client.send(&request).await;
        assert_eq!(reasons.next("the call").await, None);
        client.half_close().await;
        assert_eq!(reasons.next("the reason").await, Some(CancelReason::PeerClosed), "{request}");
        client.is_closed().await;
    }
}

#[tokio::test]
async fn a_half_closed_client_with_pipelined_requests_gets_every_answer() {
    // OWIN-079.
    let server = serve(crate::support::echo).await;
    let mut client = server.connect().await;
    let chunked =
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
    let length = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nb";
    client.send(format!("{chunked}{length}{chunked}{length}")).await;
    client.half_close().await;
    for body in ["a", "b", "a", "b"] {
        assert_eq!(client.response().await.text(), body);
    }
    client.is_closed().await;
}

#[tokio::test]
async fn a_half_closed_client_with_an_unread_body_before_a_cut_off_request_is_answered() {
    // OWIN-079: the first request came whole.
    let (told, mut calls) = seen();
    let go_on = Arc::new(Notify::new());
    let wait = Arc::clone(&go_on);
    let server = serve(move |env: Environment| {
        let (told, wait) = (told.clone(), Arc::clone(&wait));
        async move {
            told.send(()).unwrap();
            wait.notified().await;
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client
        .send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HT")
        .await;
    client.half_close().await;
    calls.next("the call").await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    go_on.notify_one();
    assert_eq!(client.response().await.status, 200);
    client.is_closed().await;
}

#[tokio::test]
async fn it_never_fires_for_a_call_that_completed() {
    // OWIN-082, CK-020.
    let (told, mut tokens) = seen();
    let server = serve(move |env: Environment| {
        told.send(env.request().cancelled().clone()).unwrap();
        nothing(env)
    })
    .await;
    let mut client = server.connect().await;
    assert_eq!(client.get("/").await.status, 200);
    assert_eq!(client.get("/").await.status, 200);
    client.send(HALF).await;
    client.reset();
    let tokens = [tokens.next("a token").await, tokens.next("a token").await];
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(tokens.iter().all(|token| !token.is_cancelled()), "{tokens:?}");
}

#[tokio::test]
async fn a_read_that_waits_fails_when_it_fires() {
    // OWIN-060.
    let (told, mut reads) = seen();
    let server = serve(move |mut env: Environment| {
        let told = told.clone();
        async move {
            let _first = env.request_mut().body_mut().chunk().await?;
            told.send(true).unwrap();
            let read = env.request_mut().body_mut().chunk().await;
            told.send(read.is_err()).unwrap();
            told.send(env.request_mut().body_mut().chunk().await.is_err()).unwrap();
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send(HALF).await;
    assert!(reads.next("the first read").await);
    client.reset();
    assert!(reads.next("the read that waited").await);
    assert!(reads.next("a new read").await);
}

#[tokio::test]
async fn writes_fail_once_it_has_fired() {
    // OWIN-073.
    let (told, mut writes) = seen();
    let server = serve(move |mut env: Environment| {
        let told = told.clone();
        async move {
            told.send(true).unwrap();
            env.request().cancelled().clone().cancelled().await;
            told.send(env.response_mut().write("late").await.is_err()).unwrap();
            told.send(env.response_mut().flush().await.is_err()).unwrap();
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send(GET).await;
    assert!(writes.next("the call").await);
    client.reset();
    assert!(writes.next("a write").await && writes.next("a flush").await);
}

#[tokio::test]
async fn a_write_that_waits_fails_when_it_fires() {
    // OWIN-073.
    let (told, mut writes) = seen();
    let server = serve(move |mut env: Environment| {
        let told = told.clone();
        async move {
            let mut written: Result<(), _> = Ok(());
            while written.is_ok() {
                written = env.response_mut().write_bytes(vec![0; 65_536].into()).await;
            }
            let _test_is_over = told.send(written.is_err());
            written.map(|()| env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send(GET).await;
    assert_eq!(client.response_head().await.status, 200);
    client.reset();
    assert!(soon("the write", writes.next("the write")).await);
}
