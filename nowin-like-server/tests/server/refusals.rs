//! How a refusal goes out: at once, in its turn, and so that the client can read it. What is refused
//! is in the corpus.

use owin_core::Environment;

use crate::support::{Seen, Started, seen, serve};

/// An app that tells the path of each call.
async fn counting() -> (Started, Seen<String>) {
    let (told, calls) = seen();
    let server = serve(move |env: Environment| {
        told.send(env.request().raw_target().unwrap_or_default().to_owned()).unwrap();
        async move { Ok(env) }
    })
    .await;
    (server, calls)
}

/// What would be a second request, if anybody lost count.
const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

#[tokio::test]
async fn blanks_around_a_length_are_no_part_of_it() {
    // HT-03: optional whitespace (RFC 9110 §5.5).
    let server = serve(crate::support::echo).await;
    let request = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \t 5 \t\r\n\r\nhello";
    assert_eq!(server.answer_to(request).await.text(), "hello");
}

#[tokio::test]
async fn a_head_of_bare_line_feeds_is_refused_without_waiting_for_more() {
    // HT-10.
    let (server, mut calls) = counting().await;
    for head in ["GET / HTTP/1.1\nHost: h\n\n", "GET / HTTP/1.1\r\nHost: h\r\n\n", "\nGET /"] {
        let mut client = server.connect().await;
        client.send(head).await;
        let response = client.response().await;
        assert_eq!((response.status, response.closes()), (400, true), "{head:?}");
        client.is_closed().await;
    }
    assert_eq!(calls.rest(), [""; 0]);
}

#[tokio::test]
async fn a_head_that_is_too_long() {
    // DF-36, HT-20.
    let (server, mut calls) = counting().await;
    let many = format!("GET / HTTP/1.1\r\nHost: h\r\n{}\r\n", "X: y\r\n".repeat(100));
    let long = format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "y".repeat(33_000));
    let endless = format!("GET /{}", "y".repeat(40_000));
    let heads = [(many, 431), (long, 431), (endless, 414)];
    for (head, status) in heads {
        let mut client = server.connect().await;
        client.send(head).await;
        let response = client.response().await;
        assert_eq!((response.status, response.closes()), (status, true));
        assert!(response.field("date").is_some() && response.field("server").is_some());
        client.is_closed().await;
    }
    assert_eq!(calls.rest(), [""; 0]);
}

#[tokio::test]
async fn a_head_within_the_limits_is_taken() {
    // DF-36: the twins of the above.
    let (server, mut calls) = counting().await;
    let many = format!("GET /a HTTP/1.1\r\nHost: h\r\n{}\r\n", "X: y\r\n".repeat(99));
    let long = format!("GET /b HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "y".repeat(32_000));
    for head in [many, long] {
        assert_eq!(server.answer_to(head).await.status, 200);
    }
    assert_eq!(calls.rest(), ["/a", "/b"]);
}

#[tokio::test]
async fn a_refusal_waits_for_the_answers_before_it() {
    // HT-19.
    let (server, mut calls) = counting().await;
    let mut client = server.connect().await;
    client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nX : y\r\n\r\n").await;
    client.send(SMUGGLED).await;
    assert_eq!(client.response().await.status, 200);
    assert_eq!(client.response().await.status, 400);
    client.is_closed().await;
    assert_eq!(calls.rest(), ["/a"]);
}

#[tokio::test]
async fn an_answer_to_a_refused_message_survives_what_follows_it() {
    // RFC 9112 §9.6: bytes that nobody reads must not reset the connection before it is read.
    let (server, _calls) = counting().await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\n\r\n").await;
    client.send(vec![b'x'; 100_000]).await;
    assert_eq!(client.response().await.status, 400);
    client.is_closed().await;
}

#[tokio::test]
async fn half_a_head_is_no_request() {
    let (server, mut calls) = counting().await;
    for half in ["G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: h\r\n", "\r\n"] {
        let mut client = server.connect().await;
        client.send(half).await;
        client.half_close().await;
        client.is_closed().await;
    }
    assert_eq!(calls.rest(), [""; 0]);
}
