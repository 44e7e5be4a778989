//! The same protocol over connections that never leave the process.

use std::io;

use nowin_like_server::NowinServer;
use nowin_like_server::transport::{MemoryConnector, Transport, memory};
use owin_core::{App, CancelReason, Environment, Error, keys};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{
    Answer, BUDGET, GET_AND_CLOSE, Started, body_of, digest, digest_of, echo, hello, pattern, post,
    seen, soon, start_with, talk, tell, try_talk,
};

/// An app on a server without sockets, and the way to it.
async fn serve(app: impl App) -> (Started, MemoryConnector) {
    let (listener, connector) = memory();
    let server = NowinServer::new().with_listener(listener);
    (start_with(server, &[], app).await.unwrap(), connector)
}

#[tokio::test]
async fn a_request_is_answered_without_a_socket() {
    let (server, connector) = serve(hello("text")).await;
    assert!(server.addresses().is_empty(), "{:?}", server.addresses());
    for _ in 0..2 {
        let answer = talk(connector.connect().await.unwrap(), GET_AND_CLOSE).await;
        assert_eq!(body_of(&answer), "text");
    }
}

#[tokio::test]
async fn there_are_no_addresses_but_the_client_is_local() {
    let (_server, connector) = serve(tell(|env| {
        let remote = (env.get(keys::SERVER_REMOTE_IP_ADDRESS), env.get(keys::SERVER_REMOTE_PORT));
        let local = (env.get(keys::SERVER_LOCAL_IP_ADDRESS), env.get(keys::SERVER_LOCAL_PORT));
        format!("{remote:?} {local:?} {:?}", env.get(keys::SERVER_IS_LOCAL))
    }))
    .await;
    let answer = talk(connector.connect().await.unwrap(), GET_AND_CLOSE).await;
    assert_eq!(body_of(&answer), "(None, None) (None, None) Some(true)");
}

#[tokio::test]
async fn a_body_that_is_larger_than_the_pipe_comes_through() {
    let (_server, connector) = serve(digest).await;
    let body = pattern(100_000);
    let stream = connector.with_pipe_bytes(100).connect().await.unwrap();
    let (mut reads, mut writes) = tokio::io::split(stream);
    let sent = async {
        writes.write_all(&post("/", &body)).await.unwrap();
        writes.shutdown().await.unwrap();
    };
    let mut answer = String::new();
    let (_, read) =
        soon("the answer", async { tokio::join!(sent, reads.read_to_string(&mut answer)) }).await;
    read.unwrap();
    assert_eq!(body_of(&answer), digest_of(&body));
}

#[tokio::test]
async fn a_client_that_closes_its_half_gets_its_answer() {
    let (_server, connector) = serve(echo).await;
    let mut stream = connector.connect().await.unwrap();
    stream.write_all(&post("/", b"all of it")).await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(body_of(&talk(stream, "").await), "all of it");
}

#[tokio::test]
async fn a_reset_by_the_client_is_told_to_the_app() {
    let (told, mut reasons) = seen();
    let (_server, connector) = serve(move |env: Environment| {
        let told = told.clone();
        async move {
            told.send(None).unwrap();
            told.send(Some(env.request().cancelled().cancelled().await)).unwrap();
            Ok(env)
        }
    })
    .await;
    let mut stream = connector.connect().await.unwrap();
    stream.write_all(GET_AND_CLOSE.as_bytes()).await.unwrap();
    assert_eq!(reasons.next("the call").await, None);
    stream.reset();
    assert_eq!(reasons.next("the reason").await, Some(CancelReason::PeerReset));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_reset_where_its_end_would_be_the_end() {
    // OWIN-072, OWIN-117.
    let (_server, connector) = serve(async |mut env: Environment| -> Answer {
        env.response_mut().write("begun").await?;
        env.response_mut().flush().await?;
        Err(Error::app("on purpose"))
    })
    .await;
    let stream = connector.connect().await.unwrap();
    let ended = try_talk(stream, "GET / HTTP/1.0\r\n\r\n").await;
    assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_stop_closes_what_is_silent_and_refuses_what_comes() {
    // HT-21.
    let (server, connector) = serve(hello("text")).await;
    let mut silent = connector.connect().await.unwrap();
    silent.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
    let mut first = [0; 15];
    soon("the answer", silent.read_exact(&mut first)).await.unwrap();
    assert!(server.stop(BUDGET).await.is_ok());
    assert!(try_talk(silent, "").await.is_ok(), "it was closed in order");
    let refused = connector.connect().await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
}
