//! Middlewares that break the rules of middlewares.

use owin_core::lint::Inside;
use owin_core::middleware::{Middleware, Next};
use owin_core::testing::{TestHost, TestRequest};
use owin_core::{
    App, AppExt, CancelSource, Environment, Error, Lint, ResponseBody, from_fn, http, keys,
};

use crate::{breaks, finish, hello};

/// A middleware of an async closure that gets the environment and the next app.
macro_rules! middleware {
    ($($closure:tt)+) => { from_fn(async $($closure)+) };
}

breaks! {
    "OWIN-022" a_middleware_that_changes_the_id_is_named => around(
        middleware!(|mut env: Environment, next: Next| -> Result<Environment, Error> {
            env.set(keys::REQUEST_ID, "mine")?;
            next.run(env).await
        }),
        hello,
    );
    "OWIN-046" a_middleware_that_splits_a_line_is_named => around(
        middleware!(|mut env: Environment, next: Next| -> Result<Environment, Error> {
            let before = env.request().headers().clone();
            env.request_mut().headers_mut().set("accept", "text/html")?;
            env.request_mut().headers_mut().append("accept", "text/plain")?;
            let mut env = next.run(env).await?;
            *env.get_mut(keys::REQUEST_HEADERS)? = before;
            Ok(env)
        }),
        hello,
    );
    "OWIN-046" a_middleware_that_joins_cookies_is_named => around(
        middleware!(|env: Environment, next: Next| -> Result<Environment, Error> {
            let mut env = next.run(env).await?;
            env.response_mut().headers_mut()?.set("set-cookie", "a=1, b=2")?;
            Ok(env)
        }),
        async |mut env: Environment| -> Result<Environment, Error> {
            env.response_mut().headers_mut()?.append("set-cookie", "a=1")?;
            env.response_mut().headers_mut()?.append("set-cookie", "b=2")?;
            Ok(env)
        },
    );
    "OWIN-081" a_middleware_that_loses_the_token_is_named => around(
        middleware!(|mut env: Environment, next: Next| -> Result<Environment, Error> {
            let _lost = env.request_mut().set_cancelled(CancelSource::new().token());
            next.run(env).await
        }),
        hello,
    );
    "MW-007" a_middleware_that_does_nothing_is_named => around(
        middleware!(|env: Environment, _: Next| -> Result<Environment, Error> { Ok(env) }),
        hello,
    );
    "MW-008" a_middleware_that_keeps_its_path_is_named => around(
        middleware!(|mut env: Environment, next: Next| -> Result<Environment, Error> {
            env.request_mut().set_path("/rewritten");
            next.run(env).await
        }),
        hello,
    );
    "MW-009" a_head_that_is_changed_too_late_is_named => around(
        middleware!(|env: Environment, next: Next| -> Result<Environment, Error> {
            let mut env = next.run(env).await?;
            env.response_mut().headers_mut()?.set("x-late", "yes")?;
            Ok(env)
        }),
        flushed,
    );
    "MW-009" a_body_that_is_changed_too_late_is_named => around(
        middleware!(|env: Environment, next: Next| -> Result<Environment, Error> {
            let mut env = next.run(env).await?;
            env.response_mut().set_body("something else");
            Ok(env)
        }),
        flushed,
    );
    "MW-010" a_middleware_that_keeps_the_outlet_is_named => around(
        middleware!(|mut env: Environment, next: Next| -> Result<Environment, Error> {
            let _lost = env.response_mut().replace_outlet(ResponseBody::capture());
            next.run(env).await
        }),
        hello,
    );
    "MW-010" a_middleware_that_drops_what_it_captured_is_named => around(
        middleware!(|mut env: Environment, next: Next| -> Result<Environment, Error> {
            let outlet = env.response_mut().replace_outlet(ResponseBody::capture());
            let mut env = next.run(env).await?;
            let _dropped = env.response_mut().replace_outlet(outlet);
            Ok(env)
        }),
        hello,
    );
}

async fn flushed(mut env: Environment) -> Result<Environment, Error> {
    env.response_mut().write("first, ").await?;
    env.response_mut().flush().await?;
    env.response_mut().set_body("second");
    Ok(env)
}

fn request(host: &TestHost) -> TestRequest {
    host.get("/orders").header("accept", "text/html, text/plain")
}

/// What a lint around a middleware records.
async fn around<A, M>(middleware: M, app: A) -> Vec<&'static str>
where
    A: App,
    M: Middleware<Inside<A>>,
{
    let (lint, violations) = Lint::recording();
    finish(request(&TestHost::new(app.with(lint.around(middleware))))).await;
    violations.ids()
}

#[tokio::test]
async fn a_middleware_that_makes_an_environment_of_its_own_is_named() {
    let own = middleware!(|_: Environment, next: Next| -> Result<Environment, Error> {
        next.run(Environment::new()).await
    });
    assert_eq!(around(own, hello).await, ["OWIN-005"]);
}

#[tokio::test]
async fn a_middleware_may_answer_by_itself() {
    let not_found = middleware!(|mut env: Environment, _: Next| -> Result<Environment, Error> {
        env.response_mut().set_status(http::StatusCode::NOT_FOUND)?;
        Ok(env)
    });
    assert_eq!(around(not_found, hello).await, [""; 0]);
}

#[tokio::test]
async fn a_middleware_may_restore_join_and_forward() {
    let careful = middleware!(|mut env: Environment, next: Next| -> Result<Environment, Error> {
        let path = env.request().path().to_owned();
        env.request_mut().set_path("/rewritten");
        let token = env.request().cancelled().clone();
        let _joined = env.request_mut().set_cancelled(token.or(CancelSource::new().token()));
        let outlet = env.response_mut().replace_outlet(ResponseBody::capture());
        let mut env = next.run(env).await?;
        let captured = env.response_mut().replace_outlet(outlet).into_whole();
        env.response_mut().set_body(captured);
        env.request_mut().set_path(&path);
        env.response_mut().headers_mut()?.set("x-seen", "yes")?;
        Ok(env)
    });
    assert_eq!(around(careful, hello).await, [""; 0]);
}

#[tokio::test]
async fn a_middleware_may_write_behind_the_app() {
    let appending = middleware!(|env: Environment, next: Next| -> Result<Environment, Error> {
        let mut env = next.run(env).await?;
        env.response_mut().write("!").await?;
        Ok(env)
    });
    assert_eq!(around(appending, hello).await, [""; 0]);
}

#[tokio::test]
async fn one_pair_inside_another_is_told_apart() {
    let (outer, outer_seen) = Lint::recording();
    let (inner, inner_seen) = Lint::recording();
    let pass = || middleware!(|env: Environment, next: Next| next.run(env).await);
    let lost = middleware!(|mut env: Environment, next: Next| -> Result<Environment, Error> {
        env.request_mut().set_path("/rewritten");
        next.run(env).await
    });
    let app = hello.with(inner.around(lost)).with(outer.around(pass()));
    finish(request(&TestHost::new(app))).await;
    assert_eq!(inner_seen.ids(), ["MW-008"]);
    assert_eq!(outer_seen.ids(), [""; 0]);
}
