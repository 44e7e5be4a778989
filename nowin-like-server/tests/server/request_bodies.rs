//! Bodies of requests that are read: by length, in chunks, and broken off.

use owin_core::{Environment, Error, ErrorKind, keys};
use tokio::io::AsyncReadExt;

use crate::support::{
    Answer, Client, digest, digest_of, echo, pattern, post, post_chunked, seen, serve,
};

#[tokio::test]
async fn a_body_of_known_length_comes_whole() {
    // OWIN-047.
    let server = serve(digest).await;
    let mut client = server.connect().await;
    for count in [1, 16_383, 16_384, 16_385, 65_536, 262_145] {
        let body = pattern(count);
        client.send(post("/", &body)).await;
        assert_eq!(client.response().await.text(), digest_of(&body), "{count}");
    }
}

#[tokio::test]
async fn ten_mebibytes_come_whole() {
    // OWIN-047.
    let server = serve(digest).await;
    let body = pattern(10 * 1024 * 1024);
    let mut client = server.connect().await;
    client.send(post("/", &body)).await;
    assert_eq!(client.response().await.text(), digest_of(&body));
}

#[tokio::test]
async fn a_body_may_come_in_segments_of_one_byte() {
    // OWIN-047, OWIN-048.
    let server = serve(echo).await;
    let body = pattern(300);
    let mut client = server.connect().await;
    for request in [post("/", &body), post_chunked(&body, 7)] {
        for byte in request {
            client.send([byte]).await;
            tokio::task::yield_now().await;
        }
        assert_eq!(client.response().await.body, body);
    }
}

#[tokio::test]
async fn chunks_come_decoded_without_extensions_and_trailers() {
    // OWIN-048.
    let server = serve(echo).await;
    let request = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n\
        3;name=value;flag;q=\"a;b\"\r\nabc\r\n0A\r\n0123456789\r\n0;last\r\nX-Sum: 1\r\n\r\n";
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send(request).await;
        assert_eq!(client.response().await.text(), "abc0123456789");
    }
}

#[tokio::test]
async fn trailers_are_there_after_the_end_and_apart_from_the_headers() {
    // OWIN-048, HT-08.
    let server = serve(async |mut env: Environment| -> Answer {
        let before = env.get(keys::SERVER_REQUEST_TRAILERS).is_some();
        let body = env.request_mut().body_mut().read_to_end(100).await?;
        let trailers = env.get(keys::SERVER_REQUEST_TRAILERS);
        let lines: Vec<_> = trailers.map(|t| t.get_all("x").cloned().collect()).unwrap_or_default();
        let merged = env.request().headers().contains("x");
        env.response_mut().set_body(format!("{before} {body:?} {lines:?} {merged}"));
        Ok(env)
    })
    .await;
    let request = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\
        2\r\nhi\r\n0\r\nX: 1\r\nX: 2\r\n\r\n";
    let response = server.answer_to(request).await;
    assert_eq!(response.text(), r#"false b"hi" ["1", "2"] false"#);
}

#[tokio::test]
async fn a_body_of_no_bytes_ends_at_once() {
    // OWIN-049.
    let server = serve(digest).await;
    let mut client = server.connect().await;
    for request in [post("/", b""), post_chunked(b"", 1)] {
        client.send(request).await;
        assert_eq!(client.response().await.text(), "0 0");
    }
}

#[tokio::test]
async fn a_million_bytes_in_chunks_come_twice_on_one_connection() {
    // DF-16.
    let server = serve(echo).await;
    let body = pattern(1_000_000);
    let mut client = server.connect().await;
    for size in [1_000, 65_537] {
        client.send(post_chunked(&body, size)).await;
        assert!(client.response().await.body == body, "chunks of {size}");
    }
}

#[tokio::test]
async fn a_body_may_go_out_while_it_comes_in() {
    // DF-16.
    let server = serve(async |mut env: Environment| -> Answer {
        let body = env.request_mut().take_body();
        env.response_mut().set_body(owin_core::body::Whole::stream(body));
        Ok(env)
    })
    .await;
    let body = pattern(10 * 1024 * 1024);
    let request = post("/", &body);
    let mut stream = server.connect().await.into_stream();
    let (mut reader, mut writer) = stream.split();
    let mut all = Vec::new();
    let writing = tokio::io::AsyncWriteExt::write_all(&mut writer, &request);
    let mut end = vec![0; body.len()];
    let reading = async {
        while !all.ends_with(b"\r\n\r\n") {
            all.push(reader.read_u8().await.unwrap());
        }
        reader.read_exact(&mut end).await
    };
    let (written, read) =
        crate::support::soon("both", async { tokio::join!(writing, reading) }).await;
    assert!(written.is_ok() && read.is_ok());
    let head = String::from_utf8(all).unwrap();
    assert!(head.contains("content-length: 10485760\r\n"), "{head}");
    assert!(end == body);
}

/// What an app that reads all tells of a body that breaks off, and whether its token fired.
async fn broken_off(request: &str, leave: impl AsyncFnOnce(Client)) -> (String, bool) {
    let (told, mut errors) = seen();
    let server = serve(move |mut env: Environment| {
        let told = told.clone();
        async move {
            told.send(None).unwrap();
            let read = env.request_mut().body_mut().read_to_end(usize::MAX).await;
            // The next read must not look like the end.
            let again = env.request_mut().body_mut().chunk().await;
            let error = read.err().map(|error| error.kind());
            assert_eq!(again.err().map(|error| error.kind()), error);
            let fired = env.request().cancelled().is_cancelled();
            told.send(Some((error, fired))).unwrap();
            Err(Error::peer("it broke off"))
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send(request).await;
    assert_eq!(errors.next("the call").await, None);
    leave(client).await;
    let (error, fired): (Option<ErrorKind>, bool) = errors.next("the error").await.unwrap();
    (format!("{error:?}"), fired)
}

const HALF: [&str; 4] = [
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\nX: y\r\n",
];

#[tokio::test]
async fn a_close_in_the_middle_is_an_error_and_not_the_end() {
    // OWIN-064, OWIN-065, OWIN-077: nothing is answered.
    for request in HALF {
        let seen = broken_off(request, async |mut client: Client| {
            client.half_close().await;
            client.is_closed().await;
        });
        assert_eq!(seen.await, ("Some(Peer)".to_owned(), true), "{request}");
    }
}

#[tokio::test]
async fn a_reset_in_the_middle_is_an_error_and_fires_the_token() {
    // OWIN-064, OWIN-077, DF-17.
    for request in HALF {
        let seen = broken_off(request, async |client: Client| client.reset());
        assert_eq!(seen.await, ("Some(Peer)".to_owned(), true), "{request}");
    }
}

#[tokio::test]
async fn broken_chunks_are_an_error_that_answers_400() {
    // HT-06, HT-07, OWIN-065.
    let server = serve(echo).await;
    for body in
        ["-1\r\n", "0x1\r\na\r\n", "1 \r\na\r\n", "1\na\r\n", "1\r\nab\r\n", "g\r\n", "\r\n"]
    {
        let mut client = server.connect().await;
        client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n").await;
        client.send(body).await;
        client.send("0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n").await;
        let response = client.response().await;
        assert_eq!((response.status, response.closes()), (400, true), "{body:?}");
        client.is_closed().await;
    }
}

#[tokio::test]
async fn a_chunk_size_beyond_64_bits_is_refused() {
    // HT-06.
    let server = serve(digest).await;
    for size in ["10000000000000000", "fffffffffffffffff", "00000000000000000000000000000001"] {
        let request = format!(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\na\r\n0\r\n\r\n"
        );
        assert_eq!(server.answer_to(request).await.status, 400, "{size}");
    }
}

#[tokio::test]
async fn trailers_are_bounded() {
    // HT-08.
    let server = serve(digest).await;
    let start = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    let many = "X: y\r\n".repeat(33);
    let long = format!("X: {}\r\n", "y".repeat(9_000));
    for (trailers, status) in [
        (many.as_str(), 431),
        (long.as_str(), 431),
        ("Content-Length: 5\r\n", 400),
        ("Host: h\r\n", 400),
        ("A : b\r\n", 400),
    ] {
        let mut client = server.connect().await;
        client.send(format!("{start}{trailers}\r\n")).await;
        let response = client.response().await;
        assert_eq!((response.status, response.closes()), (status, true), "{trailers}");
        client.is_closed().await;
    }
}

#[tokio::test]
async fn an_app_may_refuse_a_body_that_is_too_large() {
    let server = serve(async |mut env: Environment| -> Answer {
        let body = env.request_mut().body_mut().read_to_end(10).await?;
        env.response_mut().set_body(body);
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    client.send(post("/", b"more than ten bytes")).await;
    assert_eq!(client.response().await.status, 413);
    client.send(post("/", b"ten bytes!")).await;
    assert_eq!(client.response().await.text(), "ten bytes!");
}
