//! The life of a connection, request by request: the only place that awaits.

mod call;

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::BytesMut;
use http::HeaderMap;
use owin_core::body::BodySender;
use owin_core::features::Outcome;
use owin_core::{Call, CancelReason, Environment, Error, Event, RequestBody};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use crate::date;
use crate::h1::Refusal;
use crate::h1::state::{Machine, Received, Settings};
use crate::stop::{Phase, Stop};

/// How long a connection may be silent between two requests, as Kestrel has it.
const IDLE: Duration = Duration::from_secs(130);

/// How long a head may take from its first byte on, as Kestrel has it.
const HEAD: Duration = Duration::from_secs(30);

/// How long an app whose client went away may go on before it is dropped.
const GRACE: Duration = Duration::from_secs(5);

/// How much of a body that nobody read is read for the sake of the next request, and how long.
const DRAIN_BYTES: usize = 256 * 1024;
const DRAIN: Duration = Duration::from_secs(5);

/// How many bytes are read at once.
pub(super) const READ_BYTES: usize = 16 * 1024;

/// Serves the requests of one connection.
pub(crate) struct Driver<T> {
    pub(super) io: T,
    pub(super) machine: Machine,
    pub(super) call: Call,
    path_base: Arc<str>,
    pub(super) stop: Stop,
    /// Feeds the body of the request, as long as somebody may read it.
    pub(super) body: Option<BodySender>,
    pub(super) out: BytesMut,
    pub(super) trailers: HeaderMap,
    /// All of `out` has to be written before the app is asked again.
    pub(super) must_write: bool,
    pub(super) head_is_written: bool,
    /// The whole response has been collected.
    pub(super) is_finished: bool,
    pub(super) is_at_end: bool,
    /// An orderly end would make a response that broke off look whole.
    must_reset: bool,
}

/// What there is to serve next.
enum Next {
    Request(Environment),
    Refused(Refusal),
    Nothing,
}

/// How a response ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Served {
    /// It is written whole.
    Whole,
    /// The app failed after the start: the client must be able to tell.
    BrokenOff,
    /// The client went away.
    Lost(CancelReason),
}

impl<T: AsyncRead + AsyncWrite + Unpin> Driver<T> {
    pub(crate) fn new(
        io: T,
        call: Call,
        settings: Arc<Settings>,
        path_base: Arc<str>,
        stop: Stop,
    ) -> Self {
        Self {
            io,
            machine: Machine::new(settings),
            call,
            path_base,
            stop,
            body: None,
            out: BytesMut::new(),
            trailers: HeaderMap::new(),
            must_write: false,
            head_is_written: false,
            is_finished: false,
            is_at_end: false,
            must_reset: false,
        }
    }

    /// Serves until the connection is to be closed, and closes it; gives it back where it is to be
    /// reset instead.
    pub(crate) async fn run(mut self) -> Option<T> {
        loop {
            match self.next().await {
                Next::Nothing => break,
                Next::Refused(refusal) => {
                    self.refuse(refusal).await;
                    break;
                }
                Next::Request(env) => {
                    if !self.serve(env).await {
                        break;
                    }
                }
            }
        }
        self.must_reset.then_some(self.io)
    }

    /// Waits for the next request.
    async fn next(&mut self) -> Next {
        // The clock is looked at only where there is something to wait for.
        let mut deadline = None;
        let mut has_begun = false;
        loop {
            match self.machine.find_head() {
                Err(refusal) => return Next::Refused(refusal),
                Ok(Some(length)) => return self.take_head(length),
                Ok(None) if self.is_at_end => return Next::Nothing,
                Ok(None) => {}
            }
            if !has_begun && self.machine.unread_bytes() > 0 {
                has_begun = true;
                deadline = Some(Instant::now() + HEAD);
            }
            let deadline = *deadline.get_or_insert_with(|| Instant::now() + IDLE);
            // A head that has begun to come is waited for; a silent connection is not.
            let phase = if has_begun { Phase::Aborting } else { Phase::Draining };
            tokio::select! {
                biased;
                read = timeout_at(deadline, read_some(&mut self.io, &mut self.machine)) => match read {
                    Ok(Ok(0)) => self.is_at_end = true,
                    Ok(Ok(_)) => {}
                    Err(_) if has_begun => return Next::Refused(TOO_SLOW),
                    Ok(Err(_)) | Err(_) => return Next::Nothing,
                },
                () = self.stop.reached(phase) => return Next::Nothing,
            }
        }
    }

    fn take_head(&mut self, length: usize) -> Next {
        let mut env = self.call.prepare();
        match self.machine.read_head(length, &mut env) {
            Err(refusal) => Next::Refused(refusal),
            Ok(()) if self.mount(&mut env) => Next::Request(env),
            Ok(()) => Next::Refused(NOT_MOUNTED),
        }
    }

    /// Splits the path at the base of the address (`host.Addresses`, path).
    fn mount(&self, env: &mut Environment) -> bool {
        if self.path_base.is_empty() {
            return true;
        }
        let split = owin_core::path::split_base(env.request().path(), &self.path_base);
        let Some((base, path)) = split.map(|(base, path)| (base.to_owned(), path.to_owned()))
        else {
            return false;
        };
        env.request_mut().set_path_base(&base);
        env.request_mut().set_path(&path);
        true
    }

    /// Serves a request; `false` where no other may follow.
    async fn serve(&mut self, mut env: Environment) -> bool {
        self.head_is_written = false;
        self.must_write = false;
        self.is_finished = false;
        if !self.machine.is_whole() {
            let (sender, body) = match self.machine.length() {
                Some(length) => RequestBody::channel_of_length(length),
                None => RequestBody::channel(),
            };
            self.body = Some(sender);
            let _empty = env.request_mut().set_body(body);
        }
        self.call.start(env);
        let served = match poll_fn(|cx| Poll::Ready(self.poll_serve(cx))).await {
            Poll::Ready(served) => served,
            Poll::Pending => self.serve_until_stop().await,
        };
        let unread = self.body.take();
        let is_cut_off = self.head_is_written && served != Served::Whole;
        self.must_reset = is_cut_off && self.machine.ends_with_connection();
        match served {
            Served::Whole => {
                drop(unread);
                self.call.complete(Outcome::Completed);
                self.finish().await
            }
            Served::BrokenOff => {
                self.call.complete(Outcome::Failed);
                false
            }
            Served::Lost(reason) => {
                if let Some(unread) = unread {
                    unread.abort(Error::peer("the client has gone away"));
                }
                self.lose(reason).await;
                false
            }
        }
    }

    /// Most calls end when they are first polled; one that does not may be cut off by the stop.
    async fn serve_until_stop(&mut self) -> Served {
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            served = poll_fn(|cx| self.poll_serve(cx)) => served,
            () = stop.cuts_off() => Served::Lost(CancelReason::Shutdown),
        }
    }

    /// The response is out: what is left of the request is dealt with.
    async fn finish(&mut self) -> bool {
        if !self.machine.is_whole() && !self.machine.closes() && !self.drain().await {
            self.machine.close();
        }
        let goes_on = self.machine.next() && !self.stop.is_draining();
        if !goes_on {
            self.linger().await;
        }
        goes_on
    }

    /// Tells the app that nobody waits any more, and lets it end.
    async fn lose(&mut self, reason: CancelReason) {
        self.call.cancel(reason);
        let call = &mut self.call;
        let unwound = async {
            while call.environment().is_none() {
                if matches!(call.event().await, Event::End | Event::Failed(_)) {
                    break;
                }
            }
        };
        if timeout(GRACE, unwound).await.is_err() {
            tracing::warn!("an app was dropped: its client had gone and it did not end");
        }
        self.call.complete(Outcome::Cancelled);
    }

    /// Reads what is left of a body that nobody wanted, within limits; `false` where it is too much.
    async fn drain(&mut self) -> bool {
        let mut left = DRAIN_BYTES;
        let drained = async {
            let mut is_lost = false;
            while !self.machine.is_whole() && !is_lost {
                match self.machine.read_body() {
                    Err(_) => return false,
                    Ok(Received::End(_)) => {}
                    Ok(Received::Data(data)) => left = left.saturating_sub(data.len()),
                    Ok(Received::Nothing) if left == 0 => return false,
                    Ok(Received::Nothing) => {
                        let read = read_some(&mut self.io, &mut self.machine).await;
                        is_lost = !matches!(read, Ok(1..));
                    }
                }
            }
            !is_lost
        };
        timeout(DRAIN, drained).await.unwrap_or(false)
    }

    async fn refuse(&mut self, refusal: Refusal) {
        tracing::debug!(
            status = refusal.status.as_u16(),
            why = refusal.why,
            "a request was refused"
        );
        date::with_now(|date| self.machine.write_refusal(&mut self.out, refusal, date));
        let written = poll_fn(|cx| self.poll_write_out(cx));
        if matches!(timeout(DRAIN, written).await, Ok(Ok(()))) {
            self.linger().await;
        }
    }

    /// Closes so that the client can still read the answer: bytes that arrive at a closed socket
    /// would make the system reset the connection (RFC 9112 §9.6).
    async fn linger(&mut self) {
        let mut left = DRAIN_BYTES;
        let lingered = async {
            let written = poll_fn(|cx| self.poll_write_out(cx)).await;
            if written.is_err() || self.io.shutdown().await.is_err() || self.is_at_end {
                return;
            }
            while let Ok(count @ 1..) = read_some(&mut self.io, &mut self.machine).await {
                self.machine.unread_mut().clear();
                left = left.saturating_sub(count);
                if left == 0 {
                    return;
                }
            }
        };
        let _in_time = timeout(Duration::from_secs(1), lingered).await;
    }
}

const TOO_SLOW: Refusal =
    Refusal::with(http::StatusCode::REQUEST_TIMEOUT, "the head took longer than 30 seconds");

const NOT_MOUNTED: Refusal =
    Refusal::with(http::StatusCode::NOT_FOUND, "nothing is mounted at this path");

async fn read_some<T: AsyncRead + Unpin>(io: &mut T, machine: &mut Machine) -> io::Result<usize> {
    machine.unread_mut().reserve(READ_BYTES);
    io.read_buf(machine.unread_mut()).await
}
