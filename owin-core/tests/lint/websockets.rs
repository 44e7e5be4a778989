//! Servers and apps that break the rules of `websocket`.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use owin_core::features::ConnectionInfo;
use owin_core::keys::{Presence, Scope};
use owin_core::lint::Violations;
use owin_core::testing::{TestHost, TestRequest};
use owin_core::upgrade::{
    Accept, Message, Opcode, WebSocketClose, WebSocketReceive, WebSocketSend,
};
use owin_core::{
    AppExt, Call, CancelSource, Dictionary, Environment, Error, Event, Lint, http, keys,
};

use crate::{breaks, recorded};

breaks! {
    "WS-001" a_socket_that_was_made_up_is_named => recorded(
        async |mut env: Environment| -> Result<Environment, Error> {
            Accept::new([]).accept(&mut env, None, async |_| Ok(()))?;
            Ok(env)
        },
        |host| host.get("/"),
    );
    "WS-005" a_status_after_the_socket_is_named => recorded(
        async |env: Environment| -> Result<Environment, Error> {
            let mut env = accept(env)?;
            env.response_mut().set_status(http::StatusCode::NOT_FOUND)?;
            Ok(env)
        },
        asking,
    );
    "WS-012" a_function_that_is_missing_is_named => ran(
        |env| env.remove(keys::WEBSOCKET_SEND_ASYNC).map(drop),
        async |env| close(&env).await,
    );
    "WS-013" a_close_at_the_beginning_is_named => ran(
        |env| env.set(keys::WEBSOCKET_CLIENT_CLOSE_STATUS, 1000_u16).map(drop),
        async |env| close(&env).await,
    );
    "WS-014" a_body_beside_the_socket_is_named => recorded(
        async |env: Environment| -> Result<Environment, Error> {
            let mut env = accept(env)?;
            env.response_mut().set_body("lost");
            Ok(env)
        },
        asking,
    );
    "WS-020" a_socket_that_is_dropped_is_named => async {
        let (violations, call) = started(async |_| std::future::pending().await);
        if let Some(decision) = upgraded(call).await {
            tokio::select! {
                biased;
                _ = decision.run(environment()) => {}
                () = std::future::ready(()) => {}
            }
        }
        violations.ids()
    };
    "WS-034" a_message_after_the_close_is_named => ran(whole, async |env| {
        close(&env).await?;
        send(&env).await
    });
    "WS-035" a_receive_after_the_peers_close_is_named => ran(whole, async |env| {
        receive(&env).await?;
        receive(&env).await
    });
    "WS-038" a_use_after_the_end_is_named => used_after();
    "WS-040" a_socket_that_is_not_closed_is_named => ran(whole, async |env| send(&env).await);
}

fn accept(mut env: Environment) -> Result<Environment, Error> {
    let offered = env.feature::<&Accept>().cloned();
    let offered = offered.ok_or_else(|| Error::app("no socket is offered"))?;
    offered.accept(&mut env, None, async |_| Ok(()))?;
    Ok(env)
}

/// Makes a request an opening handshake.
pub(crate) fn handshake(request: TestRequest, key: &str) -> TestRequest {
    request
        .header("connection", "keep-alive, Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", key)
}

/// The key in RFC 6455 §1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

fn asking(host: &TestHost) -> TestRequest {
    // The in-memory host has no sockets of its own; it would offer an opaque upgrade.
    let request = handshake(host.get("/"), KEY);
    request.with(|env| env.set(keys::WEBSOCKET_ACCEPT, Accept::new([])).map(drop))
}

#[expect(clippy::unnecessary_wraps, reason = "stands where a server breaks something")]
fn whole(_: &mut Dictionary) -> Result<(), Error> {
    Ok(())
}

/// The environment that a server gives to a callback: a socket whose peer closes at once.
fn environment() -> Dictionary {
    let mut env = Dictionary::new();
    let _fresh = env.set(keys::WEBSOCKET_VERSION, "1.0");
    let _fresh = env.set(keys::WEBSOCKET_CALL_CANCELLED, CancelSource::new().token());
    let _fresh = env.set(keys::WEBSOCKET_SEND_ASYNC, WebSocketSend::new(async |_| Ok(())));
    let _fresh = env.set(keys::WEBSOCKET_RECEIVE_ASYNC, WebSocketReceive::new(async |_| Ok(bye())));
    let _fresh = env.set(keys::WEBSOCKET_CLOSE_ASYNC, WebSocketClose::new(async |_, _| Ok(())));
    env
}

fn bye() -> Message {
    Message { opcode: Opcode::Close, is_end: true, data: Bytes::new() }
}

async fn send(env: &Dictionary) -> Result<(), Error> {
    let Some(send) = env.get(keys::WEBSOCKET_SEND_ASYNC) else { return Ok(()) };
    send.call(Message { opcode: Opcode::Text, is_end: true, data: Bytes::from_static(b"hi") }).await
}

async fn receive(env: &Dictionary) -> Result<(), Error> {
    let Some(receive) = env.get(keys::WEBSOCKET_RECEIVE_ASYNC) else { return Ok(()) };
    receive.call(1_024).await.map(drop)
}

async fn close(env: &Dictionary) -> Result<(), Error> {
    let Some(close) = env.get(keys::WEBSOCKET_CLOSE_ASYNC) else { return Ok(()) };
    close.call(1000, String::new()).await
}

/// Starts the call of an app that accepts with the callback, as a server does.
fn started<F, Fut>(callback: F) -> (Violations, Call)
where
    F: Fn(Dictionary) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    let (lint, violations) = Lint::recording();
    let app = move |mut env: Environment| {
        let callback = callback.clone();
        async move {
            let offered = env.feature::<&Accept>().cloned();
            if let Some(offered) = offered {
                offered.accept(&mut env, None, callback)?;
            }
            Ok::<_, Error>(env)
        }
    };
    let mut call = Call::new(&app.with(lint).boxed(), Arc::new(ConnectionInfo::new()));
    let mut env = call.prepare();
    let headers = env.request_mut().headers_mut();
    for (name, value) in [
        ("host", "localhost"),
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", KEY),
    ] {
        let _fresh = headers.set(name, value);
    }
    let _fresh = env.set(keys::WEBSOCKET_ACCEPT, Accept::new([]));
    call.start(env);
    (violations, call)
}

async fn upgraded(mut call: Call) -> Option<owin_core::upgrade::Decision> {
    loop {
        match call.event().await {
            Event::Upgrade => return call.take_upgrade(),
            Event::End | Event::Failed(_) => return None,
            _ => {}
        }
    }
}

/// Runs a callback in the environment that a server gives it.
async fn ran<F, Fut>(
    fill: impl FnOnce(&mut Dictionary) -> Result<(), Error>,
    callback: F,
) -> Vec<&'static str>
where
    F: Fn(Dictionary) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    let (violations, call) = started(callback);
    let mut env = environment();
    let filled = fill(&mut env);
    if let (Ok(()), Some(decision)) = (filled, upgraded(call).await) {
        let _done = decision.run(env).await;
    }
    violations.ids()
}

async fn used_after() -> Vec<&'static str> {
    let kept: Arc<Mutex<Option<Dictionary>>> = Arc::default();
    let place = Arc::clone(&kept);
    let (violations, call) = started(move |env| {
        let place = Arc::clone(&place);
        async move {
            receive(&env).await?;
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(env);
            Ok(())
        }
    });
    if let Some(decision) = upgraded(call).await {
        let _done = decision.run(environment()).await;
    }
    let env = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
    assert!(violations.is_empty(), "nothing is wrong yet: {violations:?}");
    let _late = send(&env.unwrap_or_default()).await;
    violations.ids()
}

#[tokio::test]
async fn a_socket_that_is_used_well_breaks_no_rule() {
    let seen = ran(whole, async |env| {
        send(&env).await?;
        close(&env).await?;
        receive(&env).await
    });
    assert_eq!(seen.await, [""; 0]);
}

#[tokio::test]
async fn a_socket_whose_peer_has_closed_needs_no_close() {
    assert_eq!(ran(whole, async |env| receive(&env).await).await, [""; 0]);
}

#[tokio::test]
async fn each_key_of_the_socket_that_is_missing_is_named() {
    let required = keys::all()
        .filter(|info| info.scope() == Scope::WebSocketCall)
        .filter(|info| info.presence() == Presence::Required);
    for name in required.map(keys::KeyInfo::name).chain([keys::WEBSOCKET_VERSION.name()]) {
        let (violations, call) = started(async |env| receive(&env).await);
        let mut env = environment();
        assert!(env.remove_value(name).is_some(), "{name} was there");
        let _done = upgraded(call).await.expect("it was accepted").run(env).await;
        let named = violations.iter().find(|v| v.id() == "WS-012").expect("it is named");
        assert_eq!(named.key(), Some(name));
    }
}
