//! A gateway that hides nothing but what its form of events has no place for.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Incoming;
use owin_conformance::in_process::Subject;
use owin_core::bytes::Bytes;
use owin_core::http::request::Parts;
use owin_core::http::{HeaderValue, StatusCode, header, response};
use owin_core::{BoxApp, Error, Properties, Running, Server, async_trait, server};
use serde_json::Value;
use tokio::sync::{Mutex, oneshot};
use tokio::time::timeout;

use crate::double::Double;
use crate::http::{Answer, Behind, connect, refusal};

/// How long a client may be silent within its body, which the event has whole.
const SILENCE: Duration = Duration::from_millis(700);

/// How long a call may take before the client is told that no answer came.
const CALL_TIME: Duration = Duration::from_secs(20);

/// The same of a call that waits at a gate of the probe. Nobody can open it: that is a call, too, and a
/// function makes one at a time.
const GATE_TIME: Duration = Duration::from_millis(400);

/// How long before its end a call is cancelled, or half of its time: soon after the client was told.
pub(crate) const MARGIN: Duration = CALL_TIME;

/// How a gateway writes requests, and how it reads answers.
pub(crate) trait Form: Copy + Send + Sync + 'static {
    /// The event of a request, which has a `Host`.
    fn event(self, head: &Parts, body: &[u8]) -> Vec<u8>;

    /// The head and the body of an answer; `None` where it is none.
    fn answer(self, answer: &Value) -> Option<(response::Builder, Vec<u8>)>;
}

/// The adapter behind a gateway.
pub(crate) fn subject(form: impl Form, known: &str) -> Subject {
    let function = Function::default();
    let server = Gateway(function.clone());
    let connecting = move || {
        let function = function.clone();
        async move { connect(Events { form, function }) }
    };
    Subject::of(server).connecting_by(connecting).with_known(known)
}

/// The program, once it was started. It serves one call at a time.
type Function = Arc<Mutex<Option<Double>>>;

/// Starts the program, which brings the app of the suite itself.
struct Gateway(Function);

#[async_trait]
impl Server for Gateway {
    fn name(&self) -> &str {
        "gateway"
    }

    async fn start(
        self: Box<Self>,
        _app_of_the_program: BoxApp,
        properties: Properties,
    ) -> Result<Box<dyn Running>, Error> {
        *self.0.lock().await = Some(Double::start().await);
        let launch = server::launch(properties, Vec::new()).await?;
        Ok(launch.running_with(async move |_| {
            self.0.lock().await.take();
            Ok(())
        }))
    }
}

/// What is behind one connection of a client.
struct Events<F> {
    form: F,
    function: Function,
}

impl<F: Form> Behind for Events<F> {
    async fn ask(&self, request: Request<Incoming>) -> Answer {
        let (mut head, body) = request.into_parts();
        settle_host(&mut head);
        let body = match whole(body).await {
            Ok(body) => body,
            Err(status) => return last(status),
        };
        let is_at_a_gate = head.uri.query().is_some_and(|query| query.contains("wait="));
        let time = if is_at_a_gate { GATE_TIME } else { CALL_TIME };
        let event = self.form.event(&head, &body);
        let mut function = Arc::clone(&self.function).lock_owned().await;
        let (telling, told) = oneshot::channel();
        // The function goes on without a client, and takes no other call before its end.
        tokio::spawn(async move {
            let Some(double) = &mut *function else { return };
            let _gave_up = telling.send(double.ask_bytes(event, 2 * time).await);
        });
        let posted = match timeout(time, told).await {
            Ok(Ok(posted)) if posted.kind == "response" => posted.body,
            Ok(_) => return last(StatusCode::BAD_GATEWAY),
            Err(_) => return last(StatusCode::GATEWAY_TIMEOUT),
        };
        let answer = self.form.answer(&posted);
        let answer = answer.and_then(|(head, body)| head.body(Full::new(Bytes::from(body))).ok());
        let answer =
            answer.map(|own| own.map(|body| body.map_err(|never| match never {}).boxed_unsync()));
        answer.unwrap_or_else(|| last(StatusCode::BAD_GATEWAY))
    }
}

/// The body, once it has come.
async fn whole(mut body: Incoming) -> Result<Vec<u8>, StatusCode> {
    let mut whole = Vec::new();
    loop {
        match timeout(SILENCE, body.frame()).await {
            Ok(Some(Ok(frame))) => {
                whole.extend_from_slice(&frame.into_data().unwrap_or_default());
            }
            Ok(None) => return Ok(whole),
            Ok(Some(Err(_))) => return Err(StatusCode::BAD_REQUEST),
            Err(_) => return Err(StatusCode::REQUEST_TIMEOUT),
        }
    }
}

/// The host of the target is the one that was asked for (RFC 9112 §3.2.2); a client of HTTP/1.0 that
/// names none has asked the gateway.
fn settle_host(head: &mut Parts) {
    let named = head.uri.authority().and_then(|own| HeaderValue::from_str(own.as_str()).ok());
    match named {
        Some(host) => drop(head.headers.insert(header::HOST, host)),
        None => {
            let own = HeaderValue::from_static("gateway.example");
            head.headers.entry(header::HOST).or_insert(own);
        }
    }
}

/// What the gateway answers itself, at the end of a connection.
fn last(status: StatusCode) -> Answer {
    let mut answer = refusal(status);
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}
