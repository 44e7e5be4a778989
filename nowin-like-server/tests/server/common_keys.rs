//! Keys that a call may have or not, and what they keep to.

use owin_core::keys::{KeyInfo, Presence, Scope};
use owin_core::middleware::Next;
use owin_core::{AppBuilder, AppExt, Environment, Key, Lint, Properties, Value, from_fn, keys};

use crate::support::{Answer, nothing, post, post_chunked, serve, tell};

#[tokio::test]
async fn a_call_needs_no_optional_key() {
    // CK-002, OWIN-124: everything that may be taken away is.
    let poor = from_fn(async |mut env: Environment, next: Next| -> Answer {
        for info in keys::all().filter(|info| is_optional(info)) {
            let _was_there = env.remove_value(info.name())?;
        }
        assert_eq!(env.len(), keys::all().filter(|info| env.contains(info.name())).count());
        next.run(env).await
    });
    let properties = Properties::new();
    let app = AppBuilder::new(&properties)
        .use_middleware(poor)
        .use_middleware(Lint::new())
        .map("/a", tell(|env| env.request().path().to_owned()))
        .unwrap()
        .run(nothing);
    let server = serve(app).await;
    let mut client = server.connect().await;
    assert_eq!(client.get("/a/b").await.text(), "/b");
    assert_eq!(client.get("/").await.status, 200);
}

fn is_optional(info: &KeyInfo) -> bool {
    info.presence() == Presence::Optional
        && matches!(info.scope(), Scope::Call | Scope::CallAndStartup)
}

#[tokio::test]
async fn a_getter_takes_empty_and_foreign_values_for_none() {
    // CK-014, CK-017.
    let server = serve(async |mut env: Environment| -> Answer {
        env.set(keys::REQUEST_ID, "")?;
        env.set_value("my.Text", Value::new("text"))?;
        let foreign: Key<u32> = Key::new("my.Text");
        let is_refused = env.set_value("owin.RequestId", Value::new(7_u32)).is_err();
        let told = format!(
            "{:?} {:?} {} {is_refused}",
            env.request().id(),
            env.get(foreign),
            env.try_get(foreign).is_err(),
        );
        env.response_mut().set_body(told);
        Ok(env)
    })
    .await;
    assert_eq!(server.get("/").await.text(), "None None true true");
}

#[tokio::test]
async fn what_a_request_cannot_have_is_not_offered_to_it() {
    // CK-021: none of these asks for another protocol in a way that could be granted.
    let server = serve(tell(|env| {
        let offered = ["opaque.Upgrade", "websocket.Accept", "ssl.ClientCertificate"];
        offered.into_iter().filter(|name| env.contains(name)).collect()
    }))
    .await;
    for request in [
        "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n",
        "GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    ] {
        assert_eq!(server.answer_to(request).await.text(), "", "{request}");
    }
}

#[tokio::test]
async fn a_lint_finds_nothing_in_a_thousand_different_calls() {
    // OWIN-091, OWIN-092, OWIN-093, OWIN-098, OWIN-099, OWIN-100, CK-004, CK-005, CK-007, CK-008,
    // CK-009, CK-011, CK-016, CK-018, CK-024, CK-025, CK-028.
    let (lint, violations) = Lint::recording();
    let app = async |mut env: Environment| -> Answer {
        let body = env.request_mut().body_mut().read_to_end(1_000).await?;
        match body.len() % 3 {
            0 => env.response_mut().set_body(body),
            1 => env.response_mut().write_bytes(body).await?,
            _ => env.response_mut().flush().await?,
        }
        Ok(env)
    };
    let server = serve(app.with(lint)).await;
    for connection in 0..10_u32 {
        let mut client = server.connect().await;
        for number in 0..100_u32 {
            let target = format!("/{connection}/%20%2F/../a;b?{number}=%20");
            let body = "x".repeat(usize::try_from(number).unwrap());
            let request = match number % 5 {
                0 => post(&target, body.as_bytes()),
                1 => post_chunked(body.as_bytes(), 7),
                2 => b"OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n".to_vec(),
                3 => {
                    b"GET HTTP://other:81?q HTTP/1.1\r\nHost: h\r\nx: a\r\nx: \xFF\r\n\r\n".to_vec()
                }
                _ => b"PUT / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".to_vec(),
            };
            client.send(request).await;
            assert_eq!(client.response().await.status, 200);
        }
    }
    let said: Vec<String> = violations.take().iter().map(ToString::to_string).collect();
    assert!(said.is_empty(), "{said:?}");
}
