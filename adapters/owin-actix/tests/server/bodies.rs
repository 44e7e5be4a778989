//! Bodies of requests.

use owin_core::Environment;

use crate::support::{app, echo, serve};

const MIB: usize = 1 << 20;

fn noise(count: usize) -> Vec<u8> {
    (0..count).map(|n| u8::try_from(n * 31 % 251).unwrap()).collect()
}

#[tokio::test]
async fn a_mebibyte_comes_back_that_said_its_length() {
    let served = serve(echo()).await;
    let sent = noise(MIB);
    let mut message = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1048576\r\n\r\n".to_vec();
    message.extend_from_slice(&sent);
    let mut client = served.connect().await;
    let sending = client.send_beside(message);
    let answer = client.answer().await;
    assert_eq!(answer.status, 200);
    assert!(answer.body == sent);
    sending.await.unwrap();
    served.stop().await;
}

#[tokio::test]
async fn a_mebibyte_comes_back_that_came_in_chunks() {
    let served = serve(echo()).await;
    let sent = noise(MIB);
    let mut message = b"POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for (n, chunk) in sent.chunks(50_000).enumerate() {
        message.extend_from_slice(format!("{:x};n={n}\r\n", chunk.len()).as_bytes());
        message.extend_from_slice(chunk);
        message.extend_from_slice(b"\r\n");
    }
    message.extend_from_slice(b"0\r\nx-trailer: lost\r\n\r\n");
    message.extend_from_slice(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\nend");
    let mut client = served.connect().await;
    let sending = client.send_beside(message);
    let answer = client.answer().await;
    assert!(answer.body == sent);
    if answer.field("connection") != Some("close") {
        assert_eq!(client.answer().await.text(), "end");
    }
    sending.await.unwrap();
    served.stop().await;
}

#[tokio::test]
async fn a_small_body_that_nobody_reads_costs_no_connection() {
    let served = serve(app(async |mut env: Environment| {
        env.response_mut().set_body("unread");
        Ok(env)
    }))
    .await;
    let mut client = served.connect().await;
    for framing in [
        "content-length: 5\r\n\r\nhello",
        "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ] {
        client.send(format!("POST / HTTP/1.1\r\nhost: h\r\n{framing}")).await;
        let answer = client.answer().await;
        assert_eq!((answer.text(), answer.field("connection")), ("unread", None));
    }
    served.stop().await;
}

#[tokio::test]
async fn a_large_body_that_nobody_reads_is_answered_and_the_connection_closes() {
    let served = serve(app(async |mut env: Environment| {
        env.response_mut().set_status(owin_core::http::StatusCode::PAYLOAD_TOO_LARGE)?;
        Ok(env)
    }))
    .await;
    let mut client = served.connect().await;
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1000000\r\n\r\n").await;
    client.send(noise(300_000)).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.field("connection")), (413, Some("close")));
    client.rest().await;
    served.stop().await;
}

#[tokio::test]
async fn a_client_that_waits_for_100_continue_is_told_to_go_on() {
    let served = serve(echo()).await;
    let mut client = served.connect().await;
    client
        .send("POST / HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
        .await;
    assert_eq!(client.head().await.status, 100);
    client.send("ok").await;
    assert_eq!(client.answer().await.text(), "ok");
    served.stop().await;
}

#[tokio::test]
async fn a_task_of_the_app_may_read_the_body_elsewhere() {
    let served = serve(app(async |mut env: Environment| {
        let mut body = env.request_mut().take_body();
        let read = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async { body.read_to_end(MIB).await })
        });
        let bytes = tokio::task::spawn_blocking(|| read.join().unwrap()).await.unwrap()?;
        env.response_mut().set_body(bytes);
        Ok(env)
    }))
    .await;
    let mut client = served.connect().await;
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 200000\r\n\r\n").await;
    client.send(noise(200_000)).await;
    assert!(client.answer().await.body == noise(200_000));
    served.stop().await;
}

#[tokio::test]
async fn a_body_that_breaks_its_coding_fails_when_it_is_read() {
    let served = serve(echo()).await;
    let mut client = served.connect().await;
    client
        .send("POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhellozz")
        .await;
    let answer = client.head().await;
    assert_eq!(answer.status, 400);
    client.rest().await;
    served.stop().await;
}
