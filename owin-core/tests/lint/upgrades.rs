//! Servers and apps that break the rules of `opaque`.

use std::sync::Arc;

use owin_core::features::ConnectionInfo;
use owin_core::keys::Scope;
use owin_core::lint::Violations;
use owin_core::testing::{TestHost, TestRequest, memory_pair};
use owin_core::upgrade::{Decision, OpaqueStream, OpaqueUpgrade};
use owin_core::{
    App, AppExt, Call, CancelReason, CancelSource, Dictionary, Environment, Error, Event, Lint,
    http, keys,
};

use crate::{breaks, recorded};

breaks! {
    "OP-001" an_upgrade_that_was_made_up_is_named =>
        recorded(made_up, |host| host.get("/"));
    "OP-005" a_status_after_the_upgrade_is_named => recorded(
        async |env: Environment| -> Result<Environment, Error> {
            let mut env = upgrade(env)?;
            env.response_mut().set_status(http::StatusCode::OK)?;
            Ok(env)
        },
        asking,
    );
    "OP-011" a_stream_that_is_missing_is_named => async {
        let (violations, decision) = decided(async |env: Environment| upgrade(env)).await;
        let mut env = environment();
        let _stream = env.remove(keys::OPAQUE_STREAM);
        if let Some(decision) = decision {
            let _done = decision.run(env).await;
        }
        violations.ids()
    };
    "OP-012" a_body_beside_the_upgrade_is_named => recorded(
        async |env: Environment| -> Result<Environment, Error> {
            let mut env = upgrade(env)?;
            env.response_mut().set_body("lost");
            Ok(env)
        },
        asking,
    );
    "OP-019" a_callback_that_is_dropped_is_named => async {
        let (violations, decision) = decided(async |mut env: Environment| {
            let taken = taken(&env)?;
            taken.accept(&mut env, None, async |_| std::future::pending().await)?;
            Ok::<_, Error>(env)
        })
        .await;
        if let Some(decision) = decision {
            tokio::select! {
                biased;
                _ = decision.run(environment()) => {}
                () = std::future::ready(()) => {}
            }
        }
        violations.ids()
    };
}

fn taken(env: &Environment) -> Result<OpaqueUpgrade, Error> {
    let offered = env.feature::<&OpaqueUpgrade>().cloned();
    offered.ok_or_else(|| Error::app("no upgrade is offered"))
}

pub(crate) fn upgrade(mut env: Environment) -> Result<Environment, Error> {
    taken(&env)?.accept(&mut env, None, async |_| Ok(()))?;
    Ok(env)
}

async fn made_up(mut env: Environment) -> Result<Environment, Error> {
    OpaqueUpgrade::new("echo").accept(&mut env, None, async |_| Ok(()))?;
    Ok(env)
}

pub(crate) fn asking(host: &TestHost) -> TestRequest {
    host.get("/").header("connection", "upgrade").header("upgrade", "echo")
}

/// The environment that a server gives to a callback.
fn environment() -> Dictionary {
    let mut env = Dictionary::new();
    let _fresh = env.set(keys::OPAQUE_VERSION, "1.0");
    let _fresh = env.set(keys::OPAQUE_STREAM, OpaqueStream::new(memory_pair().1));
    let _fresh = env.set(keys::OPAQUE_CALL_CANCELLED, CancelSource::new().token());
    env
}

/// Runs an app as a server does, until it has decided to take the connection over.
async fn decided(app: impl App) -> (Violations, Option<Decision>) {
    let (lint, violations) = Lint::recording();
    (violations, decided_under(lint, app).await)
}

async fn decided_under(lint: Lint, app: impl App) -> Option<Decision> {
    let mut call = Call::new(&app.with(lint).boxed(), Arc::new(ConnectionInfo::new()));
    let mut env = call.prepare();
    let _fresh = env.request_mut().headers_mut().set("host", "localhost");
    let _fresh = env.request_mut().headers_mut().set("connection", "upgrade");
    let _fresh = env.request_mut().headers_mut().set("upgrade", "echo");
    let _fresh = env.set(keys::OPAQUE_UPGRADE, OpaqueUpgrade::new("echo"));
    call.start(env);
    loop {
        match call.event().await {
            Event::Upgrade => return call.take_upgrade(),
            Event::End | Event::Failed(_) => return None,
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_callback_that_completes_breaks_no_rule() {
    let (violations, decision) = decided(async |env: Environment| upgrade(env)).await;
    decision.expect("it was accepted").run(environment()).await.unwrap();
    assert!(violations.is_empty(), "{violations:?}");
}

#[tokio::test]
async fn a_failing_lint_runs_no_callback_without_its_stream() {
    let app = async |mut env: Environment| -> Result<Environment, Error> {
        taken(&env)?.accept(&mut env, None, async |_| unreachable!("not called"))?;
        Ok(env)
    };
    let decision = decided_under(Lint::new(), app).await.expect("it was accepted");
    let error = decision.run(Dictionary::new()).await.unwrap_err();
    assert!(error.to_string().contains("OP-011 opaque.Stream"), "{error}");
}

#[tokio::test]
async fn a_callback_whose_connection_is_lost_may_be_dropped() {
    let (violations, decision) = decided(async |mut env: Environment| {
        taken(&env)?.accept(&mut env, None, async |_| std::future::pending().await)?;
        Ok::<_, Error>(env)
    })
    .await;
    let lost = CancelSource::new();
    let mut env = environment();
    env.set(keys::OPAQUE_CALL_CANCELLED, lost.token()).unwrap();
    tokio::select! {
        biased;
        _ = decision.expect("it was accepted").run(env) => {}
        () = async { lost.cancel(CancelReason::PeerReset) } => {}
    }
    assert!(violations.is_empty(), "{violations:?}");
}

#[tokio::test]
async fn each_key_of_the_stream_that_is_missing_is_named() {
    let required = keys::all().filter(|info| info.scope() == Scope::OpaqueCall);
    for name in required.map(keys::KeyInfo::name).chain([keys::OPAQUE_VERSION.name()]) {
        let (violations, decision) = decided(async |env: Environment| upgrade(env)).await;
        let mut env = environment();
        assert!(env.remove_value(name).is_some(), "{name} was there");
        decision.expect("it was accepted").run(env).await.unwrap();
        let named: Vec<_> = violations.iter().map(|v| v.key().map(str::to_owned)).collect();
        assert_eq!(named, [Some(name.to_owned())]);
    }
}
