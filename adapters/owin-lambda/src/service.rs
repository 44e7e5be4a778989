//! The calls: an event in, an answer out.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use owin_core::features::{ConnectionInfo, Outcome};
use owin_core::http::StatusCode;
use owin_core::{BoxApp, Call, CancelReason, Environment, Error, Event as CallEvent, keys};
use tokio::time::{Instant, sleep_until};

use crate::answer::Answer;
use crate::entries::CONTEXT;
use crate::event::{Event, Gateway};
use crate::stop::Stop;
use crate::{error, request};

/// So much is collected of a body at most. Lambda takes answers of 6 MiB in JSON.
const MAX_BODY_BYTES: usize = 6 * 1024 * 1024;

/// The app as what answers invocations.
pub(crate) struct LambdaService {
    app: BoxApp,
    connection: Arc<ConnectionInfo>,
    margin: Duration,
    stop: Arc<Stop>,
    /// What served the call before: there is one at a time.
    idle: Mutex<Option<Call>>,
}

impl LambdaService {
    pub(crate) fn new(
        app: BoxApp,
        connection: ConnectionInfo,
        margin: Duration,
        stop: Arc<Stop>,
    ) -> Self {
        Self { app, connection: Arc::new(connection), margin, stop, idle: Mutex::default() }
    }

    /// Answers an invocation.
    ///
    /// # Errors
    ///
    /// Where it is no request.
    pub(crate) async fn answer(
        &self,
        invocation: LambdaEvent<Event>,
    ) -> Result<Answer, Diagnostic> {
        let LambdaEvent { payload: event, context } = invocation;
        let gateway = event.gateway().ok_or_else(error::not_http)?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut call = idle.unwrap_or_else(|| Call::new(&self.app, Arc::clone(&self.connection)));
        let deadline = Deadline::new(&context, self.margin, SystemTime::now());
        let mut env = call.prepare();
        let filled = identify(&mut env, context);
        if let Err(refusal) = filled.and_then(|()| request::fill(&mut env, event, gateway)) {
            tracing::debug!("a request is refused with {}: {refusal}", refusal.status());
            return Ok(Answer::of_status(refusal.status(), gateway));
        }
        call.start(env);
        let served = self.drive(&mut call, gateway, deadline).await;
        let (answer, outcome) = match served {
            Served::Whole(answer) => (answer, Outcome::Completed),
            Served::Late(answer) => (answer, Outcome::Cancelled),
            Served::Failed => {
                (Answer::of_status(StatusCode::INTERNAL_SERVER_ERROR, gateway), Outcome::Failed)
            }
            Served::Lost => {
                (Answer::of_status(StatusCode::SERVICE_UNAVAILABLE, gateway), Outcome::Cancelled)
            }
        };
        call.complete(outcome);
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(call);
        Ok(answer)
    }

    /// Drives the app to its end, or until there is no time left to say anything.
    async fn drive(&self, call: &mut Call, gateway: Gateway, deadline: Deadline) -> Served {
        let canceller = call.canceller();
        let mut is_cancelled = false;
        let mut collecting = pin!(collect(call, gateway));
        loop {
            tokio::select! {
                collected = &mut collecting => return match collected {
                    Ok(answer) if is_cancelled => Served::Late(answer),
                    Ok(answer) => Served::Whole(answer),
                    Err(_) if is_cancelled => Served::Lost,
                    Err(error) => {
                        log(&error);
                        Served::Failed
                    }
                },
                () = deadline.is_near(), if !is_cancelled => {
                    tracing::warn!("the deadline of an invocation is near");
                }
                () = self.stop.cut_off(), if !is_cancelled => {}
                () = deadline.is_there() => return Served::Lost,
            }
            is_cancelled = true;
            canceller.cancel(CancelReason::Shutdown);
        }
    }
}

/// How a call ended.
enum Served {
    Whole(Answer),
    /// The app answered after it was told that the call is cancelled.
    Late(Answer),
    Failed,
    /// It did not answer in time.
    Lost,
}

fn identify(env: &mut Environment, context: Context) -> Result<(), Error> {
    env.set(keys::REQUEST_ID, context.request_id.clone())?;
    env.set(CONTEXT, context).map(drop)
}

/// Does what the events of the call say.
///
/// # Errors
///
/// Where the app fails, at whatever time: nothing has been sent, so nothing of such a response ever
/// is.
async fn collect(call: &mut Call, gateway: Gateway) -> Result<Answer, Error> {
    let (mut answer, mut body) = (None, Vec::new());
    loop {
        match call.event().await {
            CallEvent::Head => {
                if let Some(error) = call.error() {
                    log(error);
                }
                answer = Some(Answer::new(&call.head(), gateway));
            }
            CallEvent::Data(data) if body.len().saturating_add(data.len()) > MAX_BODY_BYTES => {
                return Err(Error::app("the response is larger than the 6 MiB that Lambda takes"));
            }
            CallEvent::Data(data) => body.extend_from_slice(&data),
            CallEvent::End => break,
            CallEvent::Failed(error) => return Err(error),
            CallEvent::Upgrade => {
                return Err(Error::app("takes over a connection that was not offered to it"));
            }
            _ => {}
        }
    }
    let answer = answer.ok_or_else(|| Error::server("a response ended before its head"));
    answer.map(|answer: Answer| answer.with_body(body))
}

fn log(error: &Error) {
    tracing::error!("an app failed: {error}");
}

/// When an invocation has to be over: Lambda stops the process then.
#[derive(Clone, Copy, Debug)]
struct Deadline {
    near: Option<Instant>,
    there: Option<Instant>,
}

impl Deadline {
    /// Takes the margin, and a quarter of it for the answer, off the end; of a short time less.
    fn new(context: &Context, margin: Duration, now: SystemTime) -> Self {
        if context.deadline == 0 {
            return Self { near: None, there: None };
        }
        let left = context.deadline().duration_since(now).unwrap_or_default();
        let margin = margin.min(left / 2);
        let at = |before: Duration| Instant::now().checked_add(left.saturating_sub(before));
        Self { near: at(margin), there: at(margin / 4) }
    }

    async fn is_near(self) {
        wait(self.near).await;
    }

    async fn is_there(self) {
        wait(self.there).await;
    }
}

async fn wait(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}
