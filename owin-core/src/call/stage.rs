//! How far a call is, and what follows.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body::Body;

use super::head::{BodyLength, Head, Published, Said, checked};
use super::pipe::{Pipe, Pulled};
use super::{Asked, Call, Event};
use crate::features::ReasonPhrase;
use crate::{Environment, Error, Headers, keys};

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// No call is under way.
    Idle,
    /// The app runs.
    Running,
    /// The app is done; the rest of the body, which lies in the environment, is being sent.
    Rest,
    /// The app asks for the connection.
    Upgrading,
    /// The app failed before the start: 500 takes the place of its response.
    Refused { status: StatusCode, is_head_sent: bool },
    /// There is nothing more to come.
    Over,
}

/// What is known of a response that is being sent.
#[derive(Debug)]
pub(super) struct Rest {
    /// The status, where no push has started the response.
    status: StatusCode,
    pub(super) has_body: bool,
    /// The body is at hand in one piece, and nothing comes behind it.
    pub(super) is_at_hand: bool,
    pub(super) said: Said,
    length: BodyLength,
    pub(super) sent_bytes: u64,
    /// What a stream ended with. Boxed: few have them.
    trailers: Option<Box<HeaderMap>>,
}

impl Rest {
    /// Starts a response that was not started by a push, which may have left bytes in the pipe.
    /// Says whether the app asks for the connection instead.
    fn start(&mut self, env: &mut Environment, pipe: &Pipe, asked: Asked) -> Result<bool, Error> {
        let is_quiet = env.start_quietly();
        if !is_quiet {
            catch_unwind(AssertUnwindSafe(|| env.start_response()))
                .unwrap_or_else(|panic| Err(Error::from_panic(&*panic)))?;
        }
        let headers = env.response().headers();
        if headers.may_concern_server() {
            self.said = Said::by(headers)?;
        }
        self.status = env.response().status();
        self.has_body = asked.may_have_body(self.status);
        if !is_quiet && env.upgrade_decision().is_some() {
            return Ok(true);
        }
        let (status, has_body) = (checked(self.status)?, self.has_body);
        let has_trailers = has_trailers(env);
        let whole = env.inner.slots.response_body.occupy().whole_mut();
        if pipe.is_used() {
            whole.prepend(pipe.take_unsent());
        }
        let (declared, known) = (self.said.declared, whole.length());
        if let (Some(declared), Some(known), true) = (declared, known, has_body)
            && declared != known
        {
            return Err(Error::app(format!(
                "the Content-Length says {declared}, but the body has {known} bytes"
            )));
        }
        // Trailer fields need chunks, unless the application chose the length itself.
        let known = known.filter(|_| !has_trailers || !has_body);
        self.is_at_hand = !has_body || !(has_trailers || whole.has_stream());
        self.length = asked.length(status, declared, known);
        Ok(false)
    }

    /// How many bytes the head promises.
    fn declared(&self) -> Option<u64> {
        if let BodyLength::Known(length) = self.length { Some(length) } else { None }
    }
}

impl Default for Rest {
    fn default() -> Self {
        Self {
            status: StatusCode::OK,
            has_body: false,
            is_at_hand: false,
            said: Said::default(),
            length: BodyLength::None,
            sent_bytes: 0,
            trailers: None,
        }
    }
}

impl Stage {
    pub(super) fn is_under_way(self) -> bool {
        matches!(self, Self::Running | Self::Rest | Self::Upgrading)
    }
}

impl Call {
    /// The head of the response, after [`Event::Head`] or [`Event::Upgrade`].
    #[inline]
    #[must_use]
    pub fn head(&self) -> Head<'_> {
        match (self.stage, &self.published, &self.env) {
            (Stage::Rest | Stage::Upgrading, None, Some(env)) => self.unwound(env),
            _ => self.head_of_other(),
        }
    }

    /// The head where that does not lie in the environment.
    fn head_of_other(&self) -> Head<'_> {
        match (self.stage, &self.published) {
            (Stage::Running | Stage::Rest, Some(head)) => self.published(head),
            (Stage::Refused { status, .. }, ..) => refused(status, self.asked),
            _ => refused(StatusCode::INTERNAL_SERVER_ERROR, Asked::All),
        }
    }

    fn published<'a>(&self, head: &'a Published) -> Head<'a> {
        Head {
            status: head.status,
            reason: head.reason.as_ref().map(ReasonPhrase::as_str),
            headers: &head.headers,
            said: head.said,
            length: self.asked.length(head.status, head.said.declared, None),
            has_body: self.asked.may_have_body(head.status),
        }
    }

    #[inline]
    fn unwound<'a>(&self, env: &'a Environment) -> Head<'a> {
        Head {
            status: self.rest.status,
            reason: env.inner.slots.boxed().response_reason_phrase.get().map(ReasonPhrase::as_str),
            headers: env.response().headers(),
            said: self.rest.said,
            length: self.rest.length,
            has_body: self.rest.has_body,
        }
    }

    /// One step: an event, nothing yet (`Pending`), or a change of stage (`None`).
    #[inline]
    pub(super) fn step(&mut self, cx: &mut Context<'_>) -> Option<Poll<Event>> {
        match &mut self.stage {
            Stage::Running => self.run(cx),
            Stage::Rest => self.send_rest(cx),
            Stage::Refused { is_head_sent, .. } if !*is_head_sent => {
                *is_head_sent = true;
                Some(Poll::Ready(Event::Head))
            }
            Stage::Refused { .. } | Stage::Upgrading => {
                self.over();
                Some(Poll::Ready(Event::End))
            }
            Stage::Idle | Stage::Over => Some(Poll::Ready(Event::End)),
        }
    }

    fn run(&mut self, cx: &mut Context<'_>) -> Option<Poll<Event>> {
        if self.pipe.is_used()
            && let Some(event) = self.pushed()
        {
            return Some(Poll::Ready(event));
        }
        match self.caller.poll(cx) {
            Poll::Ready(Ok(env)) => self.unwind(env),
            Poll::Ready(Err(error)) => self.fail(error),
            Poll::Pending => {
                self.pipe.register_server(cx.waker());
                let event = self.pushed().or_else(|| self.asked_for(cx));
                Some(event.map_or(Poll::Pending, Poll::Ready))
            }
        }
    }

    /// Whether the client is to be asked for the body; not any more once it has an answer.
    fn asked_for(&mut self, cx: &mut Context<'_>) -> Option<Event> {
        let is_asked = self.published.is_none() && self.kept_back.as_ref()?.is_asked(cx);
        is_asked.then(|| {
            self.kept_back = None;
            Event::Continue
        })
    }

    /// What was pushed while the app still runs.
    fn pushed(&mut self) -> Option<Event> {
        let Some(started) = &self.published else {
            self.published = Some(self.pipe.take_head()?);
            return Some(Event::Head);
        };
        let has_body = self.asked.may_have_body(started.status);
        loop {
            match self.pipe.pull() {
                Pulled::Nothing => return None,
                Pulled::Flush => return Some(Event::Flush),
                Pulled::Data(_) if !has_body => {}
                Pulled::Data(data) => {
                    self.rest.sent_bytes = self.rest.sent_bytes.saturating_add(count(&data));
                    return Some(Event::Data(data));
                }
            }
        }
    }

    /// The app has given its environment back.
    fn unwind(&mut self, env: Environment) -> Option<Poll<Event>> {
        let env = self.env.insert(env);
        self.stage = Stage::Rest;
        // The head may have been published in the very poll in which the app ended.
        let is_head_sent = self.published.is_some();
        if self.pipe.is_used() && !is_head_sent {
            self.published = self.pipe.take_head();
        }
        if let Some(head) = &self.published {
            self.rest.length = head.said.declared.map_or(BodyLength::Unknown, BodyLength::Known);
            return if is_head_sent { None } else { Some(Poll::Ready(Event::Head)) };
        }
        match self.rest.start(env, &self.pipe, self.asked) {
            Ok(false) => Some(Poll::Ready(Event::Head)),
            Ok(true) => {
                self.stage = Stage::Upgrading;
                Some(Poll::Ready(Event::Upgrade))
            }
            Err(error) => {
                self.env = None;
                self.fail(error)
            }
        }
    }

    fn send_rest(&mut self, cx: &mut Context<'_>) -> Option<Poll<Event>> {
        let Some(env) = &mut self.env else { return self.finish() };
        let started = self.published.as_ref().map(|head| head.status);
        let status = started.unwrap_or_else(|| env.response().status());
        if !self.asked.may_have_body(status) {
            self.over();
            return Some(Poll::Ready(Event::End));
        }
        match self.pipe.pull() {
            Pulled::Data(data) => return self.send(data),
            Pulled::Flush => return None,
            Pulled::Nothing => {}
        }
        let whole = env.inner.slots.response_body.occupy().whole_mut();
        let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(whole).poll_frame(cx)))
            .unwrap_or_else(|panic| Poll::Ready(Some(Err(Error::from_panic(&*panic)))));
        match polled {
            Poll::Pending => Some(Poll::Pending),
            Poll::Ready(None) => self.finish(),
            Poll::Ready(Some(Err(error))) => self.break_off(error),
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) if data.is_empty() => None,
                Ok(data) => self.send(data),
                Err(frame) => {
                    self.rest.trailers = frame.into_trailers().ok().map(Box::new);
                    None
                }
            },
        }
    }

    fn send(&mut self, data: Bytes) -> Option<Poll<Event>> {
        self.rest.sent_bytes = self.rest.sent_bytes.saturating_add(count(&data));
        if self.rest.declared().is_some_and(|declared| self.rest.sent_bytes > declared) {
            return self.break_off(Error::app("the body is longer than its Content-Length"));
        }
        Some(Poll::Ready(Event::Data(data)))
    }

    /// The body is at its end: trailers, if there are any, then the end.
    fn finish(&mut self) -> Option<Poll<Event>> {
        if self.rest.declared().is_some_and(|declared| self.rest.sent_bytes < declared) {
            return self.break_off(Error::app("the body is shorter than its Content-Length"));
        }
        let streamed = self.rest.trailers.take().map(|trailers| *trailers);
        let trailers = match &mut self.env {
            Some(env) => join_trailers(env, streamed),
            None => streamed,
        };
        let trailers = trailers.unwrap_or_default();
        self.over();
        let is_last = trailers.is_empty();
        Some(Poll::Ready(if is_last { Event::End } else { Event::Trailers(trailers) }))
    }

    /// What is left of a body goes at once: it may hold a file, or a connection of its own.
    pub(super) fn over(&mut self) {
        self.stage = Stage::Over;
        if let Some(env) = &mut self.env {
            env.inner.slots.response_body.occupy().whole_mut().clear();
        }
    }

    /// The app failed: 500 where the response has not started, else a response broken off.
    fn fail(&mut self, error: Error) -> Option<Poll<Event>> {
        if self.published.is_some() {
            return self.break_off(error);
        }
        self.stage = Stage::Refused { status: error.status(), is_head_sent: false };
        self.error = Some(error);
        None
    }

    fn break_off(&mut self, error: Error) -> Option<Poll<Event>> {
        self.over();
        Some(Poll::Ready(Event::Failed(error)))
    }
}

fn has_trailers(env: &Environment) -> bool {
    env.inner.slots.boxed().server_response_trailers.get().is_some()
}

fn take_trailers(env: &mut Environment) -> Option<Headers> {
    if !has_trailers(env) {
        return None;
    }
    env.remove(keys::SERVER_RESPONSE_TRAILERS).ok().flatten()
}

/// The trailer fields of a response: those that came out of its body, and those that the app set.
pub(super) fn join_trailers(
    env: &mut Environment,
    streamed: Option<HeaderMap>,
) -> Option<HeaderMap> {
    match (streamed, take_trailers(env).map(HeaderMap::from)) {
        (Some(mut streamed), Some(own)) => {
            streamed.extend(own);
            Some(streamed)
        }
        (streamed, own) => streamed.or(own),
    }
}

fn count(data: &Bytes) -> u64 {
    u64::try_from(data.len()).unwrap_or(u64::MAX)
}

fn refused(status: StatusCode, asked: Asked) -> Head<'static> {
    Head { has_body: asked == Asked::All, ..Head::refusal(status) }
}
