//! What layers in the middle of a pipeline allocate: counted, not guessed.
#![expect(clippy::unwrap_used, reason = "a helper of tests may stop the test")]

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use owin_core::features::{ConnectionInfo, Outcome};
use owin_core::{App, AppExt, Call, Environment, Error, Event, RequestBody};
use owin_tower::{environment_layer, layer};
use tower::util::MapRequestLayer;
use tower::{ServiceBuilder, service_fn};

fn hello() -> impl App {
    async |mut env: Environment| -> Result<Environment, Error> {
        let mut response = env.response_mut();
        response.headers_mut()?.set("content-type", HeaderValue::from_static("text/plain"))?;
        response.set_body("Hello");
        Ok(env)
    }
}

/// Serves one call as a server does, without writing anywhere.
fn serve(call: &mut Call) {
    let mut env = call.prepare();
    env.request_mut().set_target("/greeting?name=you").unwrap();
    let raw = env.request_mut().headers_mut().raw_mut();
    raw.push("Host", b"example.org");
    raw.push("User-Agent", b"counter");
    call.start(env);
    let mut sent_bytes = 0;
    let cx = &mut Context::from_waker(Waker::noop());
    loop {
        let mut event = pin!(poll_fn(|cx| call.poll_event(cx)));
        match event.as_mut().poll(cx) {
            Poll::Ready(Event::Data(data)) => sent_bytes += data.len(),
            Poll::Ready(Event::End) | Poll::Pending => break,
            Poll::Ready(_) => {}
        }
    }
    assert_eq!(sent_bytes, 5);
    call.complete(Outcome::Completed);
}

/// What a call on a warm connection allocates.
fn allocations(app: impl App) -> u64 {
    let mut call = Call::new(&app.boxed(), Arc::new(ConnectionInfo::new()));
    for _warm_up in 0..3 {
        serve(&mut call);
    }
    let counted = measure(|| serve(&mut call)).count_total;
    assert_eq!(measure(|| serve(&mut call)).count_total, counted, "it is always the same");
    counted
}

/// Five layers that do nothing with what they are given.
macro_rules! five {
    ($request:ty) => {{
        let nothing = || MapRequestLayer::new(|request: $request| request);
        let three = ServiceBuilder::new().layer(nothing()).layer(nothing()).layer(nothing());
        three.layer(nothing()).layer(nothing())
    }};
}

#[test]
fn five_layers_around_the_environment_allocate_one_box() {
    let five = five!(Environment);
    assert_eq!(allocations(hello()), 0);
    assert_eq!(allocations(hello().with(environment_layer(five))), 1);
}

/// The request of the `http` crate needs them: a URI (1), a map of fields on its way out of the
/// environment and back (4), extensions (3); and what is carried round it is shared (1). The layers
/// themselves need none, so one more costs nothing.
#[test]
fn layers_around_requests_allocate_as_often_as_one_does() {
    let nothing = MapRequestLayer::new(|request: Request<RequestBody>| request);
    assert_eq!(allocations(hello().with(layer(nothing))), 9);
    assert_eq!(allocations(hello().with(layer(five!(Request<RequestBody>)))), 9);
}

/// A service that answers by itself.
async fn answer(_request: Request<RequestBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::from("Hello"));
    response.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"));
    Ok(response)
}

/// The map of its answer (2), and the URI (1).
#[test]
fn the_fields_of_a_request_lie_in_the_memory_of_the_last_answer() {
    assert_eq!(allocations(owin_tower::app(service_fn(answer))), 3);
}
