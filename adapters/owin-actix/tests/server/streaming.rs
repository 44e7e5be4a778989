//! Responses that come bit by bit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use owin_core::Environment;
use tokio::sync::Semaphore;

use crate::support::{app, sees_what_is_flushed, serve, stops_behind_a_flush};

#[tokio::test]
async fn what_is_flushed_arrives_before_the_app_goes_on() {
    let (go, waits) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (going, waiting) = (Arc::clone(&go), Arc::clone(&waits));
    let served = serve(app(move |mut env: Environment| {
        let (go, waits) = (Arc::clone(&going), Arc::clone(&waiting));
        async move {
            for text in ["one", "two", "three"] {
                env.response_mut().write(text).await?;
                env.response_mut().flush().await?;
                waits.add_permits(1);
                go.acquire().await.unwrap().forget();
            }
            Ok(env)
        }
    }))
    .await;
    let mut client = served.connect().await;
    for _ in 0..2 {
        client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
        let head = client.head().await;
        assert_eq!(head.field("transfer-encoding"), Some("chunked"));
        for text in ["one", "two", "three"] {
            assert_eq!(client.chunk().await.unwrap(), text.as_bytes());
            waits.acquire().await.unwrap().forget();
            go.add_permits(1);
        }
        assert_eq!(client.chunk().await, None);
    }
    served.stop().await;
}

#[tokio::test]
async fn what_is_flushed_has_left_when_the_app_goes_on() {
    let (app, tell) = stops_behind_a_flush();
    let served = serve(app).await;
    let mut client = served.connect().await;
    for _ in 0..2 {
        sees_what_is_flushed(&mut client, "/", &tell).await;
    }
    served.stop().await;
}

#[tokio::test]
async fn small_writes_are_one_response_with_its_length() {
    let served = serve(app(async |mut env: Environment| {
        env.response_mut().write("one ").await?;
        env.response_mut().write("two").await?;
        Ok(env)
    }))
    .await;
    let answer = served.connect().await.get("/").await;
    assert_eq!((answer.text(), answer.field("content-length")), ("one two", Some("7")));
    served.stop().await;
}

#[tokio::test]
async fn a_stream_of_a_declared_length_is_sent_with_it() {
    let served = serve(app(async |mut env: Environment| {
        env.response_mut().headers_mut()?.set("content-length", "300000")?;
        for _ in 0..300 {
            env.response_mut().write(&[b'x'; 1000]).await?;
        }
        Ok(env)
    }))
    .await;
    let mut client = served.connect().await;
    for _ in 0..2 {
        let answer = client.get("/").await;
        assert_eq!((answer.body.len(), answer.field("transfer-encoding")), (300_000, None));
    }
    served.stop().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_stops_the_app() {
    let (written, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&written);
    let served = serve(app(move |mut env: Environment| {
        let written = Arc::clone(&counted);
        async move {
            for _ in 0..1024 {
                env.response_mut().write(&[b'x'; 64 * 1024]).await?;
                written.fetch_add(64 * 1024, Ordering::SeqCst);
            }
            Ok(env)
        }
    }))
    .await;
    let mut client = served.connect().await;
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    client.head().await;
    // As long as the socket takes bytes there is progress; then there is none.
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = written.load(Ordering::SeqCst);
        if seen.swap(now, Ordering::SeqCst) == now {
            break;
        }
    }
    let stalled = written.load(Ordering::SeqCst);
    assert!(stalled < 16 << 20, "{stalled} bytes are somewhere");
    let mut count = 0;
    while let Some(chunk) = client.chunk().await {
        count += chunk.len();
    }
    assert_eq!((count, written.load(Ordering::SeqCst)), (64 << 20, 64 << 20));
    served.stop().await;
}
