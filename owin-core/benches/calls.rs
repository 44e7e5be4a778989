//! What one call costs a server besides reading and writing: run it under `valgrind
//! --tool=callgrind` with two counts and divide the difference.
#![expect(clippy::unwrap_used, reason = "a bench may stop")]

use std::hint::black_box;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Version};
use owin_core::features::{ConnectionInfo, Outcome};
use owin_core::{AppExt as _, Call, Environment, Error, Event};

async fn plaintext(mut env: Environment) -> Result<Environment, Error> {
    let mut response = env.response_mut();
    response.headers_mut()?.set(CONTENT_TYPE, HeaderValue::from_static("text/plain"))?;
    response.set_body("Hello, World!");
    Ok(env)
}

#[inline(never)]
fn prepare(call: &mut Call) -> Environment {
    call.prepare()
}

/// Fills the environment as a server does after it has read a head.
#[inline(never)]
fn fill(env: &mut Environment) {
    let mut request = env.request_mut();
    request.set_method(black_box(Method::GET));
    request.set_protocol(black_box(Version::HTTP_11));
    request.set_target(black_box("/plaintext")).unwrap();
    assert!(owin_core::address::is_host_and_port(black_box("127.0.0.1:8080")));
    let raw = env.request_mut().headers_mut().raw_mut();
    raw.push("Host", black_box(b"127.0.0.1:8080"));
    raw.push("User-Agent", black_box(b"wrk/4.2.0"));
    raw.push("Accept", black_box(b"text/plain,text/html;q=0.9,*/*;q=0.8"));
    raw.push("Connection", black_box(b"keep-alive"));
}

#[inline(never)]
fn perform(call: &mut Call) -> usize {
    let cx = &mut Context::from_waker(Waker::noop());
    let mut sent_bytes = 0;
    loop {
        match call.poll_event(cx) {
            Poll::Ready(Event::Head) => sent_bytes += head(call),
            Poll::Ready(Event::Data(data)) => sent_bytes += black_box(data).len(),
            Poll::Ready(Event::End) | Poll::Pending => return sent_bytes,
            Poll::Ready(_) => {}
        }
    }
}

/// Asks of the head what a server asks.
#[inline(never)]
fn head(call: &Call) -> usize {
    let head = call.head();
    let fields = head.fields().map(|(name, value)| name.as_str().len() + value.len());
    let own = [head.field("date").is_some(), head.field("server").is_some(), head.wants_close()];
    black_box(own);
    fields.sum()
}

fn serve(call: &mut Call) -> usize {
    let mut env = prepare(call);
    fill(&mut env);
    call.start(env);
    let sent_bytes = perform(call);
    call.complete(Outcome::Completed);
    sent_bytes
}

fn main() {
    let count = std::env::args().find_map(|count| count.parse::<u32>().ok()).unwrap_or(1000);
    let app = plaintext.boxed();
    let mut call = Call::new(&app, Arc::new(ConnectionInfo::new()));
    for _ in 0..count {
        black_box(serve(black_box(&mut call)));
    }
}
