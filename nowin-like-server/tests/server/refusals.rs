//! Messages that are refused: answered, closed, and never seen by the app.

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

/// Sees to it that each message gets that status, `connection: close` and a closed connection, and
/// that nothing of it is called.
async fn refused(status: u16, messages: &[&str]) {
    let (server, mut calls) = counting().await;
    for message in messages {
        let mut client = server.connect().await;
        client.send(format!("{message}{SMUGGLED}")).await;
        let response = client.response().await;
        assert_eq!((response.status, response.closes()), (status, true), "{message:?}");
        assert_eq!(response.field("content-length"), Some("0"));
        assert!(response.field("date").is_some() && response.field("server").is_some());
        client.is_closed().await;
        assert_eq!(calls.rest(), [""; 0], "{message:?}");
    }
    // The twin: the server is alive, and counts.
    assert_eq!(server.get("/good").await.status, 200);
    assert_eq!(calls.rest(), ["/good"]);
}

/// Messages with these fields besides `Host`.
async fn refused_fields(status: u16, fields: &[&str]) {
    let messages: Vec<String> = fields
        .iter()
        .map(|fields| format!("POST / HTTP/1.1\r\nHost: h\r\n{fields}\r\n\r\n"))
        .collect();
    let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
    refused(status, &messages).await;
}

#[tokio::test]
async fn length_and_chunks_together() {
    // HT-01.
    let both = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 0",
    ];
    refused_fields(400, &both).await;
}

#[tokio::test]
async fn more_than_one_length() {
    // HT-02.
    let twice =
        ["Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5\r\ncontent-length: 5"];
    refused_fields(400, &twice).await;
}

#[tokio::test]
async fn a_length_that_is_no_decimal_number() {
    // HT-03.
    let lengths = [
        "+5",
        "-5",
        "0x5",
        "5,5",
        "5, 5",
        "5 5",
        "5;",
        "",
        "18446744073709551616",
        "5\u{663}",
        "1e1",
    ]
    .map(|length| format!("Content-Length: {length}"));
    let lengths: Vec<&str> = lengths.iter().map(String::as_str).collect();
    refused_fields(400, &lengths).await;
}

#[tokio::test]
async fn blanks_around_a_length_are_no_part_of_it() {
    // HT-03: optional whitespace (RFC 9110 §5.5), the twin of the above.
    let server = serve(crate::support::echo).await;
    let request = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \t 5 \t\r\n\r\nhello";
    assert_eq!(server.answer_to(request).await.text(), "hello");
}

#[tokio::test]
async fn a_transfer_coding_other_than_chunked() {
    // HT-04.
    let codings = ["gzip, chunked", "xchunked", "chunked, chunked", "identity", "chunked;q=1", ""]
        .map(|coding| format!("Transfer-Encoding: {coding}"));
    let codings: Vec<&str> = codings.iter().map(String::as_str).collect();
    refused_fields(501, &codings).await;
    refused_fields(400, &["Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"]).await;
}

#[tokio::test]
async fn chunks_in_http_10() {
    // HT-05.
    refused(400, &["POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"])
        .await;
}

#[tokio::test]
async fn folded_lines() {
    // HT-09.
    refused_fields(400, &["X: a\r\n b", "X: a\r\n\tb", "X:\r\n Content-Length: 5"]).await;
    refused(400, &["GET / HTTP/1.1\r\n Host: h\r\nHost: h\r\n\r\n"]).await;
}

#[tokio::test]
async fn line_feeds_carriage_returns_and_nuls_on_their_own() {
    // HT-10.
    refused_fields(400, &["X: a\nY: b", "X: a\rb", "X: a\0b", "X: a\r\r", "X\r: a", "\rX: a"])
        .await;
    refused(400, &["GET / HTTP/1.1\nHost: h\r\n\r\n", "GET /\r HTTP/1.1\r\nHost: h\r\n\r\n"]).await;
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
async fn names_that_are_no_tokens() {
    // HT-11, OWIN-034.
    refused_fields(
        400,
        &["Foo : x", ": x", "Fo o: x", "Foo", "Foo(: x", "F\u{e9}: x", "Foo\t: x", "=a"],
    )
    .await;
}

#[tokio::test]
async fn control_characters_in_values() {
    // HT-10.
    refused_fields(400, &["X: a\u{1}b", "X: a\u{7f}b", "X: \u{1b}[0m"]).await;
}

#[tokio::test]
async fn request_lines_that_are_none() {
    // HT-12.
    let lines = [
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET /",
        "GET",
        "GET / http/1.1",
        " GET / HTTP/1.1",
        "GET / HTTP/1.x",
        "GET / HTTP/11",
        "GET / HTTP/1.",
        "GET /a b HTTP/1.1",
        "G(T / HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "GET x HTTP/1.1",
        "GET / HTTPS/1.1",
        "GET /#a HTTP/1.1",
        "GET / HTTP/1.1\u{0}",
        "GET ftp://h/ HTTP/1.1",
        "GET http:///x HTTP/1.1",
        "/ GET HTTP/1.1",
        "GET h:80 HTTP/1.1",
        "GET * HTTP/1.1",
        "CONNECT / HTTP/1.1",
        "GET /\u{e9} HTTP/1.1",
        "GET http://u:p@h/ HTTP/1.1",
        "GET / HTTP/1.10",
        "GET / HTTP/01.1",
        "GET / HTTP/2.0 x",
        "GET  HTTP/2.0",
        "",
    ]
    .map(|line| format!("{line}\r\nHost: h\r\n\r\n"));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    refused(400, &lines).await;
}

#[tokio::test]
async fn versions_that_are_not_spoken() {
    // HT-12.
    let lines = ["HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "HTTP/3.0", "HTTP/9.9"]
        .map(|version| format!("GET / {version}\r\nHost: h\r\n\r\n"));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    refused(505, &lines).await;
}

#[tokio::test]
async fn the_preface_of_http_2() {
    // HT-12.
    refused(505, &["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]).await;
}

#[tokio::test]
async fn hosts_that_are_missing_doubled_or_illegal() {
    // HT-13, OWIN-097.
    let heads = [
        "",
        "Host: a\r\nHost: b\r\n",
        "Host: a\r\nHost: a\r\n",
        "Host:\r\n",
        "Host: a b\r\n",
        "Host: a/b\r\n",
        "Host: u@a\r\n",
        "Host: a:b\r\n",
        "Host: a:65536\r\n",
        "Host: ::1\r\n",
        "Host: [::1\r\n",
        "Host: http://a\r\n",
        "Host: a\u{e9}\r\n",
        "Host: a?b\r\n",
    ]
    .map(|fields| format!("GET / HTTP/1.1\r\n{fields}\r\n"));
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    refused(400, &heads).await;
}

#[tokio::test]
async fn tunnels() {
    // OWIN-106.
    refused(501, &["CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"]).await;
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
