//! Clients of HTTP/1.0.

use owin_core::Environment;

use crate::support::{Answer, echo, hello, nothing, serve, serve_at, tell};

#[tokio::test]
async fn the_connection_closes_unless_the_client_asks() {
    // HT-24.
    let server = serve(hello("text")).await;
    for connection in [
        "",
        "Connection: close\r\n",
        "Connection: upgrade\r\n",
        "Connection: keep-alive, close\r\n",
    ] {
        let mut client = server.connect().await;
        client.send(format!("GET / HTTP/1.0\r\n{connection}\r\n")).await;
        let response = client.response().await;
        assert_eq!((response.text(), response.closes()), ("text", true), "{connection}");
        client.is_closed().await;
    }
}

#[tokio::test]
async fn the_connection_stays_where_the_client_asks() {
    // HT-24.
    let server = serve(hello("text")).await;
    for connection in
        ["keep-alive", "Keep-Alive, Upgrade", "upgrade,KEEP-ALIVE", "x\r\nConnection: keep-alive"]
    {
        let mut client = server.connect().await;
        for _ in 0..3 {
            client.send(format!("GET / HTTP/1.0\r\nConnection: {connection}\r\n\r\n")).await;
            let response = client.response().await;
            assert_eq!(response.field("connection"), Some("keep-alive"), "{connection}");
            assert_eq!(response.text(), "text");
        }
    }
}

#[tokio::test]
async fn a_body_of_unknown_length_ends_with_the_connection() {
    // OWIN-048: HTTP/1.0 knows no chunks.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().write("no ").await?;
        env.response_mut().flush().await?;
        env.response_mut().write("chunks").await?;
        Ok(env)
    })
    .await;
    for connection in ["close", "keep-alive"] {
        let mut client = server.connect().await;
        client.send(format!("GET / HTTP/1.0\r\nConnection: {connection}\r\n\r\n")).await;
        let response = client.response_head().await;
        assert_eq!(
            (response.field("transfer-encoding"), response.field("content-length")),
            (None, None)
        );
        assert!(response.closes());
        assert_eq!(client.rest().await, "no chunks");
    }
}

#[tokio::test]
async fn a_missing_host_is_guessed_from_the_connection() {
    // OWIN-092, OWIN-096, OWIN-097.
    let server = serve(tell(|env| env.request().host().to_owned())).await;
    let own = server.socket().to_string();
    for request in [
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.0\r\nHost:\r\n\r\n",
        "GET / HTTP/1.0\r\nhost: \t\r\n\r\n",
    ] {
        assert_eq!(server.answer_to(request).await.text(), own, "{request:?}");
    }
    assert_eq!(server.answer_to("GET / HTTP/1.0\r\nHost: h:1\r\n\r\n").await.text(), "h:1");
    assert_eq!(server.answer_to("GET http://a/ HTTP/1.0\r\n\r\n").await.text(), "a");
}

#[tokio::test]
async fn a_guessed_host_has_brackets_around_v6() {
    // OWIN-093, OWIN-096.
    let server = serve_at("http://[::1]:0", tell(|env| env.request().host().to_owned())).await;
    let response = server.answer_to("GET / HTTP/1.0\r\n\r\n").await;
    assert_eq!(response.text(), format!("[::1]:{}", server.socket().port()));
}

#[tokio::test]
async fn a_body_of_known_length_is_read() {
    let server = serve(echo).await;
    let request = "POST / HTTP/1.0\r\nContent-Length: 4\r\n\r\nbody";
    assert_eq!(server.answer_to(request).await.text(), "body");
}

#[tokio::test]
async fn head_keeps_the_connection() {
    // HT-24.
    let server = serve(nothing).await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send("HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").await;
        assert_eq!(client.response_head().await.field("connection"), Some("keep-alive"));
    }
}
