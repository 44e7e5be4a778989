//! What reaches the client while the app still runs.

use std::sync::Arc;

use owin_core::{AppExt, Environment, keys};
use tokio::sync::Notify;

use crate::support::{Answer, serve, soon};

#[tokio::test]
async fn a_flush_reaches_the_client_while_the_app_runs() {
    // OWIN-067.
    let go_on = Arc::new(Notify::new());
    let wait = Arc::clone(&go_on);
    let server = serve(move |mut env: Environment| {
        let wait = Arc::clone(&wait);
        async move {
            env.response_mut().write("first").await?;
            env.response_mut().flush().await?;
            wait.notified().await;
            env.response_mut().write("second").await?;
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert!(client.response_head().await.is_chunked());
    assert_eq!(client.exactly(10).await, b"5\r\nfirst\r\n");
    go_on.notify_one();
    assert_eq!(client.exactly(11 + 5).await, b"6\r\nsecond\r\n0\r\n\r\n");
}

#[tokio::test]
async fn a_start_sends_the_head_alone() {
    // OWIN-067.
    let go_on = Arc::new(Notify::new());
    let wait = Arc::clone(&go_on);
    let server = serve(move |mut env: Environment| {
        let wait = Arc::clone(&wait);
        async move {
            env.response_mut().start().await?;
            wait.notified().await;
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(client.response_head().await.status, 200);
    go_on.notify_one();
    assert_eq!(client.exactly(5).await, b"0\r\n\r\n");
}

#[tokio::test]
async fn the_end_of_the_response_waits_for_the_app() {
    // OWIN-058.
    let go_on = Arc::new(Notify::new());
    let wait = Arc::clone(&go_on);
    let (told, mut ended) = crate::support::seen();
    let server = serve(move |mut env: Environment| {
        let (wait, told) = (Arc::clone(&wait), told.clone());
        async move {
            env.response_mut().headers_mut()?.set("content-length", "4")?;
            env.response_mut().write("body").await?;
            env.response_mut().flush().await?;
            wait.notified().await;
            let _test_is_over = told.send("ended");
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n".repeat(2)).await;
    assert_eq!(client.response_head().await.status, 200);
    assert_eq!(client.exactly(4).await, b"body");
    assert!(ended.rest().is_empty(), "it has ended before its time");
    go_on.notify_one();
    assert_eq!(ended.next("the end of the app").await, "ended");
    // Only now the second request is served.
    assert_eq!(client.response_head().await.status, 200);
}

#[tokio::test]
async fn without_buffering_every_write_goes_out() {
    let go_on = Arc::new(Notify::new());
    let wait = Arc::clone(&go_on);
    let server = serve(move |mut env: Environment| {
        let wait = Arc::clone(&wait);
        async move {
            env.set(
                keys::SERVER_RESPONSE_BUFFERING,
                owin_core::features::ResponseBuffering::Disabled,
            )?;
            env.response_mut().write("small").await?;
            wait.notified().await;
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(client.response_head().await.status, 200);
    assert_eq!(client.exactly(10).await, b"5\r\nsmall\r\n");
    go_on.notify_one();
}

#[tokio::test]
async fn request_and_response_flow_at_the_same_time() {
    // DF-16.
    let server = serve(async |mut env: Environment| -> Answer {
        while let Some(chunk) = env.request_mut().body_mut().chunk().await? {
            env.response_mut().write_bytes(chunk).await?;
            env.response_mut().flush().await?;
        }
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n").await;
    for (sent, chunk) in [("abc", "3\r\nabc\r\n"), ("def", "3\r\ndef\r\n"), ("ghi", "3\r\nghi\r\n")]
    {
        client.send(sent).await;
        if sent == "abc" {
            assert_eq!(client.response_head().await.status, 200);
        }
        assert_eq!(client.exactly(chunk.len()).await, chunk.as_bytes());
    }
    assert_eq!(client.exactly(5).await, b"0\r\n\r\n");
}

#[tokio::test]
async fn a_writer_waits_for_a_slow_client() {
    let (told, mut progress) = crate::support::seen();
    let server = serve(move |mut env: Environment| {
        let told = told.clone();
        async move {
            for number in 0..640_usize {
                env.response_mut().write_bytes(vec![b'x'; 65_536].into()).await?;
                let _test_is_over = told.send(number);
            }
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert_eq!(client.response_head().await.status, 200);
    // 40 MiB are more than the sockets of both ends hold. One thread: the server goes as far as it can.
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert!(progress.rest().len() < 640, "it did not wait");
    let rest = client.rest().await;
    assert!(rest.ends_with("0\r\n\r\n") && rest.len() > 640 * 65_536);
}

#[tokio::test]
async fn a_middleware_sees_a_flush_of_its_own_go_out() {
    // OWIN-067.
    let go_on = Arc::new(Notify::new());
    let wait = Arc::clone(&go_on);
    let early =
        owin_core::from_fn(async |mut env: Environment, next: owin_core::middleware::Next| {
            env.response_mut().write("early ").await?;
            env.response_mut().flush().await?;
            next.run(env).await
        });
    let app = move |mut env: Environment| {
        let wait = Arc::clone(&wait);
        async move {
            wait.notified().await;
            env.response_mut().set_body("late");
            Ok(env)
        }
    };
    let server = serve(app.with(early)).await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(client.response_head().await.status, 200);
    assert_eq!(client.exactly(11).await, b"6\r\nearly \r\n");
    go_on.notify_one();
    assert_eq!(soon("the rest", client.exactly(14)).await, b"4\r\nlate\r\n0\r\n\r\n");
}
