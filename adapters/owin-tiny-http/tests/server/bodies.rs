//! What comes in.

use std::fmt::Write as _;
use std::time::Duration;

use owin_core::{CancelReason, Environment, Error, ErrorKind};
use owin_tiny_http::TinyHttpServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::support::{Answer, echo, hello, pattern, serve, serve_blindly, soon, start};

fn post(length: usize) -> String {
    format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n")
}

/// A body in chunks of that many bytes.
fn chunked(body: &[u8], size: usize) -> Vec<u8> {
    let mut all = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.chunks(size) {
        all.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        all.extend_from_slice(chunk);
        all.extend_from_slice(b"\r\n");
    }
    all.extend_from_slice(b"0\r\n\r\n");
    all
}

#[tokio::test]
async fn a_small_body_is_echoed_again_and_again() {
    let server = serve(echo).await;
    let mut client = server.connect().await;
    for body in ["a", "a longer one", ""] {
        client.send(post(body.len()) + body).await;
        assert_eq!(client.response().await.text(), body);
        client.send(chunked(body.as_bytes(), 3)).await;
        assert_eq!(client.response().await.text(), body);
    }
}

#[tokio::test]
async fn a_mebibyte_is_echoed_while_it_comes() {
    let server = serve(echo).await;
    let body = pattern(1024 * 1024);
    for request in [[post(body.len()).as_bytes(), &body].concat(), chunked(&body, 10_000)] {
        let mut client = server.connect().await;
        let mut sent = request.clone();
        // Twice on one connection, read while it is written.
        sent.extend_from_slice(&request);
        let (mut reads, mut writes) = tokio::io::split(client.stream);
        let sending = tokio::spawn(async move {
            writes.write_all(&sent).await.unwrap();
            writes
        });
        let mut all = Vec::new();
        while all.windows(5).filter(|five| five == b"0\r\n\r\n").count() < 2 {
            let read = soon("more of the echo", reads.read_buf(&mut all)).await.unwrap();
            assert!(read > 0);
        }
        let writes = soon("the end of the sending", sending).await.unwrap();
        client = server.connect().await;
        client.send(&request).await;
        assert!(client.response().await.body == body, "the echo is another");
        drop(writes);
    }
}

#[tokio::test]
async fn an_answer_may_begin_before_the_body_was_read() {
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().headers_mut()?.set("x-early", "1")?;
        env.response_mut().write("early ").await?;
        env.response_mut().flush().await?;
        let body = env.request_mut().body_mut().read_to_end(1 << 20).await?;
        env.response_mut().write_bytes(body).await?;
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send(post(2_000)).await;
        let head = client.head().await;
        assert_eq!((head.status, head.field("x-early")), (200, Some("1")));
        assert_eq!(head.field("transfer-encoding"), Some("chunked"));
        assert_eq!(client.chunk().await.unwrap(), b"early ");
        client.send(pattern(2_000)).await;
        let mut rest = Vec::new();
        while let Some(chunk) = client.chunk().await {
            rest.extend(chunk);
        }
        assert_eq!(client.line().await, "");
        assert!(rest == pattern(2_000));
    }
}

#[tokio::test]
async fn the_app_goes_on_while_a_read_waits() {
    let server = serve(async |mut env: Environment| -> Answer {
        let body = env.request_mut().body_mut();
        let waited = tokio::time::timeout(Duration::from_millis(50), body.chunk()).await;
        env.response_mut().set_body(format!("timed out: {}", waited.is_err()));
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    client.send(post(2_000)).await;
    // The answer waits for the read, but the app did not.
    assert!(client.is_silent().await);
    client.send(pattern(2_000)).await;
    assert_eq!(client.response().await.text(), "timed out: true");
}

#[tokio::test]
async fn a_body_that_nobody_reads_does_not_become_a_request() {
    let server = serve(hello("answer")).await;
    let mut inner = String::new();
    while inner.len() < 3_000 {
        write!(inner, "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    }
    for body in
        [[post(inner.len()).as_bytes(), inner.as_bytes()].concat(), chunked(inner.as_bytes(), 700)]
    {
        let mut client = server.connect().await;
        for _ in 0..3 {
            client.send(&body).await;
            assert_eq!(client.response().await.text(), "answer");
        }
        assert!(client.is_silent().await, "each got one answer");
    }
}

#[tokio::test]
async fn a_client_that_waits_for_100_gets_it_when_the_app_reads() {
    let server = serve(echo).await;
    let mut client = server.connect().await;
    client
        .send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        .await;
    assert_eq!(client.head().await.status, 100);
    client.send("body").await;
    assert_eq!(client.response().await.text(), "body");
    assert_eq!(client.get("/").await.status, 200, "the connection stays");
}

#[tokio::test]
async fn a_client_that_waits_for_100_gets_its_answer_where_the_app_does_not_read() {
    let server = serve(hello("no")).await;
    let mut client = server.connect().await;
    client
        .send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9999\r\nExpect: 100-continue\r\n\r\n")
        .await;
    let answer = client.response().await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "no"));
}

#[tokio::test]
async fn the_token_fires_where_the_client_goes_before_its_body_has_come() {
    let (told, mut seen) = mpsc::unbounded_channel();
    let server = serve(move |mut env: Environment| {
        let told = told.clone();
        async move {
            let token = env.request().cancelled().clone();
            let failed = env.request_mut().body_mut().read_to_end(1 << 20).await.unwrap_err();
            told.send((failed.kind(), token.cancelled().await)).unwrap();
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send(post(5_000)).await;
    client.send(pattern(2_000)).await;
    client.stream.shutdown().await.unwrap();
    let seen = soon("the reason", seen.recv()).await.unwrap();
    assert_eq!(seen, (ErrorKind::Peer, CancelReason::PeerClosed));
}

#[tokio::test]
async fn chunks_that_are_not_well_formed_fail_the_read_and_end_the_connection() {
    let server = serve_blindly(echo).await;
    let mut client = server.connect().await;
    let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    client
        .send(format!("{head}5\r\nhello\r\nzz\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"))
        .await;
    assert_eq!(client.response().await.status, 400);
    assert!(client.is_silent().await, "what follows is no request");
}

#[tokio::test]
async fn a_length_that_tiny_http_would_allocate_is_refused() {
    let server = TinyHttpServer::new().with_max_length_bytes(10_000);
    let server = start(server, &["http://127.0.0.1:0"], hello("read")).await.unwrap();
    for length in ["10001", "70000000000000", "18446744073709551615"] {
        let request = format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n");
        let answer = server.answer_to(request).await;
        assert_eq!((answer.status, answer.field("connection")), (413, Some("upgrade, close")));
    }
    assert_eq!(server.get("/").await.text(), "read", "the process lives");
}

#[tokio::test]
async fn a_failing_read_may_be_the_apps_answer() {
    let server = serve(async |mut env: Environment| -> Answer {
        match env.request_mut().body_mut().read_to_end(10).await {
            Ok(_) => Err(Error::app("it was short")),
            Err(error) => Err(error),
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send([post(2_000).as_bytes(), &pattern(2_000)].concat()).await;
    assert_eq!(client.response().await.status, 413);
    client.send([post(2_000).as_bytes(), &pattern(2_000)].concat()).await;
    assert_eq!(client.response().await.status, 413, "the connection stays");
}

#[tokio::test]
async fn tiny_http_takes_a_body_for_whole_that_ends_inside_a_chunk() {
    // Should this fail, mend the README, and take `without_chunks` away.
    let server = serve(echo).await;
    let cut = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc";
    let mut client = server.connect().await;
    client.send(cut).await;
    client.stream.shutdown().await.unwrap();
    assert_eq!(client.response().await.text(), "abc");
}

#[tokio::test]
async fn who_wants_no_such_body_answers_411() {
    let server = TinyHttpServer::new().without_chunks();
    let server = start(server, &["http://127.0.0.1:0"], echo).await.unwrap();
    let answer = server.answer_to(chunked(b"body", 4)).await;
    assert_eq!((answer.status, answer.field("connection")), (411, Some("close")));
    let answer = server.answer_to(post(4) + "body").await;
    assert_eq!(answer.text(), "body");
}

#[tokio::test]
async fn a_chunked_body_that_ends_between_two_chunks_fails_the_read() {
    let server = serve(echo).await;
    let cut = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
    let mut client = server.connect().await;
    client.send(cut).await;
    client.stream.shutdown().await.unwrap();
    assert_eq!(client.response().await.status, 400);
}

#[tokio::test]
async fn tiny_http_takes_chunk_sizes_that_the_rfc_does_not_know() {
    let server = serve(echo).await;
    for size in ["+5", " 5 ", "5;name=value", "005"] {
        let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
        let answer = server.answer_to(format!("{head}{size}\r\nhello\r\n0\r\n\r\n")).await;
        assert_eq!(answer.text(), "hello", "{size:?}");
    }
}
