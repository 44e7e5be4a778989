//! Where a call allocates, and where it does not: counted, not guessed.
#![expect(clippy::unwrap_used, reason = "a helper of tests may stop the test")]

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use http::HeaderValue;
use owin_core::features::{ConnectionInfo, Outcome};
use owin_core::middleware::Next;
use owin_core::{
    App, AppExt, Call, CancelSource, Environment, Error, Event, InnerCall, Middleware, Start,
    from_fn, keys,
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

fn plain() -> impl App {
    async |env: Environment| -> Result<Environment, Error> { Ok(env) }
}

fn hello() -> impl App {
    async |mut env: Environment| -> Result<Environment, Error> {
        let mut response = env.response_mut();
        response.headers_mut()?.set("content-type", HeaderValue::from_static("text/plain"))?;
        response.set_body("Hello");
        Ok(env)
    }
}

/// Counts what one call allocates, after one that warms up.
fn count_call(app: &impl App) -> u64 {
    let mut spare = Some(Environment::new());
    let mut count = || {
        let env = spare.take().unwrap();
        let counted = measure(|| {
            let mut call = pin!(app.call(env));
            match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(done) => spare = done.ok(),
                Poll::Pending => {}
            }
        });
        counted.count_total
    };
    let _warm_up = count();
    count()
}

/// Serves one call as a server does, without writing anywhere.
fn serve(call: &mut Call) -> u64 {
    let mut env = call.prepare();
    env.request_mut().set_method(http::Method::POST);
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
            Poll::Ready(Event::Data(data)) => sent_bytes += u64::try_from(data.len()).unwrap(),
            Poll::Ready(Event::End) => break,
            Poll::Ready(_) => {}
            Poll::Pending => return 0,
        }
    }
    call.complete(Outcome::Completed);
    sent_bytes
}

#[test]
fn a_layer_made_of_a_closure_allocates_one_box() {
    let pass = || from_fn(async |env: Environment, next: Next| next.run(env).await);
    let app = plain().with(pass()).with(pass()).with(pass()).with(pass()).with(pass());
    assert_eq!(count_call(&app), 5);
}

#[test]
fn five_layers_of_types_allocate_nothing() {
    let app = hello().with(Layer).with(Layer).with(Layer).with(Layer).with(Layer);
    assert_eq!(count_call(&app), 0);
}

#[test]
fn the_second_call_of_a_connection_allocates_nothing() {
    let app = hello().with(Layer).boxed();
    let mut call = Call::new(&app, Arc::new(ConnectionInfo::new()));
    for _ in 0..2 {
        assert_eq!(serve(&mut call), 5);
    }
    for _ in 0..3 {
        assert_eq!(measure(|| assert_eq!(serve(&mut call), 5)).count_total, 0);
    }
}

#[test]
fn a_call_that_pushes_its_body_allocates_nothing_after_the_first() {
    let app = (async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().write("Hello, ").await?;
        env.response_mut().write("World").await?;
        Ok(env)
    })
    .boxed();
    let mut call = Call::new(&app, Arc::new(ConnectionInfo::new()));
    for _ in 0..3 {
        assert_eq!(serve(&mut call), 12);
    }
    assert_eq!(measure(|| assert_eq!(serve(&mut call), 12)).count_total, 0);
}

#[test]
fn a_recycled_environment_allocates_nothing() {
    let mut env = Environment::on(Arc::new(ConnectionInfo::new()));
    let refill = |env: &mut Environment| {
        env.reset();
        env.request_mut().set_target("/a/rather/long/path/of/a/request?and=a&query=too").unwrap();
        let raw = env.request_mut().headers_mut().raw_mut();
        raw.push("Host", b"example.org");
        env.response_mut().set_body("Hello");
    };
    refill(&mut env);
    assert_eq!(measure(|| refill(&mut env)).count_total, 0);
}

#[test]
fn reading_the_required_keys_allocates_nothing() {
    let env = Environment::new();
    let counted = measure(|| {
        assert!(env.get(keys::REQUEST_METHOD).is_some());
        assert!(env.get(keys::REQUEST_PATH).is_some());
        assert!(env.get(keys::REQUEST_HEADERS).is_some());
        assert!(env.get(keys::RESPONSE_HEADERS).is_some());
        assert!(env.get(keys::CALL_CANCELLED).is_some());
        for info in keys::all() {
            let is_required = info.presence() == keys::Presence::Required
                && matches!(info.scope(), keys::Scope::Call | keys::Scope::CallAndStartup);
            assert!(!is_required || env.value(info.name()).is_some(), "{}", info.name());
        }
    });
    assert_eq!(counted.count_total, 0);
}

#[test]
fn a_token_that_nobody_waits_for_allocates_nothing() {
    let app = (async |env: Environment| -> Result<Environment, Error> {
        if env.request().cancelled().is_cancelled() {
            return Err(Error::app("nobody cancelled"));
        }
        Ok(env)
    })
    .boxed();
    let mut call = Call::new(&app, Arc::new(ConnectionInfo::new()));
    let _warm_up = (serve(&mut call), serve(&mut call));
    assert_eq!(measure(|| assert_eq!(serve(&mut call), 0)).count_total, 0);
}

#[test]
fn the_second_call_inside_a_call_allocates_nothing() {
    let mut call = InnerCall::new(&hello().boxed());
    let (mut spare, source) = (Some(Environment::new()), CancelSource::new());
    let mut count = || {
        let mut env = spare.take().unwrap();
        let _never = env.request_mut().set_cancelled(source.token());
        measure(|| {
            call.enter(env);
            let cx = &mut Context::from_waker(Waker::noop());
            assert!(matches!(call.poll_start(cx), Poll::Ready(Ok(Start::Unwound))));
            spare = call.leave();
        })
        .count_total
    };
    let _warm_up = count();
    assert_eq!(count(), 0);
}

#[test]
fn a_silent_connection_keeps_little() {
    let (app, connection) = (hello().boxed(), Arc::new(ConnectionInfo::new()));
    let mut calls = Vec::with_capacity(1);
    let kept_bytes = |counted: allocation_counter::AllocationInfo| counted.bytes_current;
    let served = measure(|| {
        let mut call = Call::new(&app, Arc::clone(&connection));
        assert_eq!(serve(&mut call), 5);
        calls.push(call);
    });
    assert!((1024..1536).contains(&kept_bytes(served)), "{served:?}");
    let shrunk = measure(|| calls.iter_mut().for_each(Call::shrink));
    assert!(kept_bytes(served) + kept_bytes(shrunk) < 384, "{served:?}, {shrunk:?}");
    assert_eq!(serve(&mut calls[0]), 5);
}
