//! Messages that no app sees, by actix's judgement or by the contract's, and what actix makes of odd
//! ones: the page of the crate tells the same.

use owin_core::{BoxApp, Environment};

use crate::support::{app, serve};

/// Tells what it was asked.
fn teller() -> BoxApp {
    app(async |mut env: Environment| {
        let body = env.request_mut().body_mut().read_to_end(1000).await?;
        let request = env.request();
        let (raw, path) = (request.raw_target().unwrap_or_default(), request.path());
        let (scheme, host, query) = (request.scheme(), request.host(), request.query_string());
        let body = String::from_utf8_lossy(&body);
        let text = format!("{raw} is {scheme}://{host} {path} {query} with {body:?}");
        env.response_mut().set_body(text);
        Ok(env)
    })
}

async fn refused_with(status: u16, messages: &[&str]) {
    let served = serve(teller()).await;
    for message in messages {
        let mut client = served.connect().await;
        client.send(message).await;
        let head = client.head().await;
        let closes = message.contains("HTTP/1.0") || head.field("connection") == Some("close");
        assert!(head.status == status && closes, "{message:?}: {}", head.head);
        assert!(client.rest().await.is_empty(), "{message:?}");
    }
    served.stop().await;
}

#[tokio::test]
async fn a_request_without_exactly_one_legal_host_is_refused() {
    refused_with(
        400,
        &[
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nhost:\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: a b\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: u@a\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: a:99999\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: a, b\r\n\r\n",
            "GET / HTTP/1.0\r\nhost: a b\r\n\r\n",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_target_that_is_none_or_belongs_to_another_method_is_refused() {
    refused_with(
        400,
        &[
            "GET * HTTP/1.1\r\nhost: a\r\n\r\n",
            "GET a:80 HTTP/1.1\r\nhost: a\r\n\r\n",
            "GET foo HTTP/1.1\r\nhost: a\r\n\r\n",
            "GET ?x HTTP/1.1\r\nhost: a\r\n\r\n",
            "GET http://u@other/ HTTP/1.1\r\nhost: a\r\n\r\n",
            "GET ftp://other/ HTTP/1.1\r\nhost: a\r\n\r\n",
            "GET /%00 HTTP/1.1\r\nhost: a\r\n\r\n",
            "GET /a<b> HTTP/1.1\r\nhost: a\r\n\r\n",
            "CONNECT / HTTP/1.1\r\nhost: a\r\n\r\n",
            "CONNECT a HTTP/1.1\r\nhost: a\r\n\r\n",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_head_that_breaks_its_syntax_is_refused() {
    refused_with(
        400,
        &[
            "G@T / HTTP/1.1\r\nhost: a\r\n\r\n",
            "GET / HTTP/1.2\r\nhost: a\r\n\r\n",
            "GET / HTTP/2.0\r\nhost: a\r\n\r\n",
            "GET /\r\n\r\n",
            " GET / HTTP/1.1\r\nhost: a\r\n\r\n",
            "GET  / HTTP/1.1\r\nhost: a\r\n\r\n",
            "GET /a b HTTP/1.1\r\nhost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nhost : a\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\n folded\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: a\r\nx: a\x01b\r\n\r\n",
            "\x16\x03\x01\x02\0\x01",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_body_whose_length_is_in_doubt_is_refused() {
    let head = "POST / HTTP/1.1\r\nhost: a\r\n";
    let lines = [
        "content-length: 3\r\ncontent-length: 3\r\n\r\nabc",
        "content-length: 3, 3\r\n\r\nabc",
        "content-length: +3\r\n\r\nabc",
        "content-length: 99999999999999999999\r\n\r\nabc",
        "content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "transfer-encoding: identity\r\n\r\n0\r\n\r\n",
        "transfer-encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    ];
    let messages = lines.map(|line| format!("{head}{line}"));
    refused_with(400, &messages.each_ref().map(|message| message.as_str())).await;
    refused_with(400, &["POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"]).await;
    refused_with(400, &["POST / HTTP/1.0\r\n\r\n"]).await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let many: String = (0..96).map(|n| format!("x{n}: y\r\n")).collect();
    let many = format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n");
    let long = format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}", "y".repeat(131_072));
    refused_with(431, &[&many, &long]).await;
}

#[tokio::test]
async fn chunks_that_break_their_coding_fail_the_read() {
    let served = serve(teller()).await;
    for chunks in [
        "zz\r\nabc\r\n0\r\n\r\n",
        "3\nabc\n0\n\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "ffffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        "\r\n0\r\n\r\n",
    ] {
        let mut client = served.connect().await;
        let head = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
        client.send(format!("{head}{chunks}GET / HTTP/1.1\r\nhost: a\r\n\r\n")).await;
        let rest = client.rest().await;
        let rest = String::from_utf8_lossy(&rest);
        assert!(!rest.contains("200 OK"), "{chunks:?}: {rest}");
    }
    served.stop().await;
}

#[tokio::test]
async fn what_actix_takes_is_what_the_page_of_the_crate_says() {
    let served = serve(teller()).await;
    let chunked = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    for (message, told) in [
        ("GET /a?b#fragment HTTP/1.1\r\nhost: a\r\n\r\n", r#"/a?b is http://a /a b with """#),
        ("GET / HTTP/1.1\nhost: a\n\n", r#"/ is http://a /  with """#),
        ("\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n", r#"/ is http://a /  with """#),
        ("OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n", r#"* is http://a /  with """#),
        (
            "GET http://b:81/x?y HTTP/1.1\r\nhost: a\r\n\r\n",
            r#"http://b:81/x?y is http://b:81 /x y with """#,
        ),
        ("GET http://b HTTP/1.1\r\nhost: a\r\n\r\n", r#"http://b/ is http://b /  with """#),
        (
            "GET /%zz/%2e%2e/x HTTP/1.1\r\nhost: a\r\n\r\n",
            r#"/%zz/%2e%2e/x is http://a /x  with """#,
        ),
        (&format!("{chunked}3 \r\nabc\r\n0\r\n\r\n"), r#"/ is http://a /  with "abc""#),
        (
            &format!("{chunked}3;a=\"\r\nabc\r\n0\r\nno line\r\n\r\n"),
            r#"/ is http://a /  with "abc""#,
        ),
        ("CONNECT a:80 HTTP/1.1\r\nhost: a\r\n\r\n", r#"a:80 is http://a /  with """#),
    ] {
        let mut client = served.connect().await;
        client.send(message).await;
        assert_eq!(client.answer().await.text(), told, "{message:?}");
    }
    served.stop().await;
}

#[tokio::test]
async fn what_follows_a_handshake_with_a_body_is_no_request() {
    let served = serve(teller()).await;
    let mut client = served.connect().await;
    client
        .send("POST / HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\ncontent-length: 3\r\n\r\n")
        .await;
    client.send("abcGET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let answer = client.answer().await;
    assert!(answer.text().ends_with(r#"with "abc""#), "{}", answer.text());
    assert_eq!(answer.field("connection"), Some("close"));
    assert!(client.rest().await.is_empty());
    served.stop().await;
}
