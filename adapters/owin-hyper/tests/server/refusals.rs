//! What no app sees.

use owin_core::{Environment, Error};

use crate::support::start;

#[tokio::test]
async fn bad_input_is_refused_and_its_repaired_twin_is_not() {
    let server = start(async |env: Environment| -> Result<Environment, Error> { Ok(env) }).await;
    let cases = [
        ("GET / HTTP/1.1\r\n\r\n", "400", "GET / HTTP/1.1\r\nhost: h\r\n\r\n"),
        (
            "GET / HTTP/1.1\r\nhost: h\r\nhost: h\r\n\r\n",
            "400",
            "GET / HTTP/1.1\r\nhost: h\r\n\r\n",
        ),
        ("GET / HTTP/1.1\r\nhost: a b\r\n\r\n", "400", "GET / HTTP/1.1\r\nhost: a-b\r\n\r\n"),
        ("GET /%00 HTTP/1.1\r\nhost: h\r\n\r\n", "400", "GET /%01 HTTP/1.1\r\nhost: h\r\n\r\n"),
        ("GET * HTTP/1.1\r\nhost: h\r\n\r\n", "400", "OPTIONS * HTTP/1.1\r\nhost: h\r\n\r\n"),
        (
            "GET h:1 HTTP/1.1\r\nhost: h:1\r\n\r\n",
            "400",
            "GET http://h:1 HTTP/1.1\r\nhost: h:1\r\n\r\n",
        ),
        (
            "GET http://i/ HTTP/1.1\r\nhost: a b\r\n\r\n",
            "400",
            "GET http://i/ HTTP/1.1\r\nhost: h\r\n\r\n",
        ),
        ("CONNECT h:1 HTTP/1.1\r\nhost: h:1\r\n\r\n", "501", "GET / HTTP/1.1\r\nhost: h:1\r\n\r\n"),
        (
            "GET https://h/ HTTP/1.1\r\nhost: h\r\n\r\n",
            "421",
            "GET http://h/ HTTP/1.1\r\nhost: h\r\n\r\n",
        ),
        (
            "GET / HTTP/1.1\r\nhost: h\r\nx : y\r\n\r\n",
            "400",
            "GET / HTTP/1.1\r\nhost: h\r\nx: y\r\n\r\n",
        ),
        ("GET / HTTP/9.9\r\nhost: h\r\n\r\n", "400", "GET / HTTP/1.1\r\nhost: h\r\n\r\n"),
        (
            "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: +1\r\n\r\nx",
            "400",
            "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\n\r\nx",
        ),
    ];
    for (bad, status, twin) in cases {
        for (bytes, status) in [(bad, status), (twin, "200")] {
            let mut client = server.client().await;
            client.send(bytes).await;
            let answer = client.until("\r\n\r\n").await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{bytes:?} {answer}");
        }
    }
}

#[tokio::test]
async fn a_head_without_an_end_is_refused() {
    let server = start(async |env: Environment| -> Result<Environment, Error> { Ok(env) }).await;
    let many: String = (0..200).map(|n| format!("x-{n}: y\r\n")).collect();
    let answer = server.exchange(&format!("GET / HTTP/1.1\r\nhost: h\r\n{many}\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

/// What the page says of hyper: where it becomes stricter, the page has to follow.
#[tokio::test]
async fn hyper_takes_what_the_page_says_it_takes() {
    let server = start(async |mut env: Environment| -> Result<Environment, Error> {
        let length = env.request().headers().bytes("content-length").map(<[u8]>::len);
        let body = env.request_mut().body_mut().read_to_end(10).await?;
        env.response_mut().set_body(format!("{} {length:?}", body.len()));
        Ok(env)
    })
    .await;
    for (fields, answered) in [
        ("content-length: 2\r\ncontent-length: 2\r\n\r\nab", "2 Some(1)"),
        ("content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "1 None"),
        ("content-length: 2\n\r\nab", "2 Some(1)"),
    ] {
        let head = "POST / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n";
        let answer = server.exchange(&format!("{head}{fields}")).await;
        assert!(answer.ends_with(answered), "{fields:?} {answer}");
    }
    for fields in [
        "content-length: 2\r\ncontent-length: 3\r\n\r\nabc",
        "transfer-encoding: gzip\r\n\r\n",
        "transfer-encoding: chunked, gzip\r\n\r\n",
    ] {
        let answer = server.exchange(&format!("POST / HTTP/1.1\r\nhost: h\r\n{fields}")).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{fields:?} {answer}");
    }
}
