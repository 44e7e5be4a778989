//! A stop: what has begun is finished, within a deadline.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use owin_core::{CancelReason, Environment};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::support::{Client, LONG, app, hello, serve};

#[tokio::test]
async fn a_stop_waits_for_the_calls_that_have_begun() {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (beginning, going) = (Arc::clone(&begun), Arc::clone(&go));
    let served = serve(app(move |mut env: Environment| {
        let (begun, go) = (Arc::clone(&beginning), Arc::clone(&going));
        async move {
            begun.notify_one();
            go.notified().await;
            env.response_mut().set_body("finished");
            Ok(env)
        }
    }))
    .await;
    let address = served.address;
    let mut client = served.connect().await;
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    begun.notified().await;
    let stopping = tokio::spawn(served.running.stop(LONG));
    // The port is free as soon as nothing is accepted any more.
    while TcpStream::connect(address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!stopping.is_finished());
    go.notify_one();
    let answer = client.answer().await;
    assert_eq!((answer.text(), answer.field("connection")), ("finished", Some("close")));
    let since = Instant::now();
    stopping.await.unwrap().unwrap();
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
}

#[tokio::test]
async fn a_stop_closes_silent_connections_at_once() {
    let served = serve(hello()).await;
    let mut client = served.connect().await;
    client.get("/").await;
    let mut fresh = served.connect().await;
    let since = Instant::now();
    served.stop().await;
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    assert!(client.rest().await.is_empty() && fresh.rest().await.is_empty());
}

#[tokio::test]
async fn a_deadline_cuts_calls_off_and_says_how_many() {
    let begun = Arc::new(Notify::new());
    let reasons = Arc::new([const { AtomicUsize::new(0) }; 2]);
    let (beginning, told) = (Arc::clone(&begun), Arc::clone(&reasons));
    let served = serve(app(move |mut env: Environment| {
        let (begun, reasons) = (Arc::clone(&beginning), Arc::clone(&told));
        async move {
            if env.request().path() == "/streaming" {
                env.response_mut().write("begun").await?;
                env.response_mut().flush().await?;
            }
            begun.notify_one();
            let reason = env.request().cancelled().cancelled().await;
            let index = usize::from(reason != CancelReason::Shutdown);
            reasons[index].fetch_add(1, Ordering::SeqCst);
            Ok(env)
        }
    }))
    .await;
    let mut silent = served.connect().await;
    silent.send("GET /silent HTTP/1.1\r\nhost: h\r\n\r\n").await;
    begun.notified().await;
    let mut streaming = served.connect().await;
    streaming.send("GET /streaming HTTP/1.1\r\nhost: h\r\n\r\n").await;
    streaming.head().await;
    begun.notified().await;
    let stopped = served.running.stop(Duration::from_millis(200)).await;
    let said = stopped.unwrap_err().to_string();
    assert_eq!(said, "2 calls were cut off when the deadline passed");
    assert_eq!(reasons[0].load(Ordering::SeqCst), 2);
    assert_eq!(reasons[1].load(Ordering::SeqCst), 0);
    assert!(silent.rest().await.is_empty());
    let rest = streaming.rest().await;
    assert!(!rest.ends_with(b"0\r\n\r\n"), "{rest:?}");
}

#[tokio::test]
async fn an_app_that_never_ends_is_dropped_when_the_deadline_has_passed() {
    let (begun, dropped) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
    let (beginning, dropping) = (Arc::clone(&begun), Arc::clone(&dropped));
    struct OnDrop(Arc<AtomicBool>);
    impl Drop for OnDrop {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let served = serve(app(move |env: Environment| {
        let (begun, on_drop) = (Arc::clone(&beginning), OnDrop(Arc::clone(&dropping)));
        async move {
            begun.notify_one();
            std::future::pending::<()>().await;
            drop(on_drop);
            Ok(env)
        }
    }))
    .await;
    let mut client = served.connect().await;
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    begun.notified().await;
    let stopped = served.running.stop(Duration::ZERO).await;
    assert_eq!(stopped.unwrap_err().to_string(), "1 call was cut off when the deadline passed");
    assert!(dropped.load(Ordering::SeqCst));
    assert!(client.rest().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_loses_no_call_that_has_begun() {
    let (begun, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = (Arc::clone(&begun), Arc::clone(&ended));
    let served = serve(app(move |mut env: Environment| {
        let (begun, ended) = counted.clone();
        async move {
            begun.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(2)).await;
            env.response_mut().set_body(vec![b'x'; 20_000]);
            ended.fetch_add(1, Ordering::SeqCst);
            Ok(env)
        }
    }))
    .await;
    let address = served.address;
    let answered = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..16)
        .map(|_| {
            let answered = Arc::clone(&answered);
            tokio::spawn(async move { ask_until_the_end(address, &answered).await })
        })
        .collect();
    while answered.load(Ordering::SeqCst) < 500 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    served.running.stop(LONG).await.unwrap();
    for client in clients {
        client.await.unwrap();
    }
    let (begun, ended) = (begun.load(Ordering::SeqCst), ended.load(Ordering::SeqCst));
    assert_eq!((begun, ended), (answered.load(Ordering::SeqCst), begun));
}

/// Asks again and again; a response that begins is whole.
async fn ask_until_the_end(address: std::net::SocketAddr, answered: &AtomicUsize) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    while let Ok(mut stream) = TcpStream::connect(address).await {
        loop {
            if stream.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.is_err() {
                break;
            }
            let mut first = [0];
            if !matches!(stream.read(&mut first).await, Ok(1)) {
                break;
            }
            let mut client = Client::of(stream, &first);
            let answer = client.answer().await;
            assert_eq!((answer.status, answer.body.len()), (200, 20_000));
            answered.fetch_add(1, Ordering::SeqCst);
            if answer.field("connection") == Some("close") {
                return;
            }
            stream = client.into_stream();
        }
    }
}

#[tokio::test]
async fn a_stopped_server_leaves_its_address_free() {
    let served = serve(hello()).await;
    let address = served.address;
    served.connect().await.get("/").await;
    served.stop().await;
    assert!(
        std::net::TcpListener::bind(address).is_ok() || TcpStream::connect(address).await.is_err()
    );
}
