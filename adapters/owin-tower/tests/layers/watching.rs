//! Layers that look on: traces, metrics, calls that end early; and one that catches panics.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use owin_core::{App, AppExt as _, Environment, from_fn, middleware::Next};
use owin_tower::layer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::classify::{ServerErrorsAsFailures, SharedClassifier, StatusInRangeAsFailures};
use tower_http::metrics::InFlightRequestsLayer;
use tower_http::metrics::in_flight_requests::InFlightRequestsCounter;
use tower_http::on_early_drop::{OnBodyDropFn, OnEarlyDropLayer};
use tower_http::timeout::{ResponseBodyTimeoutLayer, TimeoutLayer};
use tower_http::trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer};
use tracing::instrument::WithSubscriber as _;
use tracing::{Dispatch, Level};
use tracing_subscriber::fmt::MakeWriter;

use crate::apps::{failing, panicking, silent, stalls, steps, tell, until_told};
use crate::client::{chunk, get, soon};
use crate::site::{inside, on_each_server, taken};

/// What a subscriber wrote.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<String>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().push_str(std::str::from_utf8(bytes).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Lines {
    /// Puts the middleware around an app that has everything written down that happens in its calls,
    /// on whatever thread the server runs them.
    fn around(&self, app: impl App) -> impl App {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_ansi(false)
            .without_time()
            .with_writer(self.clone());
        let dispatch = Dispatch::new(subscriber.finish());
        app.with(from_fn(move |env: Environment, next: Next| {
            let dispatch = dispatch.clone();
            async move { next.run(env).with_subscriber(dispatch).await }
        }))
    }

    /// The events of the layer, since the last question.
    fn of_the_layer(&self) -> Vec<String> {
        let text = taken(&self.0);
        text.lines().filter(|line| line.contains("tower_http")).map(str::to_owned).collect()
    }
}

fn trace() -> TraceLayer<SharedClassifier<ServerErrorsAsFailures>> {
    TraceLayer::new_for_http()
        .make_span_with(DefaultMakeSpan::new().level(Level::INFO))
        .on_response(DefaultOnResponse::new().level(Level::INFO))
}

#[tokio::test]
async fn a_subscriber_sees_the_events_of_each_call() {
    let lines = Lines::default();
    on_each_server(
        || lines.around(inside(tell).with(layer(trace()))),
        async |site| {
            let _before = lines.of_the_layer();
            site.send(get("/there?q")).await;
            let seen = lines.of_the_layer();
            let has = |what: &str| seen.iter().any(|line| line.contains(what));
            assert!(has("started processing request"), "{seen:?}");
            assert!(has("finished processing request") && has("status=200"), "{seen:?}");
            assert!(seen.iter().all(|line| line.contains("uri=/there?q")), "{seen:?}");
            site.went_through();
        },
    )
    .await;
}

#[tokio::test]
async fn a_subscriber_sees_failures_and_streams() {
    let lines = Lines::default();
    on_each_server(
        || lines.around(inside(failing).with(layer(trace()))),
        async |site| {
            let _before = lines.of_the_layer();
            assert_eq!(site.get("/").await.status, 500);
            let seen = lines.of_the_layer();
            assert!(seen.iter().any(|line| line.contains("response failed")), "{seen:?}");
            assert!(seen.iter().any(|line| line.contains("on purpose")), "{seen:?}");
            site.failed(500);
        },
    )
    .await;
    let chunks = Arc::new(Mutex::new(Vec::<usize>::new()));
    on_each_server(
        || {
            let chunks = Arc::clone(&chunks);
            let chunk = move |bytes: &bytes::Bytes, _: Duration, _: &tracing::Span| {
                chunks.lock().unwrap().push(bytes.len());
            };
            inside(steps).with(layer(trace().on_body_chunk(chunk)))
        },
        async |site| {
            assert_eq!(site.get("/").await.text(), "one two three ");
            assert_eq!(taken(&chunks), [4, 4, 6]);
            site.went_through();
        },
    )
    .await;
}

/// What counts as a failure can be chosen.
#[tokio::test]
async fn a_classifier_of_ones_own_decides_what_a_failure_is() {
    let lines = Lines::default();
    on_each_server(
        || {
            let odd = StatusInRangeAsFailures::new(200..=299).into_make_classifier();
            lines.around(inside(tell).with(layer(TraceLayer::new(odd))))
        },
        async |site| {
            let _before = lines.of_the_layer();
            assert_eq!(site.get("/").await.status, 200);
            let seen = lines.of_the_layer();
            assert!(seen.iter().any(|line| line.contains("response failed")), "{seen:?}");
            site.went_through();
        },
    )
    .await;
}

#[tokio::test]
async fn calls_in_flight_are_counted_until_their_bodies_end() {
    let counter = InFlightRequestsCounter::new();
    on_each_server(
        || inside(steps).with(layer(InFlightRequestsLayer::new(counter.clone()))),
        async |site| {
            assert_eq!(site.get("/").await.text(), "one two three ");
            site.went_through();
            assert_eq!(counter.get(), 0);
        },
    )
    .await;
    on_each_server(
        || inside(until_told).with(layer(InFlightRequestsLayer::new(counter.clone()))),
        async |site| {
            let answer = site.open(get("/")).await;
            assert_eq!(counter.get(), 1);
            drop(answer);
            soon(async {
                while counter.get() > 0 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            })
            .await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_call_or_a_body_that_is_dropped_early_is_heard_of() {
    let heard = Arc::new(Mutex::new(Vec::<String>::new()));
    let limit = || {
        let status = http::StatusCode::GATEWAY_TIMEOUT;
        layer(TimeoutLayer::with_status_code(status, Duration::from_millis(50)))
    };
    let stack = || {
        let (calls, bodies) = (Arc::clone(&heard), Arc::clone(&heard));
        let early = OnEarlyDropLayer::builder()
            .on_future_drop(move |request: &Request<_>| {
                let (calls, target) = (Arc::clone(&calls), request.uri().to_string());
                move || calls.lock().unwrap().push(format!("call {target}"))
            })
            .on_body_drop(OnBodyDropFn::new(move |_request: &Request<_>| {
                let bodies = Arc::clone(&bodies);
                move |parts: &http::response::Parts| {
                    let status = parts.status.as_u16();
                    move || bodies.lock().unwrap().push(format!("body {status}"))
                }
            }));
        layer(early)
    };
    on_each_server(
        || inside(silent).with(stack()).with(limit()),
        async |site| {
            assert_eq!(site.get("/late").await.status, 504);
            assert_eq!(taken(&heard), ["call /late"]);
            site.went_through();
        },
    )
    .await;
    // What is further out gives the body up.
    let slow = || layer(ResponseBodyTimeoutLayer::new(Duration::from_millis(50)));
    on_each_server(
        || inside(stalls).with(stack()).with(slow()),
        async |site| {
            let mut answer = site.open(get("/")).await;
            assert_eq!(chunk(&mut answer.body).await.unwrap().unwrap(), "begun");
            assert!(chunk(&mut answer.body).await.unwrap().is_err());
            assert_eq!(taken(&heard), ["body 200"]);
            site.failed(500);
        },
    )
    .await;
    on_each_server(
        || inside(tell).with(stack()).with(limit()),
        async |site| {
            assert_eq!(site.get("/").await.status, 200);
            assert_eq!(taken(&heard), [""; 0]);
            site.went_through();
        },
    )
    .await;
}

#[tokio::test]
async fn a_panic_becomes_the_answer_of_the_layer() {
    let caught = |panic: Box<dyn std::any::Any + Send>| {
        let text = panic.downcast_ref::<&str>().copied().unwrap_or_default();
        Response::builder().status(502).body(format!("it said: {text}")).unwrap()
    };
    on_each_server(
        || inside(panicking).with(layer(CatchPanicLayer::custom(caught))),
        async |site| {
            let reply = site.get("/").await;
            assert_eq!((reply.status.as_u16(), reply.text()), (502, "it said: on purpose"));
            site.went_through();
        },
    )
    .await;
}
