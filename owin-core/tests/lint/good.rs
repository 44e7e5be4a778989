//! Apps that break no rule, and that a lint does not change.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use owin_core::body::Whole;
use owin_core::features::{TrailersMut, User};
use owin_core::lint::Violations;
use owin_core::middleware::{Map, Next};
use owin_core::testing::{TestHost, TestRequest};
use owin_core::upgrade::OpaqueUpgrade;
use owin_core::{
    App, AppExt, CancelReason, Environment, Error, Lint, RequestBody, ResponseBody, from_fn, http,
    keys,
};

use crate::{finish, hello};

/// A host of an app between two lints, and what both record.
fn linted(app: impl App) -> (TestHost, Violations) {
    let (lint, violations) = Lint::recording();
    (TestHost::new(app.with(lint.clone()).with(lint)), violations)
}

/// What comes out: status, header lines, length, body, trailers.
async fn wire(request: TestRequest) -> String {
    let mut response = match request.send().await {
        Ok(response) => response,
        Err(error) => return error.to_string(),
    };
    let body = response.bytes().await;
    let head = (response.status(), response.headers(), response.content_length());
    format!("{head:?} {body:?} {:?}", response.trailers())
}

/// Asserts that an app breaks no rule, and that the wire is the same without a lint.
async fn check(app: impl App + Clone, request: impl Fn(&TestHost) -> TestRequest) {
    let plain = wire(request(&TestHost::new(app.clone()))).await;
    let (host, violations) = linted(app);
    assert_eq!(wire(request(&host)).await, plain);
    assert!(violations.is_empty(), "{violations:?}");
}

#[tokio::test]
async fn hello_breaks_no_rule() {
    check(hello, |host| host.get("/")).await;
    check(hello, |host| host.request(http::Method::HEAD, "/")).await;
    check(hello, |host| host.request(http::Method::OPTIONS, "*")).await;
    check(hello, |host| host.get("http://example.org:8080/a%20b?q=%20")).await;
}

#[tokio::test]
async fn an_echo_breaks_no_rule() {
    async fn echo(mut env: Environment) -> Result<Environment, Error> {
        while let Some(chunk) = env.request_mut().body_mut().chunk().await? {
            env.response_mut().write_bytes(chunk).await?;
            env.response_mut().flush().await?;
        }
        Ok(env)
    }
    check(echo, |host| host.post("/").body("hello")).await;
    let (host, violations) = linted(echo);
    let (mut sender, request) = host.post("/").stream();
    let feed = async {
        sender.send("one, ").await.unwrap();
        sender.send("two").await.unwrap();
        sender.finish();
    };
    let (body, ()) = tokio::join!(async { request.send().await.unwrap().text().await }, feed);
    assert_eq!(body.unwrap(), "one, two");
    assert!(violations.is_empty(), "{violations:?}");
}

#[tokio::test]
async fn a_request_body_that_becomes_the_response_breaks_no_rule() {
    async fn pipe(mut env: Environment) -> Result<Environment, Error> {
        let body = env.request_mut().take_body();
        env.response_mut().set_body(Whole::stream(body));
        Ok(env)
    }
    check(pipe, |host| host.post("/").body("hello")).await;
}

#[tokio::test]
async fn a_pipeline_with_a_branch_breaks_no_rule() {
    let (lint, violations) = Lint::recording();
    let named = from_fn(async |mut env: Environment, next: Next| -> Result<Environment, Error> {
        env.set(keys::REQUEST_USER, User::new("ada", "Basic"))?;
        let mut env = next.run(env).await?;
        env.response_mut().headers_mut()?.set("x-name", "pipeline")?;
        Ok(env)
    });
    let map = Map::new("/api", hello.with(lint.clone())).unwrap();
    let app = hello.with(lint.clone().around(map)).with(lint.clone().around(named)).with(lint);
    let host = TestHost::new(app);
    for target in ["/", "/api", "/api/", "/api/orders?id=7"] {
        let mut response = host.get(target).send().await.unwrap();
        assert_eq!(response.text().await.unwrap(), "hello");
    }
    assert!(violations.is_empty(), "{violations:?}");
}

#[tokio::test]
async fn an_upgrade_breaks_no_rule() {
    let app = async |mut env: Environment| -> Result<Environment, Error> {
        let Some(upgrade) = env.feature::<&OpaqueUpgrade>().cloned() else { return Ok(env) };
        upgrade.accept(&mut env, None, async |mut env| {
            let Some(mut stream) = env.remove(keys::OPAQUE_STREAM)? else { return Ok(()) };
            stream.write_all(b"hello").await?;
            stream.shutdown().await
        })?;
        Ok(env)
    };
    let (host, violations) = linted(app);
    let mut response = crate::upgrades::asking(&host).send().await.unwrap();
    assert_eq!(response.status(), 101);
    let (_client, callback) = response.take_upgrade().expect("it was accepted");
    callback.await.unwrap();
    assert!(violations.is_empty(), "{violations:?}");
}

#[tokio::test]
async fn trailers_callbacks_and_a_declared_length_break_no_rule() {
    async fn rich(mut env: Environment) -> Result<Environment, Error> {
        env.on_sending_headers(|env| env.response_mut().headers_mut()?.set("x-late", "yes"))?;
        env.response_mut().write("hello").await?;
        env.response_mut().flush().await?;
        if let Some(mut trailers) = env.feature_mut::<TrailersMut<'_>>() {
            trailers.append("x-sum", "5")?;
        }
        Ok(env)
    }
    async fn declared(mut env: Environment) -> Result<Environment, Error> {
        env.response_mut().headers_mut()?.set("content-length", "5")?;
        env.response_mut().write("he").await?;
        env.response_mut().set_body("llo");
        Ok(env)
    }
    check(rich, |host| host.get("/")).await;
    check(declared, |host| host.get("/")).await;
    check(declared, |host| host.request(http::Method::HEAD, "/")).await;
}

#[tokio::test]
async fn a_cancelled_call_breaks_no_rule() {
    let app = async |env: Environment| -> Result<Environment, Error> {
        env.request().cancelled().cancelled().await;
        Err(Error::app("nobody waits for the answer any more"))
    };
    let (host, violations) = linted(app);
    let request = host.get("/");
    let canceller = request.canceller();
    tokio::join!(finish(request), async { canceller.cancel(CancelReason::PeerReset) });
    assert!(violations.is_empty(), "{violations:?}");
}

#[tokio::test]
async fn a_call_that_the_server_gives_up_breaks_no_rule() {
    let app = async |_: Environment| std::future::pending::<Result<Environment, Error>>().await;
    let (host, violations) = linted(app);
    tokio::select! {
        biased;
        _ = host.get("/").send() => {}
        () = std::future::ready(()) => {}
    }
    assert!(violations.is_empty(), "{violations:?}");
}

#[tokio::test]
async fn a_read_that_was_given_up_is_no_read_that_waits() {
    let app = async |mut env: Environment| -> Result<Environment, Error> {
        tokio::select! {
            biased;
            _ = env.request_mut().body_mut().chunk() => {}
            () = std::future::ready(()) => {}
        }
        Ok(env)
    };
    let (host, violations) = linted(app);
    let (_sender, request) = host.post("/").stream();
    finish(request).await;
    assert!(violations.is_empty(), "{violations:?}");
}

#[tokio::test]
async fn a_lint_leaves_the_environment_as_it_was() {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    let outside = from_fn(move |mut env: Environment, next: Next| {
        let count = Arc::clone(&count);
        async move {
            let _empty = env.request_mut().set_body(RequestBody::from(Whole::from("mine")));
            let outlet = env.response_mut().replace_outlet(ResponseBody::capture());
            let keys: Vec<String> = env.iter().map(|(name, _)| name.to_owned()).collect();
            let mut env = next.run(env).await?;
            assert!(env.iter().map(|(name, _)| name).eq(keys.iter().map(String::as_str)));
            let body = env.request_mut().take_body().read_to_end(10).await?;
            assert_eq!(body, Bytes::from_static(b"mine"), "the body came back unread");
            let captured = env.response_mut().replace_outlet(outlet);
            assert_eq!(captured.length(), Some(7), "what was pushed was captured");
            count.fetch_add(1, Ordering::AcqRel);
            Ok::<_, Error>(env)
        }
    });
    let pushing = async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().write("capture").await?;
        Ok(env)
    };
    let (lint, violations) = Lint::recording();
    finish(TestHost::new(pushing.with(lint).with(outside)).get("/")).await;
    assert_eq!(seen.load(Ordering::Acquire), 1);
    assert!(violations.is_empty(), "{violations:?}");
}
