//! `owin.CallCancelled`: when actix notices that a client has gone.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use owin_actix::ActixServer;
use owin_core::{BoxApp, CancelReason, Environment};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::support::{LONG, app, serve, serve_with};

/// What an app that waits saw, and when it began.
#[derive(Clone, Default)]
struct Seen {
    begun: Arc<Notify>,
    cancelled: Arc<Notify>,
    reason: Arc<Mutex<Option<CancelReason>>>,
}

impl Seen {
    /// An app that says nothing until it is cancelled, and then tidies up.
    fn silent(&self) -> BoxApp {
        let seen = self.clone();
        app(move |env: Environment| {
            let seen = seen.clone();
            async move {
                seen.begun.notify_one();
                let reason = env.request().cancelled().cancelled().await;
                tokio::time::sleep(Duration::from_millis(10)).await;
                *seen.reason.lock().unwrap() = Some(reason);
                seen.cancelled.notify_one();
                Ok(env)
            }
        })
    }

    async fn reason_within_a_second(&self) -> CancelReason {
        let since = Instant::now();
        timeout(LONG, self.cancelled.notified()).await.expect("the token did not fire");
        assert!(since.elapsed() < Duration::from_secs(1), "after {:?}", since.elapsed());
        self.reason.lock().unwrap().unwrap()
    }
}

#[tokio::test]
async fn a_client_that_resets_cancels_a_silent_app() {
    let seen = Seen::default();
    let served = serve(seen.silent()).await;
    let mut client = served.connect().await;
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    seen.begun.notified().await;
    client.reset();
    assert_eq!(seen.reason_within_a_second().await, CancelReason::PeerClosed);
    served.stop().await;
}

#[tokio::test]
async fn a_client_that_closes_its_sending_half_gets_its_answer() {
    let go = Arc::new(Notify::new());
    let waited = Arc::clone(&go);
    let served = serve(app(move |mut env: Environment| {
        let go = Arc::clone(&waited);
        async move {
            go.notified().await;
            let is_cancelled = env.request().cancelled().is_cancelled();
            env.response_mut().set_body(format!("cancelled: {is_cancelled}"));
            Ok(env)
        }
    }))
    .await;
    let mut client = served.connect().await;
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    client.half_close().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    go.notify_one();
    assert_eq!(client.answer().await.text(), "cancelled: false");
    served.stop().await;
}

#[tokio::test]
async fn without_half_closes_a_client_that_closes_cancels_a_silent_app() {
    let seen = Seen::default();
    let actix = ActixServer::new().without_half_close();
    let served = serve_with(actix, seen.silent()).await;
    let mut client = served.connect().await;
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    seen.begun.notified().await;
    drop(client);
    assert_eq!(seen.reason_within_a_second().await, CancelReason::PeerClosed);
    served.stop().await;
}

#[tokio::test]
async fn a_client_that_goes_in_the_middle_of_its_request_cancels_a_silent_app() {
    for framing in ["content-length: 100\r\n\r\n", "transfer-encoding: chunked\r\n\r\n64\r\n"] {
        let seen = Seen::default();
        let served = serve(seen.silent()).await;
        let mut client = served.connect().await;
        client.send(format!("POST / HTTP/1.1\r\nhost: h\r\n{framing}half of it")).await;
        seen.begun.notified().await;
        drop(client);
        assert_eq!(seen.reason_within_a_second().await, CancelReason::PeerClosed);
        served.stop().await;
    }
}

#[tokio::test]
async fn a_read_fails_where_the_client_went_in_the_middle_of_its_request() {
    let seen = Arc::new(Mutex::new(None));
    let (told, done) = (Arc::clone(&seen), Arc::new(Notify::new()));
    let waking = Arc::clone(&done);
    let served = serve(app(move |mut env: Environment| {
        let (seen, done) = (Arc::clone(&told), Arc::clone(&waking));
        async move {
            let read = env.request_mut().body_mut().read_to_end(1000).await;
            *seen.lock().unwrap() = Some(read.map_err(|error| error.kind()));
            done.notify_one();
            Ok(env)
        }
    }))
    .await;
    let mut client = served.connect().await;
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 100\r\n\r\nhalf of it").await;
    drop(client);
    timeout(LONG, done.notified()).await.unwrap();
    let read = seen.lock().unwrap().take();
    assert!(matches!(read, Some(Err(owin_core::ErrorKind::Peer))), "{read:?}");
    served.stop().await;
}

#[tokio::test]
async fn an_app_that_streams_to_a_client_that_has_gone_is_cancelled() {
    let seen = Seen::default();
    let writing = seen.clone();
    let served = serve(app(move |mut env: Environment| {
        let seen = writing.clone();
        async move {
            seen.begun.notify_one();
            let token = env.request().cancelled().clone();
            let mut failed = Ok(());
            while failed.is_ok() && !token.is_cancelled() {
                failed = env.response_mut().write("and on and on").await;
                failed = failed.and(env.response_mut().flush().await);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            *seen.reason.lock().unwrap() = Some(token.cancelled().await);
            seen.cancelled.notify_one();
            Ok(env)
        }
    }))
    .await;
    let mut client = served.connect().await;
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    client.head().await;
    seen.begun.notified().await;
    drop(client);
    assert_eq!(seen.reason_within_a_second().await, CancelReason::PeerClosed);
    served.stop().await;
}

#[tokio::test]
async fn the_token_of_a_call_that_succeeded_never_fires() {
    let tokens = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&tokens);
    let served = serve(app(move |mut env: Environment| {
        kept.lock().unwrap().push(env.request().cancelled().clone());
        env.response_mut().set_body("done");
        async move { Ok(env) }
    }))
    .await;
    let mut client = served.connect().await;
    for _ in 0..3 {
        client.get("/").await;
    }
    client.reset();
    served.stop().await;
    let tokens = tokens.lock().unwrap();
    assert_eq!(tokens.iter().filter(|token| token.is_cancelled()).count(), 0);
    assert_eq!(tokens.len(), 3);
}
