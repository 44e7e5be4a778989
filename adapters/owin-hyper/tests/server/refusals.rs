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
            "GET http://i/ HTTP/1.1\r\nhost: h\r\n\r\n",
            "400",
            "GET http://h/ HTTP/1.1\r\nhost: h\r\n\r\n",
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
