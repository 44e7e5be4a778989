//! Many requests on one connection, and when there are no more.

use owin_core::Environment;

use crate::support::{Answer, Client, echo, hello, post, post_chunked, serve, soon, tell};

#[tokio::test]
async fn two_requests_are_answered_on_one_connection() {
    // DF-03.
    let server = serve(tell(|env| env.request().path().to_owned())).await;
    let mut client = server.connect().await;
    assert_eq!(client.get("/a").await.text(), "/a");
    assert_eq!(client.get("/b").await.text(), "/b");
}

#[tokio::test]
async fn a_hundred_requests_of_every_kind_share_a_connection() {
    let server = serve(async |mut env: Environment| -> Answer {
        let body = env.request_mut().body_mut().read_to_end(10_000).await?;
        env.response_mut().write(&body).await?;
        if env.request().path() == "/flush" {
            env.response_mut().flush().await?;
        }
        let told = format!("{} {}", env.request().method(), env.request().query_string());
        env.response_mut().write(told).await?;
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    for number in 0..100 {
        let target = format!("{}?{number}", if number % 3 == 0 { "/flush" } else { "/" });
        let response = if number % 2 == 0 {
            client.get(&target).await
        } else {
            client.send(post(&target, b"body ")).await;
            client.response().await
        };
        let method = if number % 2 == 0 { "GET" } else { "body POST" };
        assert_eq!(response.text(), format!("{method} {number}"));
        assert_eq!(response.field("connection"), None);
    }
}

#[tokio::test]
async fn a_client_that_closes_gets_its_answer_and_the_end() {
    let server = serve(hello("text")).await;
    for connection in ["close", "Close", "x, close", "close\r\nConnection: keep-alive"] {
        let mut client = server.connect().await;
        let request = format!("GET / HTTP/1.1\r\nHost: h\r\nConnection: {connection}\r\n\r\n");
        client.send(format!("{request}{request}")).await;
        let response = client.response().await;
        assert_eq!((response.text(), response.closes()), ("text", true));
        client.is_closed().await;
    }
}

#[tokio::test]
async fn an_option_that_only_looks_like_close_keeps_the_connection() {
    // HT-24.
    let server = serve(hello("text")).await;
    let mut client = server.connect().await;
    for connection in ["closed", "x-close", "keep-alive", "Keep-Alive, Upgrade", ", ,"] {
        client.send(format!("GET / HTTP/1.1\r\nHost: h\r\nConnection: {connection}\r\n\r\n")).await;
        assert!(!client.response().await.closes());
    }
}

#[tokio::test]
async fn a_connection_without_a_request_may_end() {
    let server = serve(hello("text")).await;
    let mut client = server.connect().await;
    client.half_close().await;
    client.is_closed().await;
    assert_eq!(server.get("/").await.text(), "text");
}

/// Sends a hundred pairs of requests that no other client sends, and checks the answers.
async fn insist(mut wire: Client, client: u8) {
    for number in 0..100_u8 {
        let body = vec![client ^ number; 1 + usize::from(number) * 300];
        wire.send(post_chunked(&body, 1_000)).await;
        wire.send(post("/", &body)).await;
        for _ in 0..2 {
            let answer = wire.response().await.body;
            assert!(answer == body, "client {client}, request {number}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clients_on_many_threads_get_the_answers_to_their_own_requests() {
    let server = serve(echo).await;
    let mut clients = Vec::new();
    for client in 0..8 {
        clients.push(tokio::spawn(insist(server.connect().await, client)));
    }
    for client in clients {
        soon("the client", client).await.unwrap();
    }
}

#[tokio::test]
async fn many_connections_are_served_side_by_side() {
    let server = serve(tell(|env| env.request().path().to_owned())).await;
    let mut clients = Vec::new();
    for _ in 0..100 {
        clients.push(server.connect().await);
    }
    for (number, client) in clients.iter_mut().enumerate() {
        client.send(format!("GET /{number} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
    }
    for (number, client) in clients.iter_mut().enumerate().rev() {
        assert_eq!(client.response().await.text(), format!("/{number}"));
    }
}
