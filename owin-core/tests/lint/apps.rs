//! Apps that break the contract.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use owin_core::lint::Violations;
use owin_core::middleware::Next;
use owin_core::testing::TestHost;
use owin_core::{
    AppExt, CancelReason, Environment, Error, Lint, RequestBody, ResponseBody, from_fn, http, keys,
};
use tokio::task::yield_now;

use crate::{breaks, finish, of_app, recorded};

breaks! {
    "OWIN-001" a_call_that_is_dropped_is_named => dropped();
    "OWIN-001" a_call_that_takes_too_long_is_named => with_limits(CALL, async |env: Environment| {
        yield_now().await;
        Ok(env)
    });
    "OWIN-005" another_environment_is_named => of_app(async |_: Environment| {
        Ok::<_, Error>(Environment::new())
    });
    "OWIN-055" the_status_100_is_named => of_app(async |env: Environment| status(env, 100));
    "OWIN-056" a_read_that_still_waits_is_named => read_pending();
    "OWIN-057" a_read_after_the_call_is_named => read_after();
    "OWIN-059" a_write_after_the_call_is_named => write_after();
    "OWIN-061" a_call_that_ignores_its_token_is_named =>
        with_limits(CANCEL, async |env: Environment| {
            env.request().cancelled().cancelled().await;
            yield_now().await;
            Ok(env)
        });
    "OWIN-068" a_length_that_is_no_number_is_named =>
        of_app(async |env: Environment| declared(env, &["+5"], "hello"));
    "OWIN-068" two_lengths_that_differ_are_named =>
        of_app(async |env: Environment| declared(env, &["5", "6"], "hello"));
    "OWIN-115" an_error_that_escapes_is_named =>
        of_app(async |_: Environment| Err::<Environment, _>(Error::app("no database")));
    "OWIN-115" a_panic_is_named => of_app(async |env: Environment| {
        let none: Option<Environment> = Some(env).filter(|_| false);
        none.map_or_else(|| std::panic::panic_any("no database"), Ok::<_, Error>)
    });
    "DF-12" a_body_that_is_too_short_is_named =>
        of_app(async |env: Environment| declared(env, &["6"], "hello"));
    "DF-13" a_body_that_is_too_long_is_named =>
        of_app(async |env: Environment| declared(env, &["4"], "hello"));
    "DF-14" the_status_101_without_an_upgrade_is_named =>
        of_app(async |env: Environment| status(env, 101));
}

fn status(mut env: Environment, status: u16) -> Result<Environment, Error> {
    let status = http::StatusCode::from_u16(status).unwrap_or_default();
    env.response_mut().set_status(status)?;
    Ok(env)
}

fn declared(
    mut env: Environment,
    lengths: &[&str],
    body: &'static str,
) -> Result<Environment, Error> {
    for length in lengths {
        env.response_mut().headers_mut()?.append("content-length", *length)?;
    }
    env.response_mut().set_body(body);
    Ok(env)
}

/// A middleware that waits for no app, outside the lint.
async fn dropped() -> Vec<&'static str> {
    let (lint, violations) = Lint::recording();
    let impatient = from_fn(async |env: Environment, next: Next| -> Result<Environment, Error> {
        tokio::select! {
            biased;
            done = next.run(env) => done,
            () = std::future::ready(()) => Err(Error::server("too slow")),
        }
    });
    let app = (async |_: Environment| pending::<Result<Environment, Error>>().await).with(lint);
    finish(TestHost::new(app.with(impatient)).get("/")).await;
    violations.ids()
}

const CALL: Duration = Duration::from_secs(2);
const CANCEL: Duration = Duration::from_secs(1);

/// A call under a timer that knows one limit, which is over at once; the peer goes away meanwhile.
async fn with_limits(over: Duration, app: impl owin_core::App) -> Vec<&'static str> {
    let (lint, violations) = Lint::recording();
    let lint =
        lint.with_call_limit(CALL).with_cancel_limit(CANCEL).with_timer(move |limit| async move {
            if limit != over {
                pending::<()>().await;
            }
        });
    let request = TestHost::new(app.with(lint)).get("/");
    let canceller = request.canceller();
    tokio::join!(finish(request), async {
        yield_now().await;
        canceller.cancel(CancelReason::PeerReset);
    });
    violations.ids()
}

async fn read_pending() -> Vec<&'static str> {
    let app = async |mut env: Environment| -> Result<Environment, Error> {
        let mut body = env.request_mut().take_body();
        let _reader = tokio::spawn(async move { body.chunk().await });
        yield_now().await;
        Ok(env)
    };
    let mut senders = Vec::new();
    recorded(app, |host| {
        let (sender, request) = host.post("/").stream();
        senders.push(sender);
        request
    })
    .await
}

type Kept<T> = Arc<Mutex<Option<T>>>;

/// Runs an app that keeps something, finishes the call, and takes it.
async fn kept<T: Send + 'static>(
    keep: impl Fn(&mut Environment) -> T + Send + Sync + 'static,
) -> (Violations, Option<T>) {
    let (lint, violations) = Lint::recording();
    let place: Kept<T> = Arc::default();
    let app = {
        let place = Arc::clone(&place);
        move |mut env: Environment| {
            *place.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(keep(&mut env));
            async move { Ok::<_, Error>(env) }
        }
    };
    finish(TestHost::new(app.with(lint)).post("/").body("hello")).await;
    assert!(violations.is_empty(), "nothing is wrong yet: {violations:?}");
    let taken = place.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    (violations, taken)
}

async fn read_after() -> Vec<&'static str> {
    let (violations, body) = kept::<RequestBody>(|env| env.request_mut().take_body()).await;
    if let Some(mut body) = body {
        let _late = body.chunk().await;
    }
    violations.ids()
}

async fn write_after() -> Vec<&'static str> {
    let take = |env: &mut Environment| env.response_mut().replace_outlet(ResponseBody::detached());
    let (violations, outlet) = kept(take).await;
    let mut env = Environment::new();
    let _detached = env.response_mut().replace_outlet(outlet.unwrap_or_default());
    assert!(env.response_mut().write("late").await.is_err(), "the lint lets nothing through");
    violations.ids()
}

#[tokio::test]
async fn a_head_that_goes_out_early_is_judged_too() {
    let seen = of_app(async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().headers_mut()?.append("content-length", "many")?;
        let _refused = env.response_mut().flush().await;
        env.response_mut().headers_mut()?.remove("content-length");
        Ok(env)
    });
    assert_eq!(seen.await[..1], ["OWIN-068"]);
}

#[tokio::test]
async fn an_error_that_tells_of_the_peer_may_escape() {
    let seen = of_app(async |mut env: Environment| -> Result<Environment, Error> {
        env.request_mut().body_mut().read_to_end(1).await?;
        Err(Error::peer("no such thing").with_status(http::StatusCode::BAD_REQUEST))
    });
    assert_eq!(seen.await, [""; 0]);
}

#[tokio::test]
async fn an_id_that_the_app_changes_is_named() {
    let seen = of_app(async |mut env: Environment| -> Result<Environment, Error> {
        env.set(keys::REQUEST_ID, "mine")?;
        Ok(env)
    });
    assert_eq!(seen.await, ["OWIN-022"]);
}

#[tokio::test]
async fn an_outlet_that_is_not_put_back_is_named() {
    let seen = of_app(async |mut env: Environment| -> Result<Environment, Error> {
        let _lost = env.response_mut().replace_outlet(ResponseBody::capture());
        Ok(env)
    });
    assert_eq!(seen.await, ["MW-010"]);
}
