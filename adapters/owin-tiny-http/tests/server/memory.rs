//! Who is not read or does not read is waited for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use owin_core::Environment;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Answer, serve, soon};

const PIECE: usize = 64 * 1024;

/// More than the sockets of the system take in.
const MAX_GROWTH: usize = 64 * 1024 * 1024;

#[tokio::test]
async fn a_slow_reader_stops_the_app_that_writes() {
    static WRITTEN: AtomicUsize = AtomicUsize::new(0);
    let server = serve(async |mut env: Environment| -> Answer {
        loop {
            env.response_mut().write(vec![b'x'; PIECE]).await?;
            WRITTEN.fetch_add(PIECE, Ordering::SeqCst);
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.head().await;
    let mut seen = 0;
    // What the sockets of the system take in is some mebibytes.
    let stopped = async {
        loop {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let written = WRITTEN.load(Ordering::SeqCst);
            if written > 0 && written == seen {
                return written;
            }
            seen = written;
        }
    };
    let written = soon("the moment when the app waits", stopped).await;
    assert!(written < MAX_GROWTH, "{written} bytes wait for a client that reads nothing");
    let mut rest = vec![0; written];
    soon("what waited", client.stream.read_exact(&mut rest)).await.unwrap();
    let goes_on = async {
        while WRITTEN.load(Ordering::SeqCst) == written {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    soon("more of the app", goes_on).await;
}

#[tokio::test]
async fn an_app_that_does_not_read_stops_the_client_that_writes() {
    let server = serve(async |_: Environment| -> Answer { std::future::pending().await }).await;
    let mut client = server.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    let (piece, mut sent) = (vec![b'x'; PIECE], 0);
    let moment = Duration::from_millis(500);
    while let Ok(written) = tokio::time::timeout(moment, client.stream.write(&piece)).await {
        sent += written.unwrap();
        assert!(sent < MAX_GROWTH, "the server takes in what nobody wants");
    }
}
