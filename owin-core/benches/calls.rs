//! What one call costs a server besides reading and writing: run it under `valgrind
//! --tool=callgrind` with two counts and divide the difference.
#![expect(clippy::unwrap_used, reason = "a bench may stop")]

use std::hint::black_box;
use std::ops::Range;
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
    raw.set_block(black_box(HEAD));
    for (name, value) in black_box(LINES) {
        raw.push_range(name, value);
    }
}

const HEAD: &[u8] = b"GET /plaintext HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: wrk/4.2.0\r\n\
    Accept: text/plain,text/html;q=0.9,*/*;q=0.8\r\nConnection: keep-alive\r\n\r\n";

/// Where the lines stand in the head.
const LINES: [(Range<u32>, Range<u32>); 4] =
    [(25..29, 31..45), (47..57, 59..68), (70..76, 78..114), (116..126, 128..138)];

/// Does what the events say; nothing waits.
#[inline(never)]
fn perform(call: &mut Call, out: &mut Vec<u8>) {
    let cx = &mut Context::from_waker(Waker::noop());
    loop {
        match call.poll_event(cx) {
            Poll::Ready(Event::Head) => {
                head(call, out);
                if let Some(whole) = call.take_whole() {
                    return out.extend_from_slice(&whole);
                }
            }
            Poll::Ready(Event::Data(data)) => out.extend_from_slice(&data),
            Poll::Ready(Event::End) | Poll::Pending => return,
            Poll::Ready(_) => {}
        }
    }
}

/// Asks of the head what a server asks.
#[inline(never)]
fn head(call: &Call, out: &mut Vec<u8>) {
    let head = call.head();
    black_box((head.status(), head.has_date(), head.has_server(), head.wants_close()));
    head.write_fields(out);
}

fn serve(call: &mut Call, out: &mut Vec<u8>) {
    let mut env = prepare(call);
    fill(&mut env);
    call.start(env);
    out.clear();
    perform(call, out);
    call.complete(Outcome::Completed);
}

fn main() {
    let count = std::env::args().find_map(|count| count.parse::<u32>().ok()).unwrap_or(1000);
    let app = plaintext.boxed();
    let mut call = Call::new(&app, Arc::new(ConnectionInfo::new()));
    let mut out = Vec::new();
    for _ in 0..count {
        serve(black_box(&mut call), black_box(&mut out));
    }
}
