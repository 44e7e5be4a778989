//! Sinks that a broken middleware puts before that of the server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use owin_core::body::ResponseSink;
use owin_core::bytes::{Buf, BytesMut};
use owin_core::middleware::Next;
use owin_core::{Environment, Error, ResponseBody};

/// Runs the rest with a sink before that of the server, and puts the old one back.
pub(crate) async fn through<S: Rest>(
    mut env: Environment,
    next: Next,
    make: fn(Arc<dyn ResponseSink>) -> S,
) -> Result<Environment, Error> {
    let Some(before) = env.response().body().map(ResponseBody::sink) else {
        return next.run(env).await;
    };
    let sink = Arc::new(make(before));
    let outlet = env.response_mut().replace_outlet(ResponseBody::new(sink.clone()));
    let mut env = next.run(env).await?;
    let whole = env.response_mut().replace_outlet(outlet).into_whole();
    env.response_mut().set_body(whole);
    let rest = sink.rest();
    if !rest.is_empty() {
        env.response_mut().write(rest).await?;
    }
    Ok(env)
}

/// A sink that may have kept something.
pub(crate) trait Rest: ResponseSink {
    fn rest(&self) -> BytesMut {
        BytesMut::new()
    }
}

/// Passes on the first bytes, and swallows the others.
pub(crate) struct Cut(Arc<dyn ResponseSink>, AtomicUsize);

impl Cut {
    pub(crate) fn new(before: Arc<dyn ResponseSink>) -> Self {
        Self(before, AtomicUsize::new(64 * 1024))
    }
}

impl Rest for Cut {}

impl ResponseSink for Cut {
    fn poll_write(
        &self,
        env: &mut Environment,
        data: &mut (dyn Buf + Send),
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let left = self.1.load(Ordering::SeqCst);
        if left == 0 {
            // Whoever waits for a slow client still does.
            ready!(self.0.poll_flush(env, cx)?);
            data.advance(data.remaining());
            return Poll::Ready(Ok(()));
        }
        let mut some = data.take(left);
        let before = some.remaining();
        ready!(self.0.poll_write(env, &mut some, cx)?);
        self.1.fetch_sub(before - some.remaining(), Ordering::SeqCst);
        Poll::Ready(Ok(()))
    }

    fn poll_flush(&self, env: &mut Environment, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.poll_flush(env, cx)
    }
}

/// Passes on what is written, and no flush.
pub(crate) struct Unflushed(Arc<dyn ResponseSink>);

impl Unflushed {
    pub(crate) fn new(before: Arc<dyn ResponseSink>) -> Self {
        Self(before)
    }
}

impl Rest for Unflushed {}

impl ResponseSink for Unflushed {
    fn poll_write(
        &self,
        env: &mut Environment,
        data: &mut (dyn Buf + Send),
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        self.0.poll_write(env, data, cx)
    }

    fn poll_flush(&self, _: &mut Environment, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }
}

/// Takes all that is written, and passes on what the next one takes at once.
pub(crate) struct Unbounded(Arc<dyn ResponseSink>, Mutex<BytesMut>);

impl Unbounded {
    pub(crate) fn new(before: Arc<dyn ResponseSink>) -> Self {
        Self(before, Mutex::default())
    }
}

impl Rest for Unbounded {
    fn rest(&self) -> BytesMut {
        std::mem::take(&mut self.1.lock().unwrap())
    }
}

impl ResponseSink for Unbounded {
    fn poll_write(
        &self,
        env: &mut Environment,
        data: &mut (dyn Buf + Send),
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let mut kept = self.1.lock().unwrap();
        while data.has_remaining() {
            let length = data.chunk().len();
            kept.extend_from_slice(data.chunk());
            data.advance(length);
        }
        while !kept.is_empty() && self.0.poll_write(env, &mut *kept, cx)?.is_ready() {}
        Poll::Ready(Ok(()))
    }

    fn poll_flush(&self, env: &mut Environment, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let _sooner_or_later = self.0.poll_flush(env, cx)?;
        Poll::Ready(Ok(()))
    }
}
