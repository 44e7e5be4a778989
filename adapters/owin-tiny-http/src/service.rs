//! A request of tiny_http as a call of the app.

use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::task::Poll;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use owin_core::body::{BodySender, Whole};
use owin_core::features::Outcome;
use owin_core::{Call, CancelReason, Environment, Event, Head, RequestBody};
use tiny_http::Request;

use crate::body::Line;
use crate::connection::Connection;
use crate::error::Ended;
use crate::lanes::Turn;
use crate::listen::{Asked, Shared};
use crate::request::{self, Facts, Incoming};
use crate::stop::{APP_GRACE, Phase};
use crate::wire::{Framing, HeadBytes};

/// So many bytes are collected for a client of HTTP/1.0 that wants to keep its connection.
const COLLECT_BYTES: usize = 1024 * 1024;

/// Pieces up to this size are joined with what waits before them.
const JOIN_BYTES: usize = 8 * 1024;

/// Serves a request; afterwards nothing of it is under way but the reading of a body that nobody
/// wanted.
pub(crate) async fn serve(shared: &Shared, turn: Turn<Asked>) {
    let Turn { key, info, number, request: mut asked } = turn;
    let Some(request) = asked.take() else { return };
    let connection = Connection::new(&shared.lanes, key, asked.site.peer(key.client));
    let mut call = Call::new(&shared.app, info.clone());
    call.move_to(&info, number);
    let mut env = call.prepare();
    let facts = match request::read(&request, &asked.site, shared.lengths, &mut env) {
        Ok(facts) if shared.stop.phase() < Phase::Aborting => facts,
        Ok(_) => return shared.refuse(connection, request, StatusCode::SERVICE_UNAVAILABLE),
        Err(error) => {
            tracing::debug!(%error, client = %connection.client(), "a request was refused");
            return shared.refuse(connection, request, error.status());
        }
    };
    let broken = connection.clone();
    let breaking = move || {
        broken.break_up();
        let _found = broken.finish();
    };
    let Some((exit, feed)) = connect(request, facts, shared.lengths.max_bytes, &mut env, breaking)
    else {
        connection.break_up();
        return;
    };
    let mut wire = Wire::new(exit, facts, connection.clone());
    let canceller = call.canceller();
    call.start(env);
    let _watched = shared.stop.watch(canceller);
    if shared.stop.phase() >= Phase::Aborting {
        call.cancel(CancelReason::Shutdown);
    }
    let leaves = || shared.stop.phase() > Phase::Serving && !connection.has_waiting();
    let driven = async {
        let ended = perform(leaves, &mut call, &mut wire, feed).await;
        end(&mut call, ended).await;
    };
    tokio::select! {
        () = driven => {}
        () = shared.stop.reached(Phase::Over) => wire.is_cut = true,
    }
    // Before the connection is let go: what lies there already must not be answered.
    wire.leave();
}

/// Feeds the body of a request that is not at hand.
type Feed = Option<(Line, BodySender)>;

/// Puts the body into the environment, and says by which way the answer goes out.
fn connect(
    mut request: Request,
    facts: Facts,
    max_length_bytes: u64,
    env: &mut Environment,
    breaking: impl FnOnce() + Send + 'static,
) -> Option<(Exit, Feed)> {
    let left = match facts.body {
        Incoming::None => return Some((Exit::Here(Here::new(request)), None)),
        Incoming::AtHand(length) => {
            let mut body = Vec::new();
            let mut limited = request.as_reader().take(length);
            limited.read_to_end(&mut body).ok()?;
            drop(env.request_mut().set_body(RequestBody::from(Whole::from(body))));
            return Some((Exit::Here(Here::new(request)), None));
        }
        Incoming::Streamed(left) => left,
    };
    let (sender, body) = match left {
        Some(length) => RequestBody::channel_of_length(length),
        None => RequestBody::channel(),
    };
    drop(env.request_mut().set_body(body));
    match Line::start(request, left, max_length_bytes, breaking) {
        Ok(line) => Some((Exit::There(line.clone()), Some((line, sender)))),
        Err(error) => {
            tracing::error!(%error, "there is no thread for the body of a request");
            None
        }
    }
}

/// Does what the events say, while the body is fed.
async fn perform(
    leaves: impl Fn() -> bool,
    call: &mut Call,
    wire: &mut Wire,
    feed: Feed,
) -> Result<(), Ended> {
    let has_reset = wire.connection.has_reset();
    let fed = async {
        match feed {
            None => std::future::pending().await,
            Some((line, sender)) => line.feed(sender).await,
        }
    };
    tokio::select! {
        biased;
        answered = answer(leaves, call, wire) => answered,
        ended = fed => Err(ended),
        () = has_reset => Err(Ended::Reading(CancelReason::PeerReset)),
    }
}

async fn answer(leaves: impl Fn() -> bool, call: &mut Call, wire: &mut Wire) -> Result<(), Ended> {
    loop {
        let event = match poll_fn(|cx| Poll::Ready(call.poll_event(cx))).await {
            Poll::Ready(event) => event,
            Poll::Pending => {
                // The app waits for something else: what it wrote goes out before.
                wire.flush().await?;
                call.event().await
            }
        };
        match event {
            Event::Head => wire.head(&call.head(), leaves()).await?,
            Event::Data(data) => wire.data(data).await?,
            Event::Flush => wire.flush().await?,
            Event::Trailers(trailers) => wire.end(&trailers).await?,
            Event::End => return wire.end(&HeaderMap::new()).await,
            Event::Failed(error) => {
                tracing::error!(%error, "a response was broken off");
                return wire.break_off().await;
            }
            // Nothing is offered, so that nothing can be accepted.
            _ => {
                let refusal = Head::refusal(StatusCode::INTERNAL_SERVER_ERROR);
                wire.head(&refusal, true).await?;
                return wire.end(&HeaderMap::new()).await;
            }
        }
    }
}

/// Ends the call: one whose client has gone is driven on for a while, so that the app can end.
async fn end(call: &mut Call, ended: Result<(), Ended>) {
    if let Err(ended) = ended {
        call.cancel(ended.reason());
        let over = async { while !matches!(call.event().await, Event::End | Event::Failed(_)) {} };
        let _ignores_it = tokio::time::timeout(APP_GRACE, over).await;
        return call.complete(Outcome::Cancelled);
    }
    match call.error() {
        Some(error) => {
            tracing::error!(%error, "the app failed");
            call.complete(Outcome::Failed);
        }
        None => call.complete(Outcome::Completed),
    }
}

/// By which way an answer goes out.
enum Exit {
    /// From this thread.
    Here(Here),
    /// By the thread that reads the body.
    There(Line),
}

/// A connection that this thread alone writes to.
struct Here {
    request: Option<Box<Request>>,
    writer: Option<Box<dyn Write + Send>>,
}

impl Here {
    fn new(request: Request) -> Self {
        Self { request: Some(Box::new(request)), writer: None }
    }

    fn write(&mut self, data: &[u8]) -> io::Result<()> {
        if let Some(request) = self.request.take() {
            self.writer = Some(request.into_writer());
        }
        self.writer.as_mut().map_or(Ok(()), |writer| writer.write_all(data))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), |writer| writer.flush())
    }
}

impl Drop for Here {
    /// A request that was given up must not be answered by tiny_http.
    fn drop(&mut self) {
        if let Some(request) = self.request.take() {
            drop(request.into_writer());
        }
    }
}

/// The response on its way.
struct Wire {
    exit: Exit,
    facts: Facts,
    framing: Framing,
    /// A head that waits for its length.
    waiting: Option<HeadBytes>,
    buffer: Vec<u8>,
    /// Something was written since the last flush.
    is_dirty: bool,
    has_ended: bool,
    /// The app wants the connection closed.
    closes: bool,
    /// The answer is not whole, and will not be.
    is_cut: bool,
    connection: Connection,
}

impl Wire {
    fn new(exit: Exit, facts: Facts, connection: Connection) -> Self {
        Self {
            exit,
            facts,
            framing: Framing::Empty,
            waiting: None,
            buffer: Vec::new(),
            is_dirty: false,
            has_ended: false,
            closes: false,
            is_cut: false,
            connection,
        }
    }

    async fn head(&mut self, head: &Head<'_>, leaves: bool) -> Result<(), Ended> {
        self.framing = Framing::of(head, self.facts);
        let mut bytes = HeadBytes::new(head, self.framing);
        let wants_close = head.wants_close();
        if self.facts.closes || wants_close || leaves {
            bytes = bytes.closing();
        } else if self.facts.is_http_10 {
            bytes = bytes.keeping_http_10();
        }
        self.closes = wants_close;
        if self.framing == Framing::Collected {
            self.waiting = Some(bytes);
            return Ok(());
        }
        self.begin(bytes).await
    }

    async fn begin(&mut self, head: HeadBytes) -> Result<(), Ended> {
        self.is_dirty = true;
        match &self.exit {
            Exit::Here(_) => {
                self.buffer.extend_from_slice(&head.to_bytes());
                Ok(())
            }
            Exit::There(line) => line.head(head).await.map_err(|error| self.failed(&error)),
        }
    }

    async fn data(&mut self, data: Bytes) -> Result<(), Ended> {
        self.is_dirty = true;
        if self.waiting.is_some() {
            self.buffer.extend_from_slice(&data);
            if self.buffer.len() > COLLECT_BYTES {
                return self.too_much().await;
            }
            return Ok(());
        }
        let is_plain = self.framing != Framing::Chunked;
        if is_plain && data.len() > JOIN_BYTES {
            self.write_buffer().await?;
            return self.write(data).await;
        }
        self.framing.put(&data, &mut self.buffer);
        if self.buffer.len() > JOIN_BYTES { self.write_buffer().await } else { Ok(()) }
    }

    /// A client that cannot be told the end of such a body is told that there is none.
    async fn too_much(&mut self) -> Result<(), Ended> {
        tracing::error!("a body of unknown length is too long for HTTP/1.0 with keep-alive");
        self.waiting = None;
        self.buffer.clear();
        self.framing = Framing::Length;
        let refusal = Head::refusal(StatusCode::INTERNAL_SERVER_ERROR);
        self.begin(HeadBytes::new(&refusal, Framing::Length).closing()).await?;
        self.write_buffer().await?;
        self.flush().await?;
        self.is_cut = true;
        Err(Ended::Writing)
    }

    async fn flush(&mut self) -> Result<(), Ended> {
        if !self.is_dirty || self.waiting.is_some() {
            return Ok(());
        }
        self.write_buffer().await?;
        let flushed = match &mut self.exit {
            Exit::Here(here) => here.flush(),
            Exit::There(line) => line.flush().await,
        };
        self.is_dirty = false;
        flushed.map_err(|error| self.failed(&error))
    }

    async fn end(&mut self, trailers: &HeaderMap) -> Result<(), Ended> {
        if self.has_ended {
            return Ok(());
        }
        self.has_ended = true;
        if let Some(head) = self.waiting.take() {
            let body = std::mem::take(&mut self.buffer);
            self.begin(head.with_length(body.len())).await?;
            self.buffer.extend_from_slice(&body);
        }
        self.is_dirty = true;
        self.framing.put_end(trailers, &mut self.buffer);
        self.flush().await
    }

    async fn break_off(&mut self) -> Result<(), Ended> {
        self.is_cut = true;
        if self.waiting.take().is_some() {
            self.buffer.clear();
            let refusal = Head::refusal(StatusCode::INTERNAL_SERVER_ERROR);
            self.begin(HeadBytes::new(&refusal, Framing::Length).closing()).await?;
        } else if !self.facts.closes {
            self.flush().await?;
            self.connection.break_up();
            if !self.connection.finish() {
                self.framing.put_broken(&mut self.buffer);
            }
        }
        self.is_dirty = true;
        self.flush().await
    }

    async fn write_buffer(&mut self) -> Result<(), Ended> {
        let buffered = std::mem::take(&mut self.buffer);
        if buffered.is_empty() { Ok(()) } else { self.write(buffered.into()).await }
    }

    async fn write(&mut self, data: Bytes) -> Result<(), Ended> {
        let written = match &mut self.exit {
            Exit::Here(here) => here.write(&data),
            Exit::There(line) => line.write(data).await,
        };
        written.map_err(|error| self.failed(&error))
    }

    /// Ends the connection, where it has to. Nothing more of it is answered from before its end can be
    /// seen: what the client does then is done by another connection, which may have the same address.
    fn leave(&self) {
        if !(self.facts.closes || self.is_cut || self.closes || !self.has_ended) {
            return;
        }
        self.connection.leave(self.facts.closes);
        if self.is_cut && self.framing == Framing::Close {
            // Its end would be that of a whole body.
            let _found = self.connection.reset();
        } else if !self.facts.closes {
            let _found = self.connection.finish();
        }
    }

    fn failed(&mut self, error: &io::Error) -> Ended {
        tracing::debug!(%error, "a response could not be written");
        self.is_cut = true;
        Ended::Writing
    }
}
