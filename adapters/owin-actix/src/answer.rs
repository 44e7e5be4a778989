//! A call as the future of a response of actix.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::{Payload, RequestHead, Response, StatusCode, Version};
use owin_core::features::Outcome;
use owin_core::upgrade::{OpaqueUpgrade, UpgradeKind};
use owin_core::{BodyLength, Environment, Error, Event, keys};

use crate::body::CallBody;
use crate::connection::Connection;
use crate::feed::Feed;
use crate::line::Line;
use crate::request;
use crate::response::{self, Framing};
use crate::running::Running;
use crate::upgrade::{Inbound, Takeover};
use crate::worker::Worker;

/// Where an app is, as its calls see it.
#[derive(Clone, Copy)]
pub(crate) struct Mount<'a> {
    pub(crate) worker: &'a Rc<Worker>,
    /// The path base, decoded.
    pub(crate) base: &'a str,
    pub(crate) is_secure: bool,
}

/// The future of a response: ready when the response starts, while its body may still be under way.
pub(crate) struct Answer(State);

enum State {
    Refused(StatusCode),
    Running(Box<Started>),
    /// Nothing is sent any more.
    Over,
}

struct Started {
    running: Running,
    framing: Framing,
    /// What the connection is taken over with, where that was offered, and under what name.
    offer: Option<(String, Inbound)>,
    /// Whether the app was asked already.
    is_asked: bool,
    has_looked: bool,
}

impl Answer {
    /// Starts a call with what actix read; a request that the contract refuses never reaches the
    /// app.
    pub(crate) fn to(
        head: &RequestHead,
        payload: Payload,
        connection: Rc<Connection>,
        mount: Mount<'_>,
    ) -> Self {
        if let Some(line) = connection.line() {
            line.begin(request::rest(head));
        }
        let mut call = mount.worker.take(&connection);
        let mut env = call.prepare();
        if mount.is_secure {
            env.request_mut().set_scheme("https");
        }
        let filled = request::fill(&mut env, head)
            .and_then(|()| request::mount(&mut env, mount.base))
            .and_then(|()| take_rest(&mut env, head, payload, &connection));
        let rest = match filled {
            Ok(rest) => rest,
            Err(error) => {
                tracing::debug!("a request is refused: {error}");
                mount.worker.put(call);
                return Self(State::Refused(response::status(error.status())));
            }
        };
        call.start(env);
        let framing = Framing {
            is_http_10: head.version < Version::HTTP_11,
            is_raw: request::is_raw(head),
            is_asked_to_switch: head.upgrade(),
        };
        let running = Running::new(call, rest.feed, connection, Rc::clone(mount.worker));
        let started =
            Started { running, framing, offer: rest.offer, is_asked: false, has_looked: false };
        Self(State::Running(Box::new(started)))
    }
}

/// What follows the head of a request.
struct Rest {
    feed: Option<Feed>,
    offer: Option<(String, Inbound)>,
}

/// Gives the environment its body, or offers the connection.
fn take_rest(
    env: &mut Environment,
    head: &RequestHead,
    payload: Payload,
    connection: &Rc<Connection>,
) -> Result<Rest, Error> {
    let is_raw = request::is_raw(head);
    if let Some(protocol) = request::wanted_protocol(env)
        && (is_raw || connection.line().is_some())
    {
        env.set(keys::OPAQUE_UPGRADE, OpaqueUpgrade::new(protocol.as_str()))?;
        let inbound =
            if is_raw { Inbound::Payload(payload) } else { Inbound::Line(Rc::clone(connection)) };
        return Ok(Rest { feed: None, offer: Some((protocol, inbound)) });
    }
    let has_length = head.headers.contains_key("content-length");
    if matches!(payload, Payload::None) || (is_raw && !has_length) {
        return Ok(Rest { feed: None, offer: None });
    }
    let length = if has_length { env.request().body_length()? } else { BodyLength::Unknown };
    let (feed, body) = Feed::new(payload, length);
    drop(env.request_mut().set_body(body));
    Ok(Rest { feed: Some(feed), offer: None })
}

impl Future for Answer {
    type Output = Response<CallBody>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answered = match &mut self.0 {
            State::Running(started) => ready!(started.poll(cx)),
            State::Refused(status) => Some(response::refusal(*status)),
            State::Over => None,
        };
        self.0 = State::Over;
        answered.map_or(Poll::Pending, Poll::Ready)
    }
}

impl Started {
    /// The response; `None` where there is to be none.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Response<CallBody>>> {
        if !self.is_asked && !self.looks_ahead(cx) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.is_asked = true;
        loop {
            let event = ready!(self.running.poll_event(cx));
            if self.running.is_cut_off() {
                return Poll::Ready(self.give_up(cx));
            }
            match event {
                Event::Head => return Poll::Ready(Some(self.start())),
                Event::Upgrade => return Poll::Ready(Some(self.switch())),
                Event::Failed(_) | Event::End => return Poll::Ready(self.give_up(cx)),
                _ => {}
            }
        }
    }

    /// Looks for the body before the app is asked: what has arrived with the head is there at once,
    /// and needs no connection to be closed where nobody reads it. actix hands it over later than
    /// the head, so it is looked for twice.
    fn looks_ahead(&mut self, cx: &mut Context<'_>) -> bool {
        if self.running.connection().line().is_some_and(Line::is_passing) {
            return false;
        }
        std::mem::replace(&mut self.has_looked, true) | self.running.look_ahead(cx)
    }

    /// Sends nothing: the connection breaks off.
    fn give_up(&mut self, cx: &Context<'_>) -> Option<Response<CallBody>> {
        self.running.complete(Outcome::Cancelled);
        let Some(line) = self.running.connection().line() else {
            return Some(response::refusal(StatusCode::INTERNAL_SERVER_ERROR));
        };
        line.break_off();
        cx.waker().wake_by_ref();
        None
    }

    fn running(&mut self) -> Running {
        let connection = Rc::clone(self.running.connection());
        let over = Running::over(connection, Rc::clone(self.running.worker()));
        std::mem::replace(&mut self.running, over)
    }

    fn start(&mut self) -> Response<CallBody> {
        self.offer = None;
        let Some(call) = self.running.call() else {
            return response::refusal(StatusCode::INTERNAL_SERVER_ERROR);
        };
        let mut head = response::head(&call.head());
        let outcome = match call.error() {
            Some(error) => {
                tracing::error!("an app failed: {error}");
                Outcome::Failed
            }
            None => Outcome::Completed,
        };
        let (length, has_body) = (call.head().length(), call.head().has_body());
        let whole = call.take_whole();
        let size = self.framing.frame(&mut head, length, has_body, whole.is_some());
        let body = match whole {
            Some(bytes) => {
                self.running.complete(outcome);
                CallBody::whole(bytes, size)
            }
            None => CallBody::running(self.running(), size, self.framing.is_http_10),
        };
        head.set_body(body)
    }

    /// The head of a connection that is taken over, where that was offered.
    fn switch(&mut self) -> Response<CallBody> {
        let call = self.running.call();
        let decision = call.and_then(|call| call.take_upgrade());
        let decision = decision.filter(|decision| decision.kind() == UpgradeKind::Opaque);
        let (Some((protocol, inbound)), Some(decision)) = (self.offer.take(), decision) else {
            tracing::error!("an app takes over a connection that was not offered to it");
            self.running.complete(Outcome::Failed);
            return response::refusal(StatusCode::INTERNAL_SERVER_ERROR);
        };
        let head = self.running.call().map(|call| response::head(&call.head()));
        let head =
            response::switching(head.unwrap_or_else(|| Response::ok().drop_body()), &protocol);
        let (connection, worker) = (self.running.connection(), self.running.worker());
        let takeover = Takeover::new(decision, inbound, Rc::clone(connection), Rc::clone(worker));
        self.running.complete(Outcome::Completed);
        head.set_body(CallBody::taken_over(takeover))
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}
