//! How far a call is, and what follows.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body::Body;

use super::head::{
    BodyLength, Head, Published, checked_status, declared_length, length, may_have_body,
};
use super::pipe::Pulled;
use super::{Call, Event, Whole};
use crate::{Environment, Error, keys};

/// How far a call is.
#[derive(Debug)]
pub(super) enum Stage {
    /// No call is under way.
    Idle,
    /// The app runs. The head is there once a push has started the response.
    Running { head: Option<Box<Published>>, sent_bytes: u64 },
    /// The app is done; the rest of the body is being sent.
    Rest { env: Environment, head: Option<Box<Published>>, whole: Whole, rest: Rest },
    /// The app asks for the connection.
    Upgrading { env: Environment },
    /// The app failed before the start: 500 takes the place of its response.
    Refused { status: StatusCode, is_head_sent: bool },
    /// There is nothing more to come.
    Over { env: Option<Environment> },
}

/// What is known of the rest of a body.
#[derive(Debug)]
pub(super) struct Rest {
    length: BodyLength,
    sent_bytes: u64,
    /// Boxed: few bodies have them, and the stage moves often.
    trailers: Option<Box<HeaderMap>>,
}

impl Rest {
    /// How many bytes the head promises.
    fn declared(&self) -> Option<u64> {
        if let BodyLength::Known(length) = self.length { Some(length) } else { None }
    }
}

impl Stage {
    pub(super) fn is_under_way(&self) -> bool {
        !matches!(self, Self::Idle | Self::Refused { .. } | Self::Over { .. })
    }

    pub(super) fn environment(&self) -> Option<&Environment> {
        match self {
            Self::Rest { env, .. } | Self::Upgrading { env } => Some(env),
            Self::Over { env } => env.as_ref(),
            Self::Idle | Self::Running { .. } | Self::Refused { .. } => None,
        }
    }

    pub(super) fn environment_mut(&mut self) -> Option<&mut Environment> {
        match self {
            Self::Rest { env, .. } | Self::Upgrading { env } => Some(env),
            Self::Over { env } => env.as_mut(),
            Self::Idle | Self::Running { .. } | Self::Refused { .. } => None,
        }
    }

    pub(super) fn into_environment(self) -> Option<Environment> {
        match self {
            Self::Rest { env, .. } | Self::Upgrading { env } => Some(env),
            Self::Over { env } => env,
            Self::Idle | Self::Running { .. } | Self::Refused { .. } => None,
        }
    }
}

impl Call {
    /// The head of the response, after [`Event::Head`] or [`Event::Upgrade`].
    #[must_use]
    pub fn head(&self) -> Head<'_> {
        match &self.stage {
            Stage::Running { head: Some(head), .. } | Stage::Rest { head: Some(head), .. } => {
                self.published(head)
            }
            Stage::Rest { env, rest, .. } => self.unwound(env, rest.length),
            Stage::Upgrading { env } => self.unwound(env, BodyLength::None),
            Stage::Refused { status, .. } => refused(*status, self.method == http::Method::HEAD),
            Stage::Idle | Stage::Running { .. } | Stage::Over { .. } => {
                refused(StatusCode::INTERNAL_SERVER_ERROR, false)
            }
        }
    }

    fn published<'a>(&self, head: &'a Published) -> Head<'a> {
        Head {
            status: head.status,
            reason: head.reason.as_ref().map(crate::features::ReasonPhrase::as_str),
            headers: &head.headers,
            length: length(&self.method, head.status, head.declared, None),
            has_body: may_have_body(&self.method, head.status),
        }
    }

    fn unwound<'a>(&self, env: &'a Environment, length: BodyLength) -> Head<'a> {
        let status = env.response().status();
        Head {
            status,
            reason: env.get(keys::RESPONSE_REASON_PHRASE).map(|phrase| phrase.as_str()),
            headers: env.response().headers().map(),
            length,
            has_body: may_have_body(&self.method, status),
        }
    }

    /// One step: an event, nothing yet (`Pending`), or a change of stage (`None`).
    pub(super) fn step(&mut self, cx: &mut Context<'_>) -> Option<Poll<Event>> {
        match &mut self.stage {
            Stage::Running { .. } => self.run(cx),
            Stage::Rest { .. } => self.send_rest(cx),
            Stage::Upgrading { .. } => {
                self.over();
                Some(Poll::Ready(Event::End))
            }
            Stage::Refused { is_head_sent, .. } => {
                if !*is_head_sent {
                    *is_head_sent = true;
                    return Some(Poll::Ready(Event::Head));
                }
                self.stage = Stage::Over { env: None };
                Some(Poll::Ready(Event::End))
            }
            Stage::Idle | Stage::Over { .. } => Some(Poll::Ready(Event::End)),
        }
    }

    fn run(&mut self, cx: &mut Context<'_>) -> Option<Poll<Event>> {
        if let Some(event) = self.pushed() {
            return Some(Poll::Ready(event));
        }
        match self.caller.poll(cx) {
            Poll::Ready(Ok(env)) => self.unwind(env),
            Poll::Ready(Err(error)) => self.fail(error),
            Poll::Pending => {
                self.pipe.register_server(cx.waker());
                Some(self.pushed().map_or(Poll::Pending, Poll::Ready))
            }
        }
    }

    /// What was pushed while the app still runs.
    fn pushed(&mut self) -> Option<Event> {
        let Stage::Running { head, sent_bytes } = &mut self.stage else { return None };
        let Some(started) = head else {
            *head = Some(Box::new(self.pipe.take_head()?));
            return Some(Event::Head);
        };
        let has_body = may_have_body(&self.method, started.status);
        loop {
            match self.pipe.pull() {
                Pulled::Nothing => return None,
                Pulled::Flush => return Some(Event::Flush),
                Pulled::Data(_) if !has_body => {}
                Pulled::Data(data) => {
                    *sent_bytes = sent_bytes.saturating_add(count(&data));
                    return Some(Event::Data(data));
                }
            }
        }
    }

    /// The app has given its environment back.
    fn unwind(&mut self, mut env: Environment) -> Option<Poll<Event>> {
        let whole = env.response_mut().take_body();
        let Stage::Running { head, sent_bytes } = std::mem::replace(&mut self.stage, Stage::Idle)
        else {
            return None;
        };
        // The head may have been published in the very poll in which the app ended.
        let is_head_sent = head.is_some();
        if let Some(head) = head.or_else(|| self.pipe.take_head().map(Box::new)) {
            let length = head.declared.map_or(BodyLength::Unknown, BodyLength::Known);
            let rest = Rest { length, sent_bytes, trailers: None };
            self.stage = Stage::Rest { env, head: Some(head), whole, rest };
            return if is_head_sent { None } else { Some(Poll::Ready(Event::Head)) };
        }
        match self.start_unwound(&mut env, whole) {
            Ok(Some((length, whole))) => {
                let rest = Rest { length, sent_bytes: 0, trailers: None };
                self.stage = Stage::Rest { env, head: None, whole, rest };
                Some(Poll::Ready(Event::Head))
            }
            Ok(None) => {
                self.stage = Stage::Upgrading { env };
                Some(Poll::Ready(Event::Upgrade))
            }
            Err(error) => {
                drop(env);
                self.fail(error)
            }
        }
    }

    /// Starts a response that was not started by a push; `None` for an upgrade.
    fn start_unwound(
        &self,
        env: &mut Environment,
        mut whole: Whole,
    ) -> Result<Option<(BodyLength, Whole)>, Error> {
        catch_unwind(AssertUnwindSafe(|| env.start_response()))
            .unwrap_or_else(|panic| Err(Error::from_panic(&*panic)))?;
        if env.upgrade_decision().is_some() {
            return Ok(None);
        }
        let status = checked_status(env)?;
        whole.prepend(self.pipe.take_unsent());
        let (declared, known) = (declared_length(env)?, whole.length());
        let has_body = may_have_body(&self.method, status);
        let has_trailers = env.get(keys::SERVER_RESPONSE_TRAILERS).is_some();
        if let (Some(declared), Some(known), true) = (declared, known, has_body)
            && declared != known
        {
            return Err(Error::app(format!(
                "the Content-Length says {declared}, but the body has {known} bytes"
            )));
        }
        // Trailer fields need chunks, unless the application chose the length itself.
        let known = known.filter(|_| !has_trailers || !has_body);
        Ok(Some((length(&self.method, status, declared, known), whole)))
    }

    fn send_rest(&mut self, cx: &mut Context<'_>) -> Option<Poll<Event>> {
        let Stage::Rest { env, head, whole, rest } = &mut self.stage else { return None };
        let status = head.as_ref().map_or_else(|| env.response().status(), |head| head.status);
        if !may_have_body(&self.method, status) {
            self.over();
            return Some(Poll::Ready(Event::End));
        }
        match self.pipe.pull() {
            Pulled::Data(data) => return self.send(data),
            Pulled::Flush => return None,
            Pulled::Nothing => {}
        }
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
                    rest.trailers = frame.into_trailers().ok().map(Box::new);
                    None
                }
            },
        }
    }

    fn send(&mut self, data: Bytes) -> Option<Poll<Event>> {
        let Stage::Rest { rest, .. } = &mut self.stage else { return None };
        rest.sent_bytes = rest.sent_bytes.saturating_add(count(&data));
        if rest.declared().is_some_and(|declared| rest.sent_bytes > declared) {
            return self.break_off(Error::app("the body is longer than its Content-Length"));
        }
        Some(Poll::Ready(Event::Data(data)))
    }

    /// The body is at its end: trailers, if there are any, then the end.
    fn finish(&mut self) -> Option<Poll<Event>> {
        let Stage::Rest { env, rest, .. } = &mut self.stage else { return None };
        if rest.declared().is_some_and(|declared| rest.sent_bytes < declared) {
            return self.break_off(Error::app("the body is shorter than its Content-Length"));
        }
        let own = env.remove(keys::SERVER_RESPONSE_TRAILERS).ok().flatten().map(HeaderMap::from);
        let streamed = rest.trailers.take().map(|trailers| *trailers);
        let trailers = match (streamed, own) {
            (Some(mut streamed), Some(own)) => {
                streamed.extend(own);
                streamed
            }
            (streamed, own) => streamed.or(own).unwrap_or_default(),
        };
        self.over();
        let is_last = trailers.is_empty();
        Some(Poll::Ready(if is_last { Event::End } else { Event::Trailers(trailers) }))
    }

    fn over(&mut self) {
        let stage = std::mem::replace(&mut self.stage, Stage::Idle);
        self.stage = Stage::Over { env: stage.into_environment() };
    }

    /// The app failed: 500 where the response has not started, else a response broken off.
    fn fail(&mut self, error: Error) -> Option<Poll<Event>> {
        let has_started = matches!(self.stage, Stage::Running { head: Some(_), .. });
        if has_started {
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

fn count(data: &Bytes) -> u64 {
    u64::try_from(data.len()).unwrap_or(u64::MAX)
}

fn refused(status: StatusCode, is_to_head: bool) -> Head<'static> {
    Head { has_body: !is_to_head, ..Head::refusal(status) }
}
