//! Requests and responses: lengths, kept connections, what has no body.

use owin_core::{AppExt, Environment, Error};

use crate::support::{app, echo, hello, serve};

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let served = serve(hello()).await;
    let mut client = served.connect().await;
    for path in ["/", "/caf%C3%A9", "/b"] {
        let answer = client.get(path).await;
        let decoded = path.replace("%C3%A9", "é");
        assert_eq!((answer.status, answer.text()), (200, &*format!("hello from {decoded}")));
        assert!(answer.field("date").is_some());
        assert_eq!(answer.field("connection"), None);
    }
    served.stop().await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let served = serve(hello()).await;
    let mut client = served.connect().await;
    client.send("GET /1 HTTP/1.1\r\nhost: h\r\n\r\n".repeat(20)).await;
    client.half_close().await;
    for _ in 0..20 {
        assert_eq!(client.answer().await.text(), "hello from /1");
    }
    served.stop().await;
}

#[tokio::test]
async fn pipelined_requests_of_an_app_that_waits_are_answered_in_their_order() {
    let served = serve(app(async |mut env: Environment| {
        tokio::task::yield_now().await;
        let text = env.request().path().to_owned();
        env.response_mut().set_body(text);
        Ok(env)
    }))
    .await;
    let mut client = served.connect().await;
    let all: String = (0..10).map(|n| format!("GET /{n} HTTP/1.1\r\nhost: h\r\n\r\n")).collect();
    client.send(all).await;
    for n in 0..10 {
        assert_eq!(client.answer().await.text(), format!("/{n}"));
    }
    served.stop().await;
}

#[tokio::test]
async fn what_has_no_body_says_no_more_than_its_head() {
    let served = serve(app(async |mut env: Environment| {
        let status = env.request().path()[1..].parse::<u16>().unwrap();
        env.response_mut().set_status(status.try_into().unwrap())?;
        env.response_mut().set_body("twelve bytes");
        Ok(env)
    }))
    .await;
    let mut client = served.connect().await;
    for (method, status, length) in [
        ("HEAD", 200, Some("12")),
        ("HEAD", 404, Some("12")),
        ("GET", 204, None),
        ("GET", 304, Some("12")),
        ("HEAD", 304, Some("12")),
    ] {
        client.send(format!("{method} /{status} HTTP/1.1\r\nhost: h\r\n\r\n")).await;
        let head = client.head().await;
        assert_eq!((head.status, head.field("content-length")), (status, length), "{method}");
        assert_eq!(head.field("transfer-encoding"), None);
    }
    let last = client.get("/200").await;
    assert_eq!(last.text(), "twelve bytes");
    served.stop().await;
}

#[tokio::test]
async fn an_app_that_pushes_into_what_has_no_body_runs_to_its_end() {
    let served = serve(app(async |mut env: Environment| {
        let status = env.request().path()[1..].parse::<u16>().unwrap();
        env.response_mut().set_status(status.try_into().unwrap())?;
        for _ in 0..40 {
            env.response_mut().write(&[b'x'; 4096]).await?;
            env.response_mut().flush().await?;
        }
        assert!(!env.request().cancelled().is_cancelled());
        Ok(env)
    }))
    .await;
    let mut client = served.connect().await;
    for (method, status) in [("HEAD", 200), ("GET", 204), ("GET", 304), ("HEAD", 304)] {
        client.send(format!("{method} /{status} HTTP/1.1\r\nhost: h\r\n\r\n")).await;
        assert_eq!(client.head().await.status, status, "{method}");
    }
    assert_eq!(client.get("/200").await.body.len(), 40 * 4096);
    served.stop().await;
}

#[tokio::test]
async fn http_10_gets_no_chunks_and_a_closed_connection() {
    let served = serve(echo()).await;
    let mut client = served.connect().await;
    client.send("POST / HTTP/1.0\r\ncontent-length: 5\r\n\r\nhello").await;
    let head = client.head().await;
    assert!(head.head.starts_with("HTTP/1.0 200"), "{}", head.head);
    assert_eq!(head.field("transfer-encoding"), None);
    assert_eq!(client.rest().await, b"hello");
    served.stop().await;
}

#[tokio::test]
async fn http_10_without_host_gets_the_address_that_it_connected_to() {
    let served = serve(app(async |mut env: Environment| {
        let host = env.request().host().to_owned();
        env.response_mut().set_body(host);
        Ok(env)
    }))
    .await;
    let mut client = served.connect().await;
    client.send("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n").await;
    let answer = client.answer().await;
    assert_eq!(answer.text(), served.address.to_string());
    assert_eq!(answer.field("connection"), Some("keep-alive"));
    assert_eq!(client.get("/").await.text(), "h");
    served.stop().await;
}

#[tokio::test]
async fn an_app_may_close_the_connection_and_name_what_serves_it() {
    let served = serve(app(async |mut env: Environment| {
        let mut response = env.response_mut();
        let headers = response.headers_mut()?;
        headers.set("connection", "close")?;
        headers.set("server", "mine")?;
        headers.append("set-cookie", "a=1")?;
        headers.append("set-cookie", "b=2")?;
        headers.set("date", "Sun, 06 Nov 1994 08:49:37 GMT")?;
        Ok(env)
    }))
    .await;
    let mut client = served.connect().await;
    let answer = client.get("/").await;
    assert_eq!(answer.field("connection"), Some("close"));
    assert_eq!(answer.field("server"), Some("mine"));
    assert_eq!(answer.field("date"), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    assert_eq!(answer.head.matches("date:").count(), 1);
    let (a, b) = (answer.head.find("set-cookie: a=1"), answer.head.find("set-cookie: b=2"));
    assert!(a.is_some() && a < b, "{}", answer.head);
    assert!(client.rest().await.is_empty());
    served.stop().await;
}

#[tokio::test]
async fn the_phrase_of_a_status_is_the_one_of_the_app_or_the_usual_one_or_none() {
    let served = serve(app(async |mut env: Environment| {
        let status = env.request().path()[1..].parse::<u16>().unwrap();
        let phrase = env.request().query_string().to_owned();
        if !phrase.is_empty() {
            env.response_mut().set_reason_phrase(&phrase)?;
        }
        env.response_mut().set_status(status.try_into().unwrap())?;
        Ok(env)
    }))
    .await;
    let mut client = served.connect().await;
    let long = format!("404?{}", "x".repeat(129));
    for (target, line) in [
        ("404", "HTTP/1.1 404 Not Found"),
        ("404?Mine", "HTTP/1.1 404 Mine"),
        ("404", "HTTP/1.1 404 Not Found"),
        ("299", "HTTP/1.1 299 "),
        ("299?Mine", "HTTP/1.1 299 Mine"),
        (&long, "HTTP/1.1 404 Not Found"),
    ] {
        let answer = client.get(&format!("/{target}")).await;
        assert_eq!(answer.head.lines().next(), Some(line));
    }
    served.stop().await;
}

#[tokio::test]
async fn an_app_runs_where_its_server_was_started_from_any_runtime() {
    for threads in [1, 3] {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(threads).enable_all().build().unwrap();
        let worked = tokio::task::spawn_blocking(move || {
            runtime.block_on(async {
                let served = serve(hello()).await;
                let answer = served.connect().await.get("/x").await;
                served.stop().await;
                answer.text().to_owned()
            })
        });
        assert_eq!(worked.await.unwrap(), "hello from /x");
    }
}

#[tokio::test]
async fn a_request_keeps_what_the_client_sent() {
    let told = async |mut env: Environment| -> Result<Environment, Error> {
        let request = env.request();
        let many: Vec<_> = request.headers().get_all("x-many").map(|v| format!("{v:?}")).collect();
        let raw = request.raw_target().unwrap_or_default();
        let (path, query) = (request.path(), request.query_string());
        let bytes = request.headers().bytes("x-bytes").unwrap_or_default();
        let text = format!("{} {raw} {path} {query} {many:?} {bytes:?}", request.method());
        env.response_mut().set_body(text);
        Ok(env)
    };
    let served = serve(told.boxed()).await;
    let mut client = served.connect().await;
    client.send("PROPFIND /a%2Fb//c?x=%20&y HTTP/1.1\r\nHoSt: h\r\nX-Many: 1\r\n").await;
    client.send(b"x-many: 2\r\nx-bytes: \xE9\r\n\r\n").await;
    let expected = r#"PROPFIND /a%2Fb//c?x=%20&y /a%2Fb//c x=%20&y ["\"1\"", "\"2\""] [233]"#;
    assert_eq!(client.answer().await.text(), expected);
    served.stop().await;
}

#[tokio::test]
async fn what_is_pipelined_does_not_change_the_answer_before_it() {
    let served = serve(app(async |mut env: Environment| {
        let body = env.request_mut().body_mut().read_to_end(100).await?;
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        env.response_mut().set_body(format!("twelve bytes{}", body.len()));
        Ok(env)
    }))
    .await;
    let mut client = served.connect().await;
    let get = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";
    let post = "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello";
    let head = "HEAD / HTTP/1.1\r\nhost: h\r\n\r\n";
    let last = "GET / HTTP/1.0\r\n\r\n";
    client.send([get, head, post, head, get, last, get].concat()).await;
    for (has_body, text) in [
        (true, "twelve bytes0"),
        (false, ""),
        (true, "twelve bytes5"),
        (false, ""),
        (true, "twelve bytes0"),
    ] {
        let answer = if has_body { client.answer().await } else { client.head().await };
        assert_eq!((answer.text(), answer.field("connection")), (text, None));
        assert_eq!(answer.field("content-length"), Some("13"));
        assert!(answer.head.starts_with("HTTP/1.1"), "{}", answer.head);
    }
    let answer = client.answer().await;
    assert!(answer.head.starts_with("HTTP/1.0"), "{}", answer.head);
    assert!(client.rest().await.is_empty());
    served.stop().await;
}

#[tokio::test]
async fn what_follows_a_refused_head_is_never_a_request() {
    let served = serve(hello()).await;
    let mut client = served.connect().await;
    client.send("GET /%00 HTTP/1.1\r\nhost: h\r\n\r\nGET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 400);
    assert!(client.rest().await.is_empty());
    served.stop().await;
}
