//! A connection that the app takes over (Opaque 0.3; RFC 9110 §7.8, RFC 8441).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_LENGTH, UPGRADE};
use http::{Extensions, Method, Request, Response, StatusCode, Version};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use owin_core::upgrade::{Decision, OpaqueStream};
use owin_core::{CancelReason, CancelSource, Dictionary, Error, keys};
use owin_http::ReasonPhrase;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;

use crate::stop::{Phase, Stop};

/// How long an app may go on with a connection that is cut off.
const GRACE: Duration = Duration::from_secs(1);

/// What the client would like to speak, where hyper can hand the connection over.
pub(crate) fn protocol<B>(request: &Request<B>) -> Option<String> {
    match request.version() {
        Version::HTTP_11 if *request.method() != Method::CONNECT => {
            let wanted = request.headers().get(UPGRADE)?.to_str().ok()?;
            wanted.split(',').map(str::trim).find(|name| !name.is_empty()).map(str::to_owned)
        }
        Version::HTTP_2 if *request.method() == Method::CONNECT => of_connect(request.extensions()),
        _ => None,
    }
}

/// The protocol of an extended CONNECT (RFC 8441 §4).
#[cfg(feature = "http2")]
fn of_connect(extensions: &Extensions) -> Option<String> {
    extensions.get::<hyper::ext::Protocol>().map(|protocol| protocol.as_str().to_owned())
}

#[cfg(not(feature = "http2"))]
fn of_connect(_: &Extensions) -> Option<String> {
    None
}

/// Makes an answer that of HTTP/2: 200 without fields of the connection.
pub(crate) fn make_stream<B>(response: &mut Response<B>) {
    *response.status_mut() = StatusCode::OK;
    for name in [CONNECTION, UPGRADE, CONTENT_LENGTH] {
        response.headers_mut().remove(name);
    }
}

/// Says in hyper's type what is said in ours.
#[cfg(feature = "http1")]
pub(crate) fn translate(extensions: &mut Extensions) {
    let phrase = extensions.remove::<ReasonPhrase>();
    let phrase =
        phrase.map(|phrase| hyper::ext::ReasonPhrase::try_from(phrase.as_str().as_bytes()));
    if let Some(Ok(phrase)) = phrase {
        extensions.insert(phrase);
    }
}

#[cfg(not(feature = "http1"))]
pub(crate) fn translate(extensions: &mut Extensions) {
    let _no_phrase_in_http_2 = extensions.remove::<ReasonPhrase>();
}

/// Performs a decision, once hyper has sent the answer that says so.
pub(crate) fn perform(decision: Decision, on_upgrade: Option<OnUpgrade>, stop: &Stop) {
    let Some(on_upgrade) = on_upgrade else { return };
    let performing = hand_over(decision, on_upgrade, stop.clone());
    stop.spawn(performing);
}

async fn hand_over(decision: Decision, on_upgrade: OnUpgrade, stop: Stop) {
    let upgraded = match on_upgrade.await {
        Ok(upgraded) => upgraded,
        Err(error) => return tracing::debug!("a connection was lost before its upgrade: {error}"),
    };
    if let Err(error) = run(decision, upgraded, &stop).await {
        tracing::warn!("an app that had taken a connection over failed: {error}");
    }
}

/// Runs the app's callback to its end; a stop tells it to end, and cuts it off at the deadline.
async fn run(decision: Decision, upgraded: Upgraded, stop: &Stop) -> Result<(), Error> {
    let lost = CancelSource::new();
    let mut run = std::pin::pin!(decision.run(environment_of(upgraded, &lost)?));
    let mut listening = stop.listener();
    tokio::select! {
        biased;
        ended = &mut run => return ended,
        () = listening.reached(Phase::Draining) => lost.cancel(CancelReason::Shutdown),
    }
    tokio::select! {
        biased;
        ended = &mut run => ended,
        () = listening.reached(Phase::Aborting) => {
            stop.count_cut_off();
            timeout(GRACE, run).await.unwrap_or(Ok(()))
        }
    }
}

/// What the app is given (Opaque 0.3 §3).
fn environment_of(upgraded: Upgraded, lost: &CancelSource) -> Result<Dictionary, Error> {
    let mut env = Dictionary::new();
    let handed = Handed { io: TokioIo::new(upgraded), lost: lost.clone() };
    env.set(keys::OPAQUE_VERSION, "1.0")?;
    env.set(keys::OPAQUE_STREAM, OpaqueStream::from_tokio(handed))?;
    env.set(keys::OPAQUE_CALL_CANCELLED, lost.token())?;
    Ok(env)
}

/// The bytes of a connection; tells when it is lost.
struct Handed {
    io: TokioIo<Upgraded>,
    lost: CancelSource,
}

impl Handed {
    fn tell<T>(&self, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if matches!(done, Poll::Ready(Err(_))) {
            self.lost.cancel(CancelReason::PeerReset);
        }
        done
    }
}

impl AsyncRead for Handed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.io).poll_read(cx, buf);
        self.tell(done)
    }
}

impl AsyncWrite for Handed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.io).poll_write(cx, data);
        self.tell(done)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.io).poll_flush(cx);
        self.tell(done)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.io).poll_shutdown(cx);
        self.tell(done)
    }
}
