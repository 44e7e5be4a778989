//! Bodies that are long, slow, or never read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use owin_core::{Environment, Error};
use tokio::io::AsyncWriteExt;

use crate::support::{LONG, start};

#[tokio::test]
async fn an_echo_gives_back_what_comes_while_it_comes() {
    let server = start(async |mut env: Environment| -> Result<Environment, Error> {
        while let Some(data) = env.request_mut().body_mut().chunk().await? {
            env.response_mut().write_bytes(data).await?;
            env.response_mut().flush().await?;
        }
        Ok(env)
    })
    .await;
    let mut client = server.client().await;
    client.send("POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n").await;
    for word in ["one", "two", "six"] {
        client.send(format!("3\r\n{word}\r\n")).await;
        assert!(client.until(&format!("3\r\n{word}\r\n")).await.len() >= 8);
    }
    client.send("0\r\n\r\n").await;
    assert_eq!(client.until("0\r\n\r\n").await, "0\r\n\r\n");
}

#[tokio::test]
async fn a_client_that_expects_is_told_to_continue_when_the_app_reads() {
    let server = start(async |mut env: Environment| -> Result<Environment, Error> {
        if env.request().path() == "/read" {
            let body = env.request_mut().body_mut().read_to_end(10).await?;
            env.response_mut().set_body(body);
        }
        Ok(env)
    })
    .await;
    let head = |path| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n"
        )
    };
    let mut client = server.client().await;
    client.send(head("/read")).await;
    assert_eq!(client.until("\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("ab").await;
    assert!(client.until("ab").await.starts_with("HTTP/1.1 200 OK"));
    let mut client = server.client().await;
    client.send(head("/skip")).await;
    assert!(client.until("\r\n\r\n").await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn a_slow_reader_stops_the_app() {
    let written = Arc::new(AtomicU64::new(0));
    let counting = Arc::clone(&written);
    let server = start(move |mut env: Environment| {
        let written = Arc::clone(&counting);
        async move {
            let piece = bytes::Bytes::from(vec![b'x'; 64 * 1024]);
            loop {
                env.response_mut().write_bytes(piece.clone()).await?;
                written.fetch_add(64 * 1024, Ordering::Relaxed);
            }
            #[expect(unreachable_code, reason = "says what the app answers")]
            Ok::<_, Error>(env)
        }
    })
    .await;
    let mut client = server.client().await;
    client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    let mut before = 0;
    let stands = async {
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = written.load(Ordering::Relaxed);
            if now == before && now > 0 {
                return now;
            }
            before = now;
        }
    };
    let at_most = tokio::time::timeout(LONG, stands).await.expect("it stands still");
    assert!(at_most < 32 * 1024 * 1024, "{at_most} bytes were written for nobody");
}

#[tokio::test]
async fn a_body_that_nobody_reads_stops_the_client() {
    let server = start(async |_: Environment| -> Result<Environment, Error> {
        std::future::pending().await
    })
    .await;
    let mut client = server.client().await;
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1000000000\r\n\r\n").await;
    let (piece, mut sent) = (vec![b'x'; 64 * 1024], 0);
    let sending = async {
        while client.0.write_all(&piece).await.is_ok() {
            sent += piece.len();
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(1), sending).await.is_err(), "it is full");
    assert!(sent < 32 * 1024 * 1024, "{sent} bytes were taken for nobody");
}
