//! Connections that an app takes over.

use std::sync::Arc;

use owin_core::upgrade::OpaqueUpgrade;
use owin_core::{BoxApp, CallCancelled, Environment, keys};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use crate::support::{Client, LONG, app, serve};

/// Takes the connection over where that is offered, and echoes in capitals.
fn shouter() -> BoxApp {
    app(async |mut env: Environment| {
        let Some(upgrade) = env.feature::<&OpaqueUpgrade>().cloned() else {
            env.response_mut().set_body("not offered");
            return Ok(env);
        };
        if env.request().path() == "/declined" {
            env.response_mut().set_body("declined");
            return Ok(env);
        }
        upgrade.accept(&mut env, None, async |mut env| {
            let mut stream = env.remove(keys::OPAQUE_STREAM)?.unwrap();
            stream.write_all(b"welcome\n").await?;
            let mut buf = [0; 1000];
            loop {
                let count = stream.read(&mut buf).await?;
                if count == 0 {
                    break;
                }
                stream.write_all(&buf[..count].to_ascii_uppercase()).await?;
            }
            stream.write_all(b"bye").await?;
            stream.shutdown().await
        })?;
        Ok(env)
    })
}

async fn asked(client: &mut Client, path: &str, protocol: &str) -> u16 {
    let head = format!("GET {path} HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\n");
    client.send(format!("{head}upgrade: {protocol}\r\n\r\n")).await;
    let head = client.head().await;
    if head.status == 101 {
        assert_eq!(head.field("upgrade"), Some(protocol));
        assert_eq!(head.field("connection"), Some("upgrade"));
        assert_eq!((head.field("content-length"), head.field("transfer-encoding")), (None, None));
    }
    if head.status == 200 {
        assert_eq!(head.field("connection"), Some("close"));
    }
    head.status
}

#[tokio::test]
async fn an_app_takes_a_connection_over() {
    let served = serve(shouter()).await;
    for protocol in ["echo/1", "websocket"] {
        let mut client = served.connect().await;
        assert_eq!(asked(&mut client, "/", protocol).await, 101);
        assert_eq!(client.until(b"\n").await, b"welcome\n");
        for text in ["a", "bc", "GET / HTTP/1.1\r\n\r\n"] {
            client.send(text).await;
            assert_eq!(client.exactly(text.len()).await, text.to_ascii_uppercase().as_bytes());
        }
        client.half_close().await;
        assert_eq!(client.rest().await, b"bye");
    }
    served.stop().await;
}

#[tokio::test]
async fn an_upgrade_that_an_app_declines_ends_the_connection() {
    let served = serve(shouter()).await;
    for protocol in ["echo/1", "websocket"] {
        let mut client = served.connect().await;
        assert_eq!(asked(&mut client, "/declined", protocol).await, 200);
        assert_eq!(client.exactly(8).await, b"declined");
        client.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
        assert!(client.rest().await.is_empty());
    }
    served.stop().await;
}

#[tokio::test]
async fn nothing_is_offered_to_a_request_with_a_body_or_to_http_10() {
    let served = serve(shouter()).await;
    for (version, length) in [("1.1", 2), ("1.0", 0)] {
        let mut client = served.connect().await;
        let head = format!("POST / HTTP/{version}\r\nhost: h\r\nconnection: upgrade\r\n");
        client.send(format!("{head}upgrade: x\r\ncontent-length: {length}\r\n\r\n")).await;
        client.send(&"hi"[..length]).await;
        assert_eq!(client.answer().await.text(), "not offered");
    }
    served.stop().await;
}

#[tokio::test]
async fn much_goes_both_ways_at_once() {
    let served = serve(shouter()).await;
    for protocol in ["echo/1", "websocket"] {
        let mut client = served.connect().await;
        assert_eq!(asked(&mut client, "/", protocol).await, 101);
        client.until(b"\n").await;
        let sending = client.send_beside(vec![b'x'; 4 << 20]);
        let shouted = client.exactly(4 << 20).await;
        assert!(shouted.iter().all(|byte| *byte == b'X'));
        drop(sending.await.unwrap());
        assert_eq!(client.rest().await, b"bye");
    }
    served.stop().await;
}

#[tokio::test]
async fn what_an_app_does_with_a_connection_hears_of_a_reset_and_of_a_stop() {
    let (tell, mut told) = mpsc::unbounded_channel::<CallCancelled>();
    let begun = Arc::new(Notify::new());
    let beginning = Arc::clone(&begun);
    let served = serve(app(move |mut env: Environment| {
        let (tell, begun) = (tell.clone(), Arc::clone(&beginning));
        async move {
            let upgrade = env.feature::<&OpaqueUpgrade>().cloned().unwrap();
            upgrade.accept(&mut env, None, async move |env| {
                let token = env.get(keys::OPAQUE_CALL_CANCELLED).unwrap().clone();
                begun.notify_one();
                token.cancelled().await;
                tell.send(token).unwrap();
                Ok(())
            })?;
            Ok(env)
        }
    }))
    .await;
    for protocol in ["echo/1", "websocket"] {
        let mut client = served.connect().await;
        asked(&mut client, "/", protocol).await;
        begun.notified().await;
        client.reset();
        let token = timeout(LONG, told.recv()).await.unwrap().unwrap();
        assert_eq!(token.reason(), Some(owin_core::CancelReason::PeerClosed));
    }
    let mut client = served.connect().await;
    asked(&mut client, "/", "echo/1").await;
    begun.notified().await;
    served.stop().await;
    let token = timeout(LONG, told.recv()).await.unwrap().unwrap();
    assert_eq!(token.reason(), Some(owin_core::CancelReason::Shutdown));
}
