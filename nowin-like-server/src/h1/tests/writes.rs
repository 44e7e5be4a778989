//! How a response reaches the transport: in how many writes, and how fast.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use owin_core::Environment;
use tokio::io::{AsyncReadExt, AsyncWrite};
use tokio::sync::mpsc;

use super::{Answer, GET, HELLO, Wire, drive, hello, settle};

/// Remembers the size of every write; takes none where it is full.
#[derive(Clone, Default)]
struct Recorder {
    sizes: Arc<Mutex<Vec<usize>>>,
    is_full: bool,
}

impl AsyncWrite for Recorder {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.sizes.lock().unwrap().push(data.len());
        if self.is_full { Poll::Pending } else { Poll::Ready(Ok(data.len())) }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The sizes of the writes for these requests.
async fn writes(app: impl owin_core::App, requests: &'static str) -> Vec<usize> {
    let recorder = Recorder::default();
    let sizes = Arc::clone(&recorder.sizes);
    let (driver, _stopper) = drive(app, tokio::io::join(requests.as_bytes(), recorder));
    assert!(driver.await.unwrap().is_none());
    sizes.lock().unwrap().clone()
}

#[tokio::test]
async fn a_small_response_is_one_write() {
    assert_eq!(writes(hello, GET).await, [HELLO.len()]);
}

#[tokio::test]
async fn pipelined_answers_are_one_write() {
    const TWICE: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n";
    assert_eq!(writes(hello, TWICE).await, [2 * HELLO.len()]);
}

#[tokio::test]
async fn small_pushes_are_one_write() {
    let app = async |mut env: Environment| -> Answer {
        for _ in 0..100 {
            env.response_mut().write("ten bytes!").await?;
        }
        Ok(env)
    };
    let sizes = writes(app, GET).await;
    assert!(sizes.len() == 1 && sizes[0] > 1_000, "{sizes:?}");
}

#[tokio::test]
async fn a_flush_is_one_write() {
    let app = async |mut env: Environment| -> Answer {
        for _ in 0..3 {
            env.response_mut().write("ten bytes!").await?;
            env.response_mut().flush().await?;
        }
        Ok(env)
    };
    // Each flush with its bytes, then the last chunk.
    assert_eq!(writes(app, GET).await.len(), 4);
}

#[tokio::test]
async fn a_full_transport_is_not_asked_again_and_again() {
    let recorder = Recorder { is_full: true, ..Recorder::default() };
    let sizes = Arc::clone(&recorder.sizes);
    let app = async |mut env: Environment| -> Answer {
        loop {
            env.response_mut().write([b'x'; 10_000]).await?;
        }
    };
    let (_driver, _stopper) = drive(app, tokio::io::join(GET.as_bytes(), recorder));
    settle().await;
    let asked = sizes.lock().unwrap().len();
    assert!(asked <= 3, "asked {asked} times");
}

#[tokio::test]
async fn a_writer_is_never_far_ahead_of_its_client() {
    let (told, mut written) = mpsc::unbounded_channel();
    let app = move |mut env: Environment| {
        let told = told.clone();
        async move {
            for _ in 0..1_000 {
                env.response_mut().write([b'x'; 10_000]).await?;
                told.send(()).unwrap();
            }
            Ok(env)
        }
    };
    let mut wire = Wire::of(app, 1_024);
    wire.send(GET).await;
    settle().await;
    let ahead = written.len();
    assert!(ahead <= 35, "{ahead} writes of 10,000 bytes were taken");
    let mut all = Vec::new();
    wire.client.read_buf(&mut all).await.unwrap();
    while !all.ends_with(b"0\r\n\r\n") {
        wire.client.read_buf(&mut all).await.unwrap();
    }
    assert_eq!(all.iter().filter(|byte| **byte == b'x').count(), 10_000_000);
    assert_eq!(written.len(), 1_000);
    written.close();
}

#[tokio::test]
async fn the_size_of_the_pieces_changes_nothing() {
    // OWIN-047, HT-19: requests of every kind, in pieces of every size.
    let requests = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n\r\n\
        POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxyz\
        POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2;e\r\nhi\r\n0\r\nT: 1\r\n\r\n\
        HEAD /d HTTP/1.1\r\nHost: h\r\n\r\nGET /e HTTP/1.1\r\nHost: h\r\nX : y\r\n\r\n";
    let app = async |mut env: Environment| -> Answer {
        let body = env.request_mut().body_mut().read_to_end(10).await?;
        let told = format!("{} {body:?}", env.request().path());
        env.response_mut().headers_mut()?.set("date", "now")?;
        env.response_mut().set_body(told);
        Ok(env)
    };
    let mut answers = Vec::new();
    for size in [1, 2, 3, 5, 7, 11, 13, 64, requests.len()] {
        let mut wire = Wire::of(app, 65_536);
        for piece in requests.as_bytes().chunks(size) {
            wire.send(std::str::from_utf8(piece).unwrap()).await;
            tokio::task::yield_now().await;
        }
        let answer = wire.rest().await;
        let (kept, refusal) = answer.rsplit_once("HTTP/1.1 400 Bad Request\r\n").unwrap();
        assert!(refusal.ends_with("connection: close\r\n\r\n"));
        answers.push(kept.to_owned());
    }
    assert_eq!(answers[0].matches("HTTP/1.1 200 OK").count(), 4, "{}", answers[0]);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}
