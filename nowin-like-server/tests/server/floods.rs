//! More than anybody needs: fields, names, targets, empty lines, and clients that say nothing.

use owin_core::Environment;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Client, hello, nothing, seen, serve, soon, tell};

/// What comes back for a message that is longer than anybody takes. The client reads while it
/// writes, and may be reset once the answer is out.
async fn answer_to_flood(flood: &[u8]) -> String {
    let (told, mut calls) = seen();
    let server = serve(move |env: Environment| {
        told.send(()).unwrap();
        nothing(env)
    })
    .await;
    let mut stream = server.connect().await.into_stream();
    let (mut reader, mut writer) = stream.split();
    let writing = writer.write_all(flood);
    let mut answer = Vec::new();
    let reading = reader.read_to_end(&mut answer);
    let (_reset_perhaps, _or_not) = soon("the end", async { tokio::join!(writing, reading) }).await;
    assert_eq!(calls.rest().len(), 0);
    // The server is alive.
    assert_eq!(server.get("/").await.status, 200);
    String::from_utf8(answer).unwrap()
}

/// The status line, of the only answer.
fn status_of(answer: &str) -> &str {
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    answer.lines().next().unwrap_or_default()
}

#[tokio::test]
async fn ten_thousand_fields_are_refused() {
    // attack 16, DF-36.
    let distinct: String = (0..10_000).map(|number| format!("X-{number}: y\r\n")).collect();
    for fields in [distinct, "X: y\r\n".repeat(10_000), "Cookie: a=b\r\n".repeat(10_000)] {
        let flood = format!("GET / HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
        let answer = answer_to_flood(flood.as_bytes()).await;
        assert_eq!(status_of(&answer), "HTTP/1.1 431 Request Header Fields Too Large");
    }
}

#[tokio::test]
async fn a_mebibyte_in_one_word_of_a_head_is_refused() {
    // attack 16, DF-36.
    let long = "a".repeat(1024 * 1024);
    let (line, fields) = ("414 URI Too Long", "431 Request Header Fields Too Large");
    for (flood, status) in [
        (format!("GET /{long} HTTP/1.1\r\nHost: h\r\n\r\n"), line),
        (format!("GET /?{long} HTTP/1.1\r\nHost: h\r\n\r\n"), line),
        (format!("{long} / HTTP/1.1\r\nHost: h\r\n\r\n"), line),
        (format!("GET / HTTP/1.1\r\nHost: {long}\r\n\r\n"), fields),
        (format!("GET / HTTP/1.1\r\nHost: h\r\nX: {long}\r\n\r\n"), fields),
        (format!("GET / HTTP/1.1\r\nHost: h\r\n{long}: x\r\n\r\n"), fields),
    ] {
        let answer = answer_to_flood(flood.as_bytes()).await;
        assert_eq!(status_of(&answer), format!("HTTP/1.1 {status}"));
    }
}

#[tokio::test]
async fn fields_within_the_limit_are_all_there() {
    // attack 16: the twin of the floods.
    let server = serve(tell(|env| env.request().headers().len().to_string())).await;
    for fields in [
        (0..99).map(|number| format!("X-{number}: y\r\n")).collect::<String>(),
        "X: y\r\n".repeat(99),
    ] {
        let request = format!("GET / HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
        assert_eq!(server.answer_to(request).await.text(), "100");
    }
}

#[tokio::test]
async fn empty_lines_without_end_are_no_requests() {
    // attack 16.
    let (told, mut calls) = seen();
    let server = serve(move |env: Environment| {
        told.send(()).unwrap();
        nothing(env)
    })
    .await;
    let mut stream = server.connect().await.into_stream();
    let (mut reader, mut writer) = stream.split();
    let writing = async {
        let _closed_perhaps = writer.write_all(&b"\r\n".repeat(100_000)).await;
        let _closed_perhaps = writer.shutdown().await;
    };
    let mut answer = Vec::new();
    let reading = reader.read_to_end(&mut answer);
    let ((), _reset_perhaps) = soon("the end", async { tokio::join!(writing, reading) }).await;
    assert_eq!(calls.rest().len(), 0);
}

#[tokio::test]
async fn clients_that_say_nothing_hold_nobody_up() {
    // HT-18.
    let server = serve(hello("text")).await;
    let mut silent: Vec<Client> = Vec::new();
    for number in 0..200 {
        let mut client = server.connect().await;
        if number % 2 == 0 {
            client.send("GET / HTTP/1.1\r\nHo").await;
        }
        silent.push(client);
    }
    for _ in 0..20 {
        assert_eq!(server.get("/").await.text(), "text");
    }
    // And they may speak at last.
    let mut last = silent.pop().unwrap();
    assert_eq!(last.get("/").await.text(), "text");
}
