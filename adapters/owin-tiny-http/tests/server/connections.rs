//! What becomes of connections.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::time::Duration;

use owin_core::{CancelReason, Environment, keys};
use owin_tiny_http::TinyHttpServer;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpSocket;
use tokio::sync::{Semaphore, mpsc};

use crate::support::{
    Answer, Client, Started, hello, serve, serve_blindly, sockets_are_found, soon, start, tell,
};

#[tokio::test]
async fn a_connection_stays_for_three_requests_and_is_known_again() {
    let server = serve(tell(|env| env.get(keys::SERVER_CONNECTION_ID).unwrap().to_owned())).await;
    let mut client = server.connect().await;
    let first = client.get("/").await;
    assert_eq!(first.field("connection"), None, "it stays without a word");
    for _ in 0..2 {
        assert_eq!(client.get("/").await.text(), first.text());
    }
    assert_ne!(server.get("/").await.text(), first.text(), "another connection");
}

#[tokio::test]
async fn a_connection_closes_where_the_client_wants_it() {
    let server = serve(hello("bye")).await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    let answer = client.response().await;
    assert_eq!((answer.text().as_str(), answer.field("connection")), ("bye", Some("close")));
    assert!(client.rest().await.is_empty());
}

#[tokio::test]
async fn an_app_that_wants_to_close_gets_no_further_request() {
    async fn closing(mut env: Environment) -> Answer {
        env.response_mut().headers_mut()?.set("connection", "close")?;
        Ok(env)
    }
    let request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    let blind = serve_blindly(closing).await;
    let mut client = blind.connect().await;
    client.send([request, request].concat()).await;
    assert_eq!(client.response().await.field("connection"), Some("close"));
    assert!(client.is_silent().await);
    if sockets_are_found() {
        let server = serve(closing).await;
        let mut client = server.connect().await;
        client.send([request, request].concat()).await;
        assert_eq!(client.response().await.field("connection"), Some("close"));
        client.is_closed().await;
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order_one_at_a_time() {
    static RUNNING: Semaphore = Semaphore::const_new(1);
    let server = serve(async |mut env: Environment| -> Answer {
        let _alone = RUNNING.try_acquire().expect("one at a time");
        tokio::time::sleep(Duration::from_millis(5)).await;
        let path = env.request().path().to_owned();
        env.response_mut().set_body(path);
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    let all: String = (0..20).map(|at| format!("GET /{at} HTTP/1.1\r\nHost: h\r\n\r\n")).collect();
    client.send(all).await;
    for at in 0..20 {
        assert_eq!(client.response().await.text(), format!("/{at}"));
    }
}

#[tokio::test]
async fn who_comes_while_too_many_wait_is_told_so() {
    static GATE: Semaphore = Semaphore::const_new(0);
    let (told, mut begun) = mpsc::unbounded_channel();
    let server = TinyHttpServer::new().with_threads(NonZeroUsize::MIN).with_max_waiting(1);
    let app = move |env: Environment| {
        let told = told.clone();
        async move {
            told.send(()).unwrap();
            GATE.acquire().await.unwrap().forget();
            Ok(env)
        }
    };
    let server = start(server, &["http://127.0.0.1:0"], app).await.unwrap();
    let mut first = server.connect().await;
    first.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    soon("the call", begun.recv()).await.unwrap();
    // One waits; of those who come besides each is turned away.
    let (answered, mut statuses) = mpsc::unbounded_channel();
    for _ in 0..3 {
        let mut client = server.connect().await;
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
        let answered = answered.clone();
        tokio::spawn(async move { answered.send(client.response().await.status) });
    }
    for _ in 0..2 {
        assert_eq!(soon("a refusal", statuses.recv()).await, Some(503));
    }
    GATE.add_permits(2);
    assert_eq!(soon("the answer", statuses.recv()).await, Some(200));
    assert_eq!(first.response().await.status, 200);
}

#[tokio::test]
async fn the_token_fires_where_the_response_cannot_be_written() {
    let (told, mut seen) = mpsc::unbounded_channel();
    let server = serve(move |mut env: Environment| {
        let told = told.clone();
        async move {
            let token = env.request().cancelled().clone();
            while env.response_mut().write(vec![b'x'; 65_536]).await.is_ok() {}
            told.send(token.cancelled().await).unwrap();
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.head().await;
    drop(client);
    let reason = soon("the reason", seen.recv()).await.unwrap();
    assert_eq!(reason, CancelReason::WriteFailed);
}

#[tokio::test]
async fn the_token_fires_where_the_client_resets_while_the_app_waits() {
    if !sockets_are_found() {
        return;
    }
    let (told, mut seen) = mpsc::unbounded_channel();
    let server = serve(move |env: Environment| {
        let told = told.clone();
        async move {
            told.send(None).unwrap();
            told.send(Some(env.request().cancelled().cancelled().await)).unwrap();
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(soon("the call", seen.recv()).await, Some(None));
    client.stream.set_zero_linger().unwrap();
    drop(client);
    let reason = soon("the reason", seen.recv()).await.unwrap();
    assert_eq!(reason, Some(CancelReason::PeerReset));
}

#[tokio::test]
async fn a_client_that_closed_its_half_gets_its_answer() {
    let server = serve(async |mut env: Environment| -> Answer {
        tokio::time::sleep(Duration::from_millis(1_000)).await;
        env.response_mut().set_body("late");
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.stream.shutdown().await.unwrap();
    assert_eq!(client.response().await.text(), "late");
}

#[tokio::test]
async fn a_client_that_takes_nothing_costs_no_thread_for_good() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let (told, mut seen) = mpsc::unbounded_channel();
    let app = move |mut env: Environment| {
        let told = told.clone();
        async move {
            let token = env.request().cancelled().clone();
            while env.response_mut().write(vec![b'x'; 65_536]).await.is_ok() {}
            told.send(token.cancelled().await).unwrap();
            Ok(env)
        }
    };
    let server = TinyHttpServer::new().with_write_timeout(Duration::from_millis(200));
    let server = start(server, &["http://127.0.0.1:0"], app).await.unwrap();
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let reason = soon("the reason", seen.recv()).await.unwrap();
    assert_eq!(reason, CancelReason::WriteFailed);
}

#[tokio::test]
async fn the_token_of_a_call_that_succeeded_never_fires() {
    let (told, mut tokens) = mpsc::unbounded_channel();
    let server = serve(move |env: Environment| {
        let told = told.clone();
        async move {
            told.send(env.request().cancelled().clone()).unwrap();
            Ok(env)
        }
    })
    .await;
    assert_eq!(server.get("/").await.status, 200);
    let token = soon("the token", tokens.recv()).await.unwrap();
    server.stop(Duration::from_secs(5)).await.unwrap();
    assert!(!token.is_cancelled());
}

/// A client that was here before, by its port; the system may need a moment until it is free.
async fn connect_from(port: u16, to: SocketAddr) -> Client {
    let connected = async {
        loop {
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_reuseaddr(true).unwrap();
            socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).unwrap();
            match socket.connect(to).await {
                Err(error) if error.kind() == ErrorKind::AddrNotAvailable => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                connected => return connected.unwrap(),
            }
        }
    };
    Client::of(soon("the connection", connected).await)
}

/// Asks once on each of five connections from the same port, which are told by their answers.
async fn asks_from_one_port(server: &Started, request: &str, status: u16) {
    let (mut seen, mut port) = (HashSet::new(), 0);
    for _ in 0..5 {
        let mut client = connect_from(port, server.socket()).await;
        port = client.stream.local_addr().unwrap().port();
        client.send(request).await;
        let answer = client.response().await;
        assert_eq!(answer.status, status);
        client.is_closed().await;
        seen.insert(answer.text());
    }
    assert!(status != 200 || seen.len() == 5, "{seen:?}");
}

#[tokio::test]
async fn a_port_that_comes_again_is_another_connection() {
    let app = || tell(|env| env.get(keys::SERVER_CONNECTION_ID).unwrap().to_owned());
    let closing = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    for server in [serve(app()).await, serve_blindly(app()).await] {
        asks_from_one_port(&server, closing, 200).await;
        asks_from_one_port(&server, "GET / HTTP/1.0\r\n\r\n", 200).await;
        asks_from_one_port(&server, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 400).await;
    }
}

#[tokio::test]
async fn a_port_that_comes_again_after_a_refusal_is_another_connection() {
    if sockets_are_found() {
        let server = serve(hello("hello")).await;
        asks_from_one_port(&server, "GET / HTTP/1.1\r\n\r\n", 400).await;
    }
}

#[tokio::test]
async fn connections_that_come_at_once_are_all_answered_while_they_stay() {
    let server = serve(hello("hello")).await;
    for _ in 0..40 {
        let mut clients = Vec::new();
        for _ in 0..12 {
            let mut client = server.connect().await;
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
            clients.push(client);
        }
        for client in &mut clients {
            assert_eq!(client.response().await.text(), "hello");
        }
    }
}
