//! Taking a connection over: the decision, its head, and the stream that the callback gets.

use http::StatusCode;
use owin_core::features::Outcome;
use owin_core::middleware::Next;
use owin_core::testing::{MemoryStream, TestHost, TestResponse};
use owin_core::upgrade::{Accept, OpaqueStream, OpaqueUpgrade, UpgradeKind};
use owin_core::{
    App, AppExt as _, CallCancelled, CancelReason, Dictionary, Environment, Error, Key, Value,
    from_fn, keys,
};

use crate::support::{Answer, Notes, connect, serve_on};

/// Accepts with a callback that echoes one message and ends.
async fn echo(mut env: Environment) -> Answer {
    let upgrade = env.feature::<&OpaqueUpgrade>().cloned();
    let upgrade = upgrade.ok_or_else(|| Error::app("no upgrade is offered"))?;
    upgrade.accept(&mut env, None, async |mut env: Dictionary| {
        let mut stream = env.remove(keys::OPAQUE_STREAM)?.unwrap();
        let mut buf = [0; 64];
        let count = stream.read(&mut buf).await?;
        stream.write_all(buf.get(..count).unwrap()).await?;
        stream.shutdown().await
    })?;
    assert_eq!(env.response().status(), StatusCode::SWITCHING_PROTOCOLS, "OP-005: at once");
    Ok(env)
}

async fn ask(app: impl App) -> Result<TestResponse, Error> {
    let host = TestHost::new(app);
    host.get("/").header("connection", "Upgrade").header("upgrade", "echo").send().await
}

fn client(stream: MemoryStream) -> OpaqueStream {
    OpaqueStream::new(stream)
}

#[tokio::test]
async fn an_upgrade_is_offered_only_where_the_request_asks_for_one() {
    // OP-004.
    let offered = async |env: Environment| -> Answer {
        let is_offered = env.contains("opaque.Upgrade").to_string();
        let mut env = env;
        env.response_mut().set_body(is_offered);
        Ok(env)
    };
    let host = TestHost::new(offered);
    let upgrade = |request: owin_core::testing::TestRequest| {
        request.header("connection", "keep-alive, UPGRADE").header("upgrade", "echo")
    };
    for (request, expected) in [
        (upgrade(host.get("/")), "true"),
        (host.get("/"), "false"),
        (host.get("/").header("upgrade", "echo"), "false"),
        (host.get("/").header("connection", "upgrade"), "false"),
        (upgrade(host.get("/")).protocol(http::Version::HTTP_10), "false"),
    ] {
        assert_eq!(request.send().await.unwrap().text().await.unwrap(), expected);
    }
}

#[tokio::test]
async fn bytes_go_both_ways_after_the_upgrade() {
    // OP-005, OP-007, OP-018.
    let mut response = ask(echo).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.reason_phrase()),
        (101, "Switching Protocols")
    );
    assert_eq!(response.upgrade().map(|decision| decision.kind()), Some(UpgradeKind::Opaque));
    let (stream, callback) = response.take_upgrade().unwrap();
    let mut client = client(stream);
    let talk = async {
        client.write_all(b"ping").await?;
        let mut buf = [0; 64];
        let count = client.read(&mut buf).await?;
        let end = client.read(&mut [0; 1]).await?;
        Ok::<_, Error>((buf[..count].to_vec(), end))
    };
    let (done, talked) = tokio::join!(callback, talk);
    assert_eq!((done.is_ok(), talked.unwrap()), (true, (b"ping".to_vec(), 0)));
}

#[tokio::test]
async fn an_outer_middleware_can_add_headers_to_the_upgrade() {
    // OP-008.
    let stamp = from_fn(async |env: Environment, next: Next| -> Answer {
        let mut env = next.run(env).await?;
        env.response_mut().headers_mut()?.set("x-stamp", "yes")?;
        Ok(env)
    });
    let response = ask(echo.with(stamp)).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.headers().text("x-stamp")),
        (101, Some("yes"))
    );
}

#[tokio::test]
async fn a_second_accept_is_refused() {
    // OP-006, WS-006.
    let response = ask(async |env: Environment| -> Answer {
        let mut env = echo(env).await?;
        let again = OpaqueUpgrade::new("echo").accept(&mut env, None, async |_| Ok(()));
        assert!(again.is_err());
        let socket = Accept::new([]).accept(&mut env, None, async |_| Ok(()));
        assert!(socket.is_err());
        Ok(env)
    })
    .await;
    assert_eq!(response.unwrap().status(), 101);
}

#[tokio::test]
async fn an_accept_after_the_start_is_refused() {
    // OP-006, WS-006.
    let response = ask(async |mut env: Environment| -> Answer {
        env.response_mut().flush().await?;
        assert!(OpaqueUpgrade::new("echo").accept(&mut env, None, async |_| Ok(())).is_err());
        assert!(Accept::new([]).accept(&mut env, None, async |_| Ok(())).is_err());
        Ok(env)
    })
    .await;
    assert_eq!(response.unwrap().status(), 200);
}

#[tokio::test]
async fn the_callback_gets_an_environment_of_its_own() {
    // OP-009, OP-010, OP-011, OP-016.
    let notes = Notes::default();
    let noted = notes.clone();
    let mut response = ask(move |mut env: Environment| {
        let noted = noted.clone();
        async move {
            env.set_value("my.Own", Value::new(1_u8))?;
            let upgrade = env.feature::<&OpaqueUpgrade>().cloned().unwrap();
            upgrade.accept(&mut env, None, async move |mut env: Dictionary| {
                assert!(!env.contains("my.Own"));
                assert!(env.get(keys::OPAQUE_STREAM).is_some());
                assert!(!env.get(keys::OPAQUE_CALL_CANCELLED).unwrap().is_cancelled());
                noted.add(env.get(keys::OPAQUE_VERSION).unwrap());
                env.set(Key::<str>::new("opaque.stream"), "ordinal")?;
                assert!(env.get(keys::OPAQUE_STREAM).is_some());
                Ok(())
            })?;
            Ok(env)
        }
    })
    .await
    .unwrap();
    let (_client, callback) = response.take_upgrade().unwrap();
    callback.await.unwrap();
    assert_eq!(notes.all(), "1.0");
}

#[tokio::test]
async fn the_parameters_reach_the_server() {
    // OP-015.
    let response = ask(async |mut env: Environment| -> Answer {
        let mut parameters = Dictionary::new();
        parameters.set(Key::<u32>::new("my.Window"), 7_u32)?;
        OpaqueUpgrade::new("echo").accept(&mut env, Some(parameters), async |_| Ok(()))?;
        Ok(env)
    })
    .await
    .unwrap();
    let parameters = response.upgrade().unwrap().parameters();
    assert_eq!(parameters.get(Key::<u32>::new("my.Window")), Some(&7));
}

#[tokio::test]
async fn a_client_that_goes_away_ends_the_stream_and_fires_the_token() {
    // OP-022.
    let mut response = ask(async |mut env: Environment| -> Answer {
        OpaqueUpgrade::new("echo").accept(&mut env, None, async |mut env: Dictionary| {
            let reason = env.get(keys::OPAQUE_CALL_CANCELLED).unwrap().cancelled().await;
            assert_eq!(reason, CancelReason::PeerClosed);
            let mut stream = env.remove(keys::OPAQUE_STREAM)?.unwrap();
            assert_eq!(stream.read(&mut [0; 8]).await?, 0);
            stream.write_all(b"nobody is there").await
        })?;
        Ok(env)
    })
    .await
    .unwrap();
    let (stream, callback) = response.take_upgrade().unwrap();
    let (done, ()) = tokio::join!(callback, async { drop(stream) });
    assert!(done.is_err());
}

#[tokio::test]
async fn a_callback_that_ends_closes_the_stream() {
    // OP-020.
    let mut response = ask(async |mut env: Environment| -> Answer {
        OpaqueUpgrade::new("echo").accept(&mut env, None, async |_| Ok(()))?;
        Ok(env)
    })
    .await
    .unwrap();
    let (stream, callback) = response.take_upgrade().unwrap();
    callback.await.unwrap();
    let mut client = client(stream);
    assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0);
    assert!(client.write_all(b"x").await.is_err());
}

#[tokio::test]
async fn the_token_of_the_call_fires_where_the_callback_will_not_run() {
    // OP-014, WS-016.
    for takes in [false, true] {
        let kept = std::sync::Arc::new(std::sync::Mutex::new(CallCancelled::never()));
        let app_kept = std::sync::Arc::clone(&kept);
        let mut response = ask(move |env: Environment| {
            *app_kept.lock().unwrap() = env.request().cancelled().clone();
            echo(env)
        })
        .await
        .unwrap();
        let taken = if takes { response.take_upgrade() } else { None };
        drop(response);
        assert_eq!(kept.lock().unwrap().is_cancelled(), !takes);
        drop(taken);
    }
}

#[tokio::test]
async fn an_app_that_fails_after_the_accept_is_answered_with_500() {
    // OP-013.
    let mut call = connect(async |mut env: Environment| -> Answer {
        OpaqueUpgrade::new("echo").accept(&mut env, None, async |_| Ok(()))?;
        Err(Error::app("on purpose"))
    });
    let sent = serve_on(&mut call, |_| {}).await;
    assert_eq!((sent.status.as_u16(), sent.events().as_str()), (500, "Head End"));
}

#[tokio::test]
async fn the_connection_serves_on_where_the_server_refuses_the_upgrade() {
    let mut call = connect(async |mut env: Environment| -> Answer {
        OpaqueUpgrade::new("echo").accept(&mut env, None, async |_| Ok(()))?;
        Ok(env)
    });
    for _ in 0..2 {
        let sent = serve_on(&mut call, |_| {}).await;
        assert_eq!((sent.status.as_u16(), sent.events().as_str()), (101, "Upgrade End"));
        call.complete(Outcome::Failed);
    }
}

#[tokio::test]
async fn the_head_of_an_upgrade_says_what_the_app_has_set() {
    for (name, is_date, is_server) in [("date", true, false), ("server", false, true)] {
        let mut call = connect(move |mut env: Environment| async move {
            env.response_mut().headers_mut()?.set(name, "mine")?;
            OpaqueUpgrade::new("echo").accept(&mut env, None, async |_| Ok(()))?;
            Ok(env)
        });
        let sent = serve_on(&mut call, |_| {}).await;
        assert_eq!((sent.has_date, sent.has_server), (is_date, is_server));
    }
}

/// Accepts a socket with a sub-protocol where the client offers two.
fn accept(chosen: Option<Value>) -> Result<String, Error> {
    let mut env = Environment::new();
    let mut parameters = Dictionary::new();
    if let Some(chosen) = chosen {
        parameters.set_value("websocket.SubProtocol", chosen)?;
    }
    let offer = Accept::new(["chat".to_owned(), "soap".to_owned()]);
    offer.accept(&mut env, Some(parameters), async |_| Ok(()))?;
    let decision = env.upgrade_decision().unwrap();
    assert_eq!((decision.kind(), env.response().status().as_u16()), (UpgradeKind::WebSocket, 101));
    let chosen = decision.parameters().get(keys::WEBSOCKET_SUB_PROTOCOL);
    Ok(chosen.unwrap_or("none").to_owned())
}

#[test]
fn a_sub_protocol_that_the_client_offers_is_accepted() {
    // WS-005, WS-007.
    assert_eq!(accept(Some(Value::new(String::from("soap")))).unwrap(), "soap");
    assert_eq!(accept(None).unwrap(), "none");
}

#[test]
fn a_sub_protocol_that_the_client_does_not_offer_is_refused() {
    // WS-045.
    for wrong in ["Chat", "chat ", ""] {
        let error = accept(Some(Value::new(wrong.to_owned()))).unwrap_err();
        assert_eq!(error.key(), Some("websocket.SubProtocol"), "{wrong:?}");
    }
    assert!(accept(Some(Value::new(7_u8))).is_err(), "a wrong type");
}

#[test]
fn a_refused_accept_leaves_the_response_as_it_was() {
    let mut env = Environment::new();
    let mut parameters = Dictionary::new();
    parameters.set(keys::WEBSOCKET_SUB_PROTOCOL, "none of them").unwrap();
    assert!(Accept::new([]).accept(&mut env, Some(parameters), async |_| Ok(())).is_err());
    assert_eq!(env.response().status(), 200);
    assert!(env.upgrade_decision().is_none());
}
