//! The one call: the request in, the response out.

use std::io::{Read, Write};
use std::pin::{Pin, pin};
use std::sync::Arc;

use owin_core::bytes::{Bytes, BytesMut};
use owin_core::features::{Outcome, ServerInfo};
use owin_core::http::StatusCode;
use owin_core::{
    BodyLength, BoxApp, Call, CallCancelled, CancelReason, Environment, Error, Event, Head,
};
use tokio::sync::{oneshot, watch};

use super::UnknownLengths;
use crate::body::Incoming;
use crate::response::write_head;
use crate::streams::{Closed, Input, Output};
use crate::variables::{Mount, Variables};

/// A request as it lies there.
pub(super) struct Request {
    pub(super) variables: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) input: Box<dyn Read + Send>,
    pub(super) output: Box<dyn Write + Send>,
    /// Fires when nobody takes the response any more; dropped where that cannot be seen.
    pub(super) closed: oneshot::Receiver<()>,
    pub(super) unknown_lengths: UnknownLengths,
    /// The variables are those of the process, where all its code finds them.
    pub(super) is_of_process: bool,
}

/// How the response ended.
enum Served {
    Whole,
    BrokenOff,
    /// Nobody took it, or the rest of the request never came.
    Lost(CancelReason),
}

impl Request {
    pub(super) fn variables(&self) -> Variables<'_> {
        Variables::new(self.variables.iter().map(|(name, value)| (&**name, &**value)))
    }

    /// Answers the request.
    ///
    /// # Errors
    ///
    /// Where the response is not whole by a fault of ours or of the app.
    pub(super) async fn serve(
        self,
        app: &BoxApp,
        info: Arc<ServerInfo>,
        stopping: watch::Receiver<bool>,
    ) -> Result<(), Error> {
        let mut call = Call::new(app, self.variables().connection().with_server(info));
        let mut env = call.prepare();
        let filled = self.fill(&mut env);
        let output = Output::start(self.output)?;
        let length = match filled {
            Ok(length) => length,
            Err(refusal) => return refuse(&output, &refusal).await,
        };
        let (incoming, body) = Incoming::new(length);
        drop(env.request_mut().set_body(body));
        let input = match incoming {
            Some(incoming) => Some((incoming, Input::start(self.input)?)),
            None => None,
        };
        let token = env.request().cancelled().clone();
        call.start(env);
        let gone = gone(self.closed, stopping);
        let served = drive(&mut call, input, &output, (token, gone)).await;
        call.complete(match served {
            Served::Whole => Outcome::Completed,
            Served::BrokenOff => Outcome::Failed,
            Served::Lost(_) => Outcome::Cancelled,
        });
        match served {
            Served::BrokenOff => Err(Error::app("the response broke off")),
            Served::Lost(CancelReason::Shutdown) => Err(Error::server("the call was cut off")),
            Served::Whole | Served::Lost(_) => Ok(()),
        }
    }

    /// Fills the environment and tells how long the body is.
    fn fill(&self, env: &mut Environment) -> Result<BodyLength, Error> {
        let variables = self.variables();
        let is_set = self.variables.iter().any(|(name, _)| name == b"HTTP_PROXY");
        if self.is_of_process && is_set {
            // Nothing in the process could tell it from a proxy that the machine's owner chose, and
            // it cannot be taken out of the environment while others may read that.
            return Err(Error::peer("the request has a field Proxy (HTTP_PROXY)"));
        }
        variables.fill(env, &Mount::Script)?;
        let length = variables.body_length()?;
        if length == BodyLength::Unknown && self.unknown_lengths == UnknownLengths::Refused {
            return Err(Error::peer("the body has no CONTENT_LENGTH, and may break off unseen")
                .with_status(StatusCode::LENGTH_REQUIRED));
        }
        Ok(length)
    }
}

async fn refuse(output: &Output, refusal: &Error) -> Result<(), Error> {
    tracing::warn!("a request was refused with {}: {refusal}", refusal.status());
    let mut out = BytesMut::new();
    write_head(&Head::refusal(refusal.status()), &mut out);
    let sent = output.write(out.freeze()).await;
    let _nobody_took_it = if sent.is_ok() { output.flush().await } else { sent };
    Ok(())
}

/// Waits until the call is of no use any more: a web server that closes our output, or tells us to
/// stop, waits for no answer.
async fn gone(closed: oneshot::Receiver<()>, mut stopping: watch::Receiver<bool>) -> CancelReason {
    let closed = async {
        if closed.await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let stopped = async {
        if stopping.wait_for(|is_told| *is_told).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = closed => CancelReason::PeerReset,
        () = stopped => CancelReason::Shutdown,
    }
}

/// Does what the app wants done, until it is done. An app that is told that the call is cancelled is
/// let end; who waits for the process ends it, where it takes too long.
async fn drive(
    call: &mut Call,
    input: Option<(Incoming, Input)>,
    output: &Output,
    (token, gone): (CallCancelled, impl Future<Output = CancelReason>),
) -> Served {
    let canceller = call.canceller();
    let (mut gone, mut feeding) = (pin!(gone), pin!(Some(feed(input))));
    let mut answering = pin!(answer(call, output, &token));
    loop {
        let reason = tokio::select! {
            served = &mut answering => {
                return token.reason().map_or(served, Served::Lost);
            }
            reason = &mut gone, if !token.is_cancelled() => reason,
            reason = fed(feeding.as_mut()), if !token.is_cancelled() => reason,
        };
        canceller.cancel(reason);
        // Whoever waits for the body has waited long enough.
        feeding.set(None);
    }
}

/// Waits for the feeding, where it goes on.
async fn fed(feeding: Pin<&mut Option<impl Future<Output = CancelReason>>>) -> CancelReason {
    match feeding.as_pin_mut() {
        Some(feeding) => feeding.await,
        None => std::future::pending().await,
    }
}

/// Feeds the body. Resolves only where the rest of it never comes.
async fn feed(input: Option<(Incoming, Input)>) -> CancelReason {
    if let Some((incoming, mut input)) = input
        && let Err(error) = incoming.feed(&mut input).await
    {
        tracing::debug!("the body of the request broke off: {error}");
        return CancelReason::PeerClosed;
    }
    std::future::pending().await
}

/// Does what the events of the call say. What nobody takes is passed over.
async fn answer(call: &mut Call, output: &Output, token: &CallCancelled) -> Served {
    let canceller = call.canceller();
    let mut is_flushed = Ok(());
    loop {
        let mut data = Bytes::new();
        let event = call.event().await;
        match &event {
            Event::Head => data = head(call),
            Event::Data(bytes) => data = bytes.clone(),
            Event::Failed(error) => tracing::error!("an app failed: {}", Told(error)),
            _ => {}
        }
        if !token.is_cancelled() {
            is_flushed = perform(output, data, must_be_out(&event)).await;
        }
        if is_flushed == Err(Closed) {
            canceller.cancel(CancelReason::WriteFailed);
        }
        match event {
            Event::End => return Served::Whole,
            Event::Failed(_) | Event::Upgrade => return Served::BrokenOff,
            _ => {}
        }
    }
}

/// After these everything is to be on its way.
fn must_be_out(event: &Event) -> bool {
    matches!(event, Event::Flush | Event::End | Event::Failed(_))
}

async fn perform(output: &Output, data: Bytes, flushes: bool) -> Result<(), Closed> {
    if !data.is_empty() {
        output.write(data).await?;
    }
    if flushes { output.flush().await } else { Ok(()) }
}

fn head(call: &Call) -> Bytes {
    if let Some(error) = call.error() {
        tracing::error!("an app failed: {}", Told(error));
    }
    let mut out = BytesMut::new();
    write_head(&call.head(), &mut out);
    out.freeze()
}

/// An error with its cause, on one line.
struct Told<'a>(&'a Error);

impl std::fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        match std::error::Error::source(self.0) {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}
