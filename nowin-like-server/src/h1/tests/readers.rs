//! Clients that read slowly or not at all, and what lies in memory for them.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use owin_core::features::Rate;
use owin_core::{App, Environment};
use tokio::io::{AsyncWrite, ReadBuf};
use tokio::time::{Duration, Instant, Sleep, sleep, timeout};

use super::{Answer, EVER, GET, GET_AND_CLOSE, HELLO, Wire, drive_within, hello, settle};
use crate::Limits;

/// Takes so many bytes each second, and tells of every write.
struct Slow {
    bytes: usize,
    next: Pin<Box<Sleep>>,
    writes: Arc<Mutex<Vec<usize>>>,
}

impl Slow {
    fn new(bytes: usize) -> Self {
        Self { bytes, next: Box::pin(sleep(Duration::ZERO)), writes: Arc::default() }
    }
}

impl AsyncWrite for Slow {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.bytes == 0 {
            return Poll::Pending;
        }
        if self.bytes < usize::MAX {
            ready!(self.next.as_mut().poll(cx));
            self.next.as_mut().reset(Instant::now() + Duration::from_secs(1));
        }
        let count = data.len().min(self.bytes);
        self.writes.lock().unwrap().push(count);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Whether a client that takes so many bytes a second is reset, how many it got, and when it ended.
async fn read_at(limits: Limits, app: impl App, bytes: usize) -> (bool, usize, u64) {
    let (slow, started) = (Slow::new(bytes), Instant::now());
    let writes = Arc::clone(&slow.writes);
    let (driver, _stopper) = drive_within(limits, app, tokio::io::join(GET.as_bytes(), slow));
    let is_reset = timeout(EVER, driver).await.unwrap().unwrap().is_some();
    let written = writes.lock().unwrap().iter().sum();
    (is_reset, written, started.elapsed().as_secs())
}

const BODY: usize = 60_000;

async fn long(mut env: Environment) -> Answer {
    env.response_mut().set_body(vec![b'x'; BODY]);
    Ok(env)
}

async fn pushed(mut env: Environment) -> Answer {
    for _ in 0..BODY / 100 {
        env.response_mut().write([b'x'; 100]).await?;
    }
    Ok(env)
}

fn limits() -> Limits {
    let rate = Rate { bytes_per_second: 100, grace: Duration::from_secs(5) };
    Limits { response_rate: Some(rate), ..Limits::default() }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_reset_after_the_grace() {
    // HT-17, attack 15.
    assert_eq!(read_at(limits(), long, 0).await, (true, 0, 5));
    assert_eq!(read_at(limits(), pushed, 0).await, (true, 0, 5));
}

#[tokio::test(start_paused = true)]
async fn a_client_may_be_as_slow_as_the_rate_and_no_slower() {
    // HT-17, attack 15.
    for bytes in [101, 100] {
        let (is_reset, written, _) = read_at(limits(), long, bytes).await;
        assert!(!is_reset && written > BODY, "{bytes} {written}");
    }
    let (is_reset, written, seconds) = read_at(limits(), long, 99).await;
    assert!(is_reset && written < BODY && seconds > 400, "{written} {seconds}");
}

#[tokio::test(start_paused = true)]
async fn without_a_rate_a_client_may_be_as_slow_as_it_likes() {
    let limits = Limits { response_rate: None, ..limits() };
    let (is_reset, written, seconds) = read_at(limits, long, 90).await;
    assert!(!is_reset && written > BODY && seconds > 600, "{written} {seconds}");
}

#[tokio::test(start_paused = true)]
async fn time_in_which_the_app_has_nothing_to_send_does_not_count() {
    let app = async |mut env: Environment| -> Answer {
        for _ in 0..3 {
            env.response_mut().write("x").await?;
            env.response_mut().flush().await?;
            sleep(Duration::from_secs(200)).await;
        }
        Ok(env)
    };
    let (is_reset, _, seconds) = read_at(limits(), app, 1_000).await;
    assert_eq!((is_reset, seconds), (false, 600));
}

/// A body of pieces of a hundred bytes, which counts those that were taken.
struct Pieces {
    left: usize,
    pulled: Arc<AtomicUsize>,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        self.pulled.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 100])))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.left).unwrap() * 100)
    }
}

/// Answers with a hundred pieces, and tells how many were taken.
fn pieces() -> (impl App, Arc<AtomicUsize>) {
    let pulled = Arc::<AtomicUsize>::default();
    let told = Arc::clone(&pulled);
    let app = move |mut env: Environment| {
        let pulled = Arc::clone(&told);
        async move {
            env.response_mut().headers_mut()?.set("date", "now")?;
            let body = owin_core::body::Whole::stream(Pieces { left: 100, pulled });
            env.response_mut().set_body(body);
            Ok(env)
        }
    };
    (app, pulled)
}

/// The head in front of the pieces.
const HEAD: usize = "HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: 10000\r\n\r\n".len();

#[tokio::test]
async fn a_write_begins_when_so_much_is_collected() {
    for (more, first) in [(299, 300), (300, 300), (301, 400)] {
        let limits = Limits { write_buffer_bytes: HEAD + more, ..Limits::default() };
        let slow = Slow::new(usize::MAX);
        let writes = Arc::clone(&slow.writes);
        let io = tokio::io::join(GET.as_bytes(), slow);
        let (driver, _stopper) = drive_within(limits, pieces().0, io);
        assert!(driver.await.unwrap().is_none());
        let writes = writes.lock().unwrap();
        assert_eq!(writes.first(), Some(&(HEAD + first)), "{more}");
        assert_eq!(writes.iter().sum::<usize>(), HEAD + 10_000);
    }
}

#[tokio::test]
async fn a_body_waits_while_so_much_lies_unwritten() {
    // HT-17.
    for (more, most) in [(999, 10), (1_000, 10), (1_001, 11)] {
        let limits = Limits {
            write_buffer_bytes: 256,
            write_high_water_bytes: HEAD + more,
            ..Limits::default()
        };
        let (app, pulled) = pieces();
        let io = tokio::io::join(GET.as_bytes(), Slow::new(0));
        let (_driver, _stopper) = drive_within(limits, app, io);
        settle().await;
        assert_eq!(pulled.load(Ordering::Relaxed), most, "{more}");
    }
}

/// Never has anything to read; tells how much it was asked for.
struct Asked(Arc<Mutex<Vec<usize>>>);

impl tokio::io::AsyncRead for Asked {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.lock().unwrap().push(buf.remaining());
        Poll::Pending
    }
}

#[tokio::test]
async fn one_read_asks_for_so_much() {
    for bytes in [256, 1_000, 16_384] {
        let asked = Arc::<Mutex<Vec<usize>>>::default();
        let limits = Limits { read_buffer_bytes: bytes, ..Limits::default() };
        let io = tokio::io::join(Asked(Arc::clone(&asked)), tokio::io::sink());
        let (driver, _stopper) = drive_within(limits, hello, io);
        settle().await;
        assert_eq!(*asked.lock().unwrap(), [bytes]);
        // Its buffer is not to be the next one's.
        driver.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn so_much_is_read_ahead_while_an_app_runs() {
    // Beyond that the client waits.
    for bytes in [1_000, 5_000] {
        let limits = Limits { unread_bytes: bytes, read_buffer_bytes: 256, ..Limits::default() };
        let app = async |_: Environment| -> Answer { std::future::pending().await };
        let mut wire = Wire::within(limits, app, 64);
        wire.send(GET).await;
        let mut taken = 0;
        while timeout(Duration::from_secs(1), wire.send("x")).await.is_ok() {
            taken += 1;
        }
        // What lies in the pipe was not read, and the last read may have taken more than one byte.
        assert!((bytes..bytes + 512).contains(&(taken - 64)), "{taken}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_nobody_wants_is_read_up_to_so_much() {
    for (bytes, is_kept) in [(99, true), (100, true), (101, false)] {
        let limits = Limits { drain_bytes: 100, ..Limits::default() };
        let body = "x".repeat(bytes);
        for request in [
            format!("Content-Length: {bytes}\r\n\r\n{body}"),
            format!("Transfer-Encoding: chunked\r\n\r\n{bytes:x}\r\n{body}\r\n0\r\n\r\n"),
        ] {
            let mut wire = Wire::within(limits.clone(), hello, 4_096);
            let post = format!("POST / HTTP/1.1\r\nHost: h\r\n{request}");
            assert_eq!(wire.ask(&post, HELLO.len()).await, HELLO);
            let _closed = timeout(EVER, wire.send(GET_AND_CLOSE)).await;
            let rest = wire.rest().await;
            assert_eq!(rest.ends_with("hello"), is_kept, "{bytes}: {rest}");
        }
    }
}
