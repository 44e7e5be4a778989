//! What an app sees of a request.

use owin_core::{Environment, keys};

use crate::support::{Answer, serve, tell};

/// What an app tells about the request with this line and these fields.
async fn told(request: &str, what: fn(&Environment) -> String) -> String {
    let server = serve(tell(what)).await;
    let response = server.answer_to(request).await;
    assert_eq!(response.status, 200, "{request}");
    response.text().to_owned()
}

#[tokio::test]
async fn a_request_without_a_body_ends_at_once() {
    // OWIN-011.
    let server = serve(async |mut env: Environment| -> Answer {
        let chunk = env.request_mut().body_mut().chunk().await?;
        env.response_mut().set_body(format!("{chunk:?}"));
        Ok(env)
    })
    .await;
    assert_eq!(server.get("/").await.text(), "None");
}

#[tokio::test]
async fn the_method_is_the_token_that_was_sent() {
    // OWIN-013.
    let server = serve(tell(|env| env.request().method().to_string())).await;
    let methods = "GET POST PUT DELETE OPTIONS TRACE PATCH NOWIN get gET !#$%&'*+-.^_`|~9Az";
    for method in methods.split(' ') {
        let response = server.answer_to(format!("{method} / HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        assert_eq!(response.text(), method);
    }
}

#[tokio::test]
async fn the_method_of_head_is_head() {
    // OWIN-013.
    let server = serve(async |mut env: Environment| -> Answer {
        let method = env.request().method().to_string();
        env.response_mut().headers_mut()?.set("x-method", method)?;
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    assert_eq!(client.head("/").await.field("x-method"), Some("HEAD"));
}

#[tokio::test]
async fn the_protocol_is_the_one_that_was_sent() {
    // OWIN-016.
    for protocol in ["HTTP/1.0", "HTTP/1.1"] {
        let request = format!("GET / {protocol}\r\nHost: h\r\n\r\n");
        assert_eq!(told(&request, |env| format!("{:?}", env.request().protocol())).await, protocol);
    }
}

#[tokio::test]
async fn the_query_is_what_follows_the_first_question_mark() {
    // OWIN-017, OWIN-110.
    let server = serve(tell(|env| env.request().query_string().to_owned())).await;
    let same = "%20 %C3%A9 a+b %zz %aF%Af % a=%26 /../ %2F";
    for (target, query) in
        [("/?a=b", "a=b"), ("/", ""), ("/?", ""), ("/?a?b", "a?b"), ("http://h?q", "q")]
    {
        assert_eq!(server.get(target).await.text(), query, "{target}");
    }
    for query in same.split(' ') {
        assert_eq!(server.get(&format!("/?{query}")).await.text(), query);
    }
}

#[tokio::test]
async fn every_escape_of_a_query_stays_one() {
    // DF-33.
    let server = serve(tell(|env| env.request().query_string().to_owned())).await;
    let query: String = (0..0x80).map(|byte| format!("%{byte:02X}")).collect();
    assert_eq!(server.get(&format!("/?{query}")).await.text(), query);
}

#[tokio::test]
async fn the_scheme_is_http() {
    // OWIN-018, OWIN-091.
    let scheme = |env: &Environment| env.request().scheme().to_owned();
    assert_eq!(told("GET / HTTP/1.1\r\nHost: h\r\n\r\n", scheme).await, "http");
    assert_eq!(told("GET HTTP://h/ HTTP/1.1\r\nHost: h\r\n\r\n", scheme).await, "http");
}

#[tokio::test]
async fn a_request_for_https_is_misdirected() {
    // OWIN-018, RFC 9110 §7.4: an app must not take clear text for a secured connection.
    let server = serve(tell(|env| env.request().scheme().to_owned())).await;
    let mut client = server.connect().await;
    client.send("GET https://h/ HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(client.response().await.status, 421);
    client.is_closed().await;
}

#[tokio::test]
async fn the_host_is_the_one_of_the_field() {
    // OWIN-092, OWIN-093, OWIN-095.
    for host in ["example.org", "example.org:8080", "[::1]", "[::1]:81", "192.0.2.1:1", "a_b"] {
        let request = format!("GET / HTTP/1.1\r\nhOsT: {host}\r\n\r\n");
        assert_eq!(told(&request, |env| env.request().host().to_owned()).await, host);
    }
}

#[tokio::test]
async fn the_host_of_an_absolute_target_wins() {
    // OWIN-094.
    let request = "GET http://real:82/x?y HTTP/1.1\r\nHost: other\r\n\r\n";
    let url = |env: &Environment| {
        format!("{} {}", env.request().url(), env.request().headers().get_all("host").count())
    };
    assert_eq!(told(request, url).await, "http://real:82/x?y 1");
}

#[tokio::test]
async fn the_raw_target_is_what_was_sent() {
    // OWIN-104, OWIN-105.
    let raw = |env: &Environment| env.request().raw_target().unwrap_or("none").to_owned();
    for target in ["/a%2Fb/../c?d", "http://h:81/x", "/%zz"] {
        assert_eq!(told(&format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n"), raw).await, target);
    }
    assert_eq!(told("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", raw).await, "*");
}

#[tokio::test]
async fn an_asterisk_gives_the_path_slash() {
    // OWIN-105.
    let path = |env: &Environment| env.request().path().to_owned();
    assert_eq!(told("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", path).await, "/");
}

#[tokio::test]
async fn field_values_beyond_ascii_come_as_their_bytes() {
    // OWIN-038.
    let server = serve(tell(|env| format!("{:x?}", env.request().headers().bytes("x")))).await;
    let request = b"GET / HTTP/1.1\r\nHost: h\r\nX: a\x80\xC3\xA9\xFFz\r\n\r\n";
    assert_eq!(server.answer_to(request).await.text(), "Some([61, 80, c3, a9, ff, 7a])");
}

#[tokio::test]
async fn field_lines_are_neither_split_nor_joined() {
    // OWIN-042, OWIN-043, OWIN-044, DF-07.
    let lines = |env: &Environment| {
        let headers = env.request().headers();
        let lines: Vec<_> = headers.get_all("x").map(|line| line.to_str().unwrap()).collect();
        let list: Vec<_> = headers.list("x").collect();
        format!("{lines:?} {list:?}")
    };
    for (fields, seen) in [
        ("X: a, b\r\n", r#"["a, b"] ["a", "b"]"#),
        ("X: a\r\nX: b\r\n", r#"["a", "b"] ["a", "b"]"#),
        ("X: b\r\nY: y\r\nx: a\r\n", r#"["b", "a"] ["b", "a"]"#),
        ("X: a, b\r\nX: c\r\n", r#"["a, b", "c"] ["a", "b", "c"]"#),
    ] {
        assert_eq!(told(&format!("GET / HTTP/1.1\r\nHost: h\r\n{fields}\r\n"), lines).await, seen);
    }
}

#[tokio::test]
async fn an_app_may_change_the_fields_of_the_request() {
    // DF-34.
    let server = serve(async |mut env: Environment| -> Answer {
        env.request_mut().headers_mut().set("host", "other:1")?;
        env.request_mut().headers_mut().append("x", "2")?;
        env.request_mut().headers_mut().remove("y");
        let headers = env.request().headers();
        let told = format!(
            "{} {} {}",
            env.request().host(),
            headers.get_all("x").count(),
            headers.contains("y")
        );
        env.response_mut().set_body(told);
        Ok(env)
    })
    .await;
    let response = server.answer_to("GET / HTTP/1.1\r\nHost: h\r\nX: 1\r\nY: 1\r\n\r\n").await;
    assert_eq!(response.text(), "other:1 2 false");
}

#[tokio::test]
async fn a_change_of_one_request_does_not_show_in_the_next() {
    // OWIN-009, CK-020.
    let server = serve(async |mut env: Environment| -> Answer {
        let seen = env.request().headers().text("x").unwrap_or("nothing").to_owned();
        let key = env.contains("test.Mark");
        env.request_mut().headers_mut().set("x", "set")?;
        env.set_value("test.Mark", owin_core::Value::new(1_u8))?;
        env.request_mut().set_path_base("/base");
        env.response_mut().set_body(format!("{seen} {key}"));
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    for _ in 0..3 {
        assert_eq!(client.get("/").await.text(), "nothing false");
    }
}

#[tokio::test]
async fn every_call_has_an_id_of_its_own() {
    // OWIN-019, DF-35: ten thousand calls, side by side and one after the other.
    let server = serve(tell(|env| env.request().id().unwrap_or_default().to_owned())).await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        let mut client = server.connect().await;
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n".repeat(500)).await;
        clients.push(client);
    }
    let mut ids = std::collections::HashSet::new();
    for mut client in clients {
        for _ in 0..500 {
            assert!(ids.insert(client.response().await.text().to_owned()));
        }
    }
    assert!(!ids.contains(""));
}

#[tokio::test]
async fn empty_lines_before_a_request_are_skipped() {
    // RFC 9112 §2.2.
    let server = serve(tell(|env| env.request().path().to_owned())).await;
    let mut client = server.connect().await;
    client
        .send("\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n")
        .await;
    assert_eq!(client.response().await.text(), "/a");
    assert_eq!(client.response().await.text(), "/b");
}

#[tokio::test]
async fn a_request_may_come_in_pieces_of_one_byte() {
    // OWIN-047.
    let server = serve(crate::support::echo).await;
    let mut client = server.connect().await;
    for byte in crate::support::post("/", b"in small pieces") {
        client.send([byte]).await;
    }
    assert_eq!(client.response().await.text(), "in small pieces");
}

#[tokio::test]
async fn keys_of_tls_are_absent_on_clear_text() {
    // CK-029.
    let server = serve(tell(|env| {
        let certificate = env.get(keys::SSL_CLIENT_CERTIFICATE).is_some();
        let names: Vec<_> =
            env.iter().map(|(name, _)| name).filter(|n| n.starts_with("ssl.")).collect();
        format!("{certificate} {names:?}")
    }))
    .await;
    assert_eq!(server.get("/").await.text(), "false []");
}
