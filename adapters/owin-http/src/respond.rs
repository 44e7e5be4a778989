//! A call as the future of a foreign response.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderValue, TRAILER, UPGRADE};
use http::{HeaderMap, Response, StatusCode};
use owin_core::features::Outcome;
use owin_core::upgrade::{Decision, UpgradeKind};
use owin_core::{BodyLength, Call, CancelReason, Environment, Error, Event, Head, keys};

use crate::calls::Framing;
use crate::lease::{Kept, Lease};
use crate::{CallBody, ReasonPhrase};

/// Starts a call with a filled environment and answers with its response; see [`Calls`](crate::Calls)
/// for servers that serve more than one request.
///
/// ```
/// use owin_core::{AppExt, Call, Environment, Error, features::ConnectionInfo};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let app = (async |env: Environment| -> Result<Environment, Error> { Ok(env) }).boxed();
/// let mut call = Call::new(&app, ConnectionInfo::new());
/// let env = call.prepare();
/// let response = owin_http::respond(call, env).await;
/// assert_eq!(response.status(), 200);
/// # Ok(())
/// # }
/// ```
#[must_use = "futures do nothing unless polled"]
pub fn respond(mut call: Call, env: Environment) -> Respond {
    call.start(env);
    Respond::to(Lease::new(Box::new(Kept::new(call, Framing::ByField)), None))
}

/// The future of a foreign response: ready when the response starts, while its body may still be
/// under way.
///
/// Dropped before that, the client has gone: `owin.CallCancelled` fires. An app that fails before
/// the start gives 500. The fields of the response are those of the app with `Content-Length` where
/// the length is known, `Connection: close` where the app asks for it, and `Trailer` where trailer
/// fields are known to follow; framing and connection are otherwise the foreign server's.
///
/// Where the app takes the connection over, the response is 101 with `Upgrade`, and its body has
/// the decision: [`CallBody::take_upgrade`].
#[must_use = "futures do nothing unless polled"]
pub struct Respond(State);

enum State {
    Running(Lease),
    Refused(StatusCode),
}

impl Respond {
    pub(crate) fn to(lease: Lease) -> Self {
        Self(State::Running(lease))
    }

    /// Answers a message that no app sees.
    ///
    /// ```
    /// use owin_core::Error;
    /// use owin_http::Respond;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let response = Respond::refusing(Error::peer("there is no Host")).await;
    /// assert_eq!(response.status(), 400);
    /// # }
    /// ```
    #[expect(clippy::needless_pass_by_value, reason = "the error ends here")]
    pub fn refusing(error: Error) -> Self {
        tracing::debug!("a request is refused: {error}");
        Self(State::Refused(error.status()))
    }

    /// Fires `owin.CallCancelled`. The app is driven on; what it answers is still the response.
    pub fn cancel(&self, reason: CancelReason) {
        if let State::Running(lease) = &self.0 {
            lease.cancel(reason);
        }
    }
}

impl Future for Respond {
    type Output = Response<CallBody>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response<CallBody>> {
        let lease = match &mut self.0 {
            State::Running(lease) => lease,
            State::Refused(status) => return Poll::Ready(refusal(*status)),
        };
        while let Some(kept) = lease.kept() {
            let mut response = Response::new(CallBody::whole(Bytes::new()));
            let started = match ready!(kept.call.poll_event(cx)) {
                Event::Head => start(kept, &mut response),
                Event::Upgrade => switch(kept, &mut response),
                Event::Failed(error) => {
                    tracing::error!("an app failed: {error}");
                    break;
                }
                Event::End => break,
                _ => continue,
            };
            *response.body_mut() = match started {
                Started::Over(bytes, outcome) => {
                    lease.complete(outcome);
                    CallBody::whole(bytes)
                }
                Started::Running { left, has_body } => {
                    CallBody::running(std::mem::take(lease), left, has_body)
                }
                Started::Upgrade(decision) => {
                    lease.complete(Outcome::Completed);
                    CallBody::upgrade(decision)
                }
            };
            return Poll::Ready(response);
        }
        Poll::Ready(refusal(StatusCode::INTERNAL_SERVER_ERROR))
    }
}

/// How the response goes on behind its head.
enum Started {
    /// All of it is at hand, and the call is over.
    Over(Bytes, Outcome),
    Running {
        /// How many bytes the head promises.
        left: Option<u64>,
        has_body: bool,
    },
    Upgrade(Decision),
}

/// Writes the head of a response that has started.
fn start(kept: &mut Kept, response: &mut Response<CallBody>) -> Started {
    let head = kept.call.head();
    let (length, has_body, wants_close) = (head.length(), head.has_body(), head.wants_close());
    *response.status_mut() = head.status();
    put_phrase(&head, response.extensions_mut());
    let fields = response.headers_mut();
    kept.call.take_fields(fields);
    if wants_close {
        fields.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let left = match length {
        BodyLength::Known(length) => {
            if !(has_body && kept.framing == Framing::ByBody) {
                fields.insert(CONTENT_LENGTH, kept.length(length));
            }
            Some(length)
        }
        _ => None,
    };
    let outcome = match kept.call.error() {
        Some(error) => {
            tracing::error!("an app failed: {error}");
            Outcome::Failed
        }
        None => Outcome::Completed,
    };
    let whole = kept.call.take_whole();
    // Where a body is at hand, nothing follows it.
    if whole.is_none() || !has_body {
        put_trailer_names(&kept.call, fields);
    }
    match whole {
        Some(bytes) => Started::Over(bytes, outcome),
        None => Started::Running { left, has_body },
    }
}

/// A phrase of the app's own; the usual one says itself.
fn put_phrase(head: &Head<'_>, extensions: &mut http::Extensions) {
    let Some(own) = head.own_reason_phrase() else { return };
    let usual = head.status().canonical_reason().unwrap_or_default();
    if own != usual
        && let Ok(phrase) = own.parse::<ReasonPhrase>()
    {
        extensions.insert(phrase);
    }
}

/// Names the trailer fields that follow (RFC 9110 §6.6.2), where the app has not.
fn put_trailer_names(call: &Call, fields: &mut HeaderMap) {
    let trailers = call.environment().and_then(|env| env.get(keys::SERVER_RESPONSE_TRAILERS));
    let Some(trailers) = trailers.filter(|_| !fields.contains_key(TRAILER)) else { return };
    for name in trailers.map().keys() {
        let _is_full = fields.try_append(TRAILER, HeaderValue::from(name.clone()));
    }
}

/// Writes the head of a connection that is taken over, where that was offered.
fn switch(kept: &mut Kept, response: &mut Response<CallBody>) -> Started {
    let offered = kept.call.environment().and_then(|env| env.get(keys::OPAQUE_UPGRADE));
    let protocol = offered.and_then(|offered| HeaderValue::from_str(offered.protocol()).ok());
    let fields = response.headers_mut();
    kept.call.take_fields(fields);
    let decision = kept.call.take_upgrade();
    let decision = decision.filter(|decision| decision.kind() == UpgradeKind::Opaque);
    let (Some(protocol), Some(decision)) = (protocol, decision) else {
        tracing::error!("an app takes over a connection that was not offered to it");
        kept.call.cancel(CancelReason::WriteFailed);
        *response = refusal(StatusCode::INTERNAL_SERVER_ERROR);
        return Started::Over(Bytes::new(), Outcome::Failed);
    };
    fields.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    fields.insert(UPGRADE, protocol);
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    Started::Upgrade(decision)
}

fn refusal(status: StatusCode) -> Response<CallBody> {
    let mut response = Response::new(CallBody::whole(Bytes::new()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    response
}

impl fmt::Debug for Respond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Respond")
    }
}
