//! Connections that fail: what the app is told, and when the driver gives up.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};
use owin_core::body::Whole;
use owin_core::{App, CancelReason, Environment, Error};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Duration, Instant, timeout};

use super::{Answer, EVER, GET, HALF, drive, settle, within};

/// Brings some bytes, and later an error.
struct Failing {
    first: &'static str,
    then: oneshot::Receiver<io::ErrorKind>,
}

impl AsyncRead for Failing {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let first = std::mem::take(&mut self.first);
        if !first.is_empty() {
            buf.put_slice(first.as_bytes());
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.then).poll(cx).map(|kind| Err(kind.unwrap().into()))
    }
}

/// Takes no bytes.
struct Broken;

impl AsyncWrite for Broken {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Tells the reason of its token, and goes on for ever.
fn stubborn(told: mpsc::UnboundedSender<CancelReason>) -> impl App {
    move |env: Environment| {
        let told = told.clone();
        async move {
            told.send(env.request().cancelled().cancelled().await).unwrap();
            std::future::pending::<Answer>().await
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_reset_a_stubborn_app_is_dropped_within_its_grace() {
    // OWIN-002, OWIN-077.
    for first in [GET, HALF] {
        let (told, mut reasons) = mpsc::unbounded_channel();
        let (fail, then) = oneshot::channel();
        let io = tokio::io::join(Failing { first, then }, tokio::io::sink());
        let (driver, _stopper) = drive(stubborn(told), io);
        settle().await;
        let started = Instant::now();
        fail.send(io::ErrorKind::ConnectionReset).unwrap();
        assert_eq!(reasons.recv().await, Some(CancelReason::PeerReset));
        assert!(timeout(EVER, driver).await.unwrap().unwrap().is_none());
        assert_eq!(started.elapsed().as_secs(), 5, "{first}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_fails_is_told_as_such() {
    // OWIN-077, OWIN-119.
    let (told, mut reasons) = mpsc::unbounded_channel();
    let app = move |mut env: Environment| {
        let told = told.clone();
        async move {
            let token = env.request().cancelled().clone();
            let flushed = env.response_mut().flush().await;
            told.send((flushed.is_err(), token.reason())).unwrap();
            Ok(env)
        }
    };
    let (_open, then) = oneshot::channel();
    let io = tokio::io::join(Failing { first: GET, then }, Broken);
    let (driver, _stopper) = drive(app, io);
    assert!(timeout(EVER, driver).await.unwrap().unwrap().is_none());
    assert_eq!(reasons.recv().await, Some((true, Some(CancelReason::WriteFailed))));
}

#[tokio::test(start_paused = true)]
async fn a_read_that_fails_between_requests_ends_the_connection() {
    let (told, mut reasons) = mpsc::unbounded_channel();
    let (fail, then) = oneshot::channel();
    let io = tokio::io::join(Failing { first: "", then }, tokio::io::sink());
    let (driver, _stopper) = drive(stubborn(told), io);
    fail.send(io::ErrorKind::ConnectionReset).unwrap();
    assert!(timeout(EVER, driver).await.unwrap().unwrap().is_none());
    assert_eq!(reasons.recv().await, None);
}

/// A body without an end that is always ready.
struct Endless;

impl Body for Endless {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 16_384])))))
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_all_that_it_is_given_cannot_hold_up_the_stop() {
    // HT-21: the driver is never without something to do.
    let (_open, then) = oneshot::channel();
    let io = tokio::io::join(Failing { first: GET, then }, tokio::io::sink());
    let app = async |mut env: Environment| -> Answer {
        env.response_mut().set_body(Whole::stream(Endless));
        Ok(env)
    };
    let (driver, stopper) = drive(app, io);
    settle().await;
    let tracker = tokio_util::task::TaskTracker::new();
    tracker.spawn(async move {
        let _ended = driver.await;
    });
    let stopping = stopper.stop(&tracker, within(Duration::ZERO));
    let stopped = tokio::select! {
        stopped = stopping => stopped,
        () = settle() => panic!("the driver does not hear of the stop"),
    };
    assert!(stopped.is_err());
}
