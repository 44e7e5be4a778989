//! What the dictionary of a call costs, beside the `HashMap` that one would write instead.
#![expect(clippy::unwrap_used, reason = "a bench may stop")]

use std::any::Any;
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use http::HeaderValue;
use owin_core::features::{ConnectionInfo, Outcome};
use owin_core::middleware::Next;
use owin_core::{
    App, AppExt as _, BoxApp, Call, Caller, Environment, Error, Event, Key, Middleware, from_fn,
    keys,
};

/// A middleware whose app holds the inner one as a field.
struct Layer;

struct LayerApp<A>(A);

impl<A: App> Middleware<A> for Layer {
    type App = LayerApp<A>;

    fn wrap(self, app: A) -> LayerApp<A> {
        LayerApp(app)
    }
}

impl<A: App> App for LayerApp<A> {
    async fn call(&self, env: Environment) -> Result<Environment, Error> {
        self.0.call(env).await
    }
}

async fn pass(env: Environment) -> Result<Environment, Error> {
    Ok(env)
}

async fn hello(mut env: Environment) -> Result<Environment, Error> {
    let mut response = env.response_mut();
    response.headers_mut()?.set("content-type", HeaderValue::from_static("text/plain"))?;
    response.set_body("Hello, World!");
    Ok(env)
}

/// Drives a call that never waits, behind a pointer as every server does, so that nothing of the
/// app is known to the optimizer.
fn run(caller: &mut Caller, env: Environment) -> Option<Environment> {
    caller.start(env);
    match caller.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done.ok(),
        Poll::Pending => None,
    }
}

/// Twenty keys of OWIN in the map that one would write without this crate.
fn hash_map() -> HashMap<String, Box<dyn Any + Send + Sync>> {
    let text = |value: &str| -> Box<dyn Any + Send + Sync> { Box::new(value.to_owned()) };
    keys::all().take(20).map(|info| (info.name().to_owned(), text("/orders/17"))).collect()
}

const TENANT: Key<str> = Key::new("my.Tenant");

fn reads(c: &mut Criterion) {
    let mut env = Environment::new();
    env.set(keys::REQUEST_PATH, "/orders/17").unwrap();
    env.set(TENANT, "north").unwrap();
    let map = hash_map();
    let mut group = c.benchmark_group("read");
    group.bench_function("known key, typed", |b| {
        b.iter(|| black_box(&env).get(keys::REQUEST_PATH));
    });
    group.bench_function("known key, typed, key not known when compiled", |b| {
        b.iter(|| black_box(&env).get(black_box(keys::REQUEST_PATH)));
    });
    group.bench_function("known key, by name", |b| {
        b.iter(|| black_box(&env).value(black_box("owin.RequestPath")).and_then(|v| v.as_str()));
    });
    group.bench_function("HashMap, by name", |b| {
        b.iter(|| {
            let value = black_box(&map).get(black_box("owin.RequestPath"));
            value.and_then(|value| value.downcast_ref::<String>()).map(String::as_str)
        });
    });
    group.bench_function("unknown key, typed", |b| {
        b.iter(|| black_box(&env).get(black_box(TENANT)));
    });
    group.bench_function("absent key, by name", |b| {
        b.iter(|| black_box(&env).contains(black_box("my.Absent")));
    });
    group.finish();
}

fn writes(c: &mut Criterion) {
    let mut env = Environment::on(Arc::new(ConnectionInfo::new()));
    let mut group = c.benchmark_group("write");
    group.bench_function("known key, typed", |b| {
        b.iter(|| black_box(&mut env).set(keys::REQUEST_PATH, black_box("/orders/17")).is_ok());
    });
    group.bench_function("known key, in place", |b| {
        b.iter(|| black_box(&mut env).request_mut().set_path(black_box("/orders/17")));
    });
    group.bench_function("reset and refill", |b| b.iter(|| refill(black_box(&mut env))));
    group.finish();
}

/// What a server does for each request before it starts the call.
fn refill(env: &mut Environment) {
    env.reset();
    fill(env);
}

fn fill(env: &mut Environment) {
    env.request_mut().set_target(black_box("/orders/17?full")).unwrap();
    let raw = env.request_mut().headers_mut().raw_mut();
    raw.push("Host", black_box(b"example.org"));
    raw.push("User-Agent", black_box(b"bench"));
    raw.push("Accept", black_box(b"*/*"));
}

fn pipelines(c: &mut Criterion) {
    let layer = || from_fn(async |env: Environment, next: Next| next.run(env).await);
    let boxed = pass.with(layer()).with(layer()).with(layer()).with(layer()).with(layer());
    let typed = pass.with(Layer).with(Layer).with(Layer).with(Layer).with(Layer);
    let mut group = c.benchmark_group("call");
    for (name, app) in [
        ("no layer", pass.boxed()),
        ("five layers of types", typed.boxed()),
        ("five layers of closures", boxed.boxed()),
    ] {
        let (mut caller, mut spare) = (app.caller(), Some(Environment::new()));
        group.bench_function(name, |b| {
            b.iter(|| spare = spare.take().and_then(|env| run(black_box(&mut caller), env)));
        });
    }
    let app: BoxApp = hello.boxed();
    let mut call = Call::new(&app, Arc::new(ConnectionInfo::new()));
    group.bench_function("hello, as a server serves it", |b| b.iter(|| serve(&mut call)));
    group.finish();
}

/// Serves one call of a connection without writing anywhere.
fn serve(call: &mut Call) -> usize {
    let mut env = call.prepare();
    fill(&mut env);
    call.start(env);
    let mut sent_bytes = 0;
    let cx = &mut Context::from_waker(Waker::noop());
    loop {
        match call.poll_event(cx) {
            Poll::Ready(Event::Head) => sent_bytes += black_box(call.head()).fields().count(),
            Poll::Ready(Event::Data(data)) => sent_bytes += black_box(data).len(),
            Poll::Ready(Event::End) | Poll::Pending => break,
            Poll::Ready(_) => {}
        }
    }
    call.complete(Outcome::Completed);
    sent_bytes
}

fn config() -> Criterion {
    let short = Duration::from_secs(1);
    Criterion::default().warm_up_time(short / 2).measurement_time(short)
}

criterion_group! {
    name = environment;
    config = config();
    targets = reads, writes, pipelines
}
criterion_main!(environment);
