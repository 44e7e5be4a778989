//! The bytes of connections that apps have taken over (Opaque 0.3), both ways and up to the end.

use owin_core::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{pattern, seen, serve, soon};
use crate::upgrades::{ASK, echo, switched, taken, taking};

#[tokio::test]
async fn bytes_that_came_behind_the_request_come_first() {
    // OP-017.
    let server = serve(taking(echo)).await;
    let mut client = server.connect().await;
    client.send(format!("{ASK}GET /early HTTP/1.1\r\n\r\n")).await;
    client.send("late").await;
    switched(&mut client).await;
    client.half_close().await;
    assert_eq!(client.rest().await, "GET /early HTTP/1.1\r\n\r\nlate");
}

#[tokio::test]
async fn large_transfers_both_ways_at_once_come_through() {
    // OP-018.
    let bytes = pattern(4_000_000);
    let sent = bytes.clone();
    let server = serve(taking(move |stream| {
        let sent = sent.clone();
        async move {
            let (mut reads, mut writes) = tokio::io::split(stream);
            let write = async {
                writes.write_all(&sent).await?;
                writes.shutdown().await
            };
            let mut read = Vec::new();
            let (written, got) = tokio::join!(write, reads.read_to_end(&mut read));
            written.and(got).map_err(|error| Error::app(error.to_string()))?;
            if read == sent { Ok(()) } else { Err(Error::app("other bytes")) }
        }
    }))
    .await;
    let mut client = taken(&server).await;
    let (mut read, mut stream) = (client.take_unread(), client.into_stream());
    let (mut reads, mut writes) = stream.split();
    let write = async {
        writes.write_all(&bytes).await.unwrap();
        writes.shutdown().await.unwrap();
    };
    let both = async { tokio::join!(write, reads.read_to_end(&mut read)) };
    soon("both directions", both).await.1.unwrap();
    assert!(read == bytes);
}

#[tokio::test]
async fn a_client_that_has_closed_its_half_reads_to_the_end() {
    let server = serve(taking(echo)).await;
    let mut client = taken(&server).await;
    client.send("all of it").await;
    client.half_close().await;
    assert_eq!(client.rest().await, "all of it");
}

#[tokio::test]
async fn an_app_that_has_closed_its_half_reads_to_the_end() {
    let (told, mut read) = seen();
    let server = serve(taking(move |mut stream| {
        let told = told.clone();
        async move {
            stream.shutdown().await?;
            let mut all = Vec::new();
            stream.read_to_end(&mut all).await.map_err(|error| Error::app(error.to_string()))?;
            told.send(String::from_utf8(all).unwrap()).unwrap();
            Ok(())
        }
    }))
    .await;
    let mut client = taken(&server).await;
    client.is_closed().await;
    client.send("still here").await;
    client.half_close().await;
    assert_eq!(read.next("the bytes").await, "still here");
}

#[tokio::test]
async fn the_last_words_of_an_app_reach_a_client_that_still_sends() {
    // OP-020: what the app left unread must not reset the connection.
    let server = serve(taking(async |mut stream| stream.write_all(b"farewell").await)).await;
    for _ in 0..20 {
        let mut client = server.connect().await;
        client.send(format!("{ASK}{}", "x".repeat(20_000))).await;
        switched(&mut client).await;
        assert_eq!(client.rest().await, "farewell");
    }
}

#[tokio::test]
async fn a_callback_that_fails_or_panics_only_closes() {
    // OP-019.
    let server = serve(taking(async |mut stream| {
        let mut first = [0];
        stream.read(&mut first).await?;
        assert!(first != *b"p", "on purpose");
        Err(Error::app("on purpose"))
    }))
    .await;
    let mut bystander = taken(&server).await;
    for first in ["f", "p"] {
        let mut client = taken(&server).await;
        client.send(first).await;
        client.is_closed().await;
    }
    assert_eq!(server.get("/").await.text(), "not offered");
    bystander.send("f").await;
    bystander.is_closed().await;
}

#[tokio::test]
async fn a_stream_that_outlives_its_callback_is_of_no_use() {
    // OP-021: neither a read that waits nor a write that comes.
    let (told, mut results) = seen();
    let server = serve(taking(move |mut stream| {
        let told = told.clone();
        async move {
            stream.write_all(b"ready").await?;
            tokio::spawn(async move {
                let read = stream.read(&mut [0]).await.is_err();
                let written = stream.write_all(b"x").await.is_err();
                told.send((read, written)).unwrap();
            });
            tokio::task::yield_now().await;
            Ok(())
        }
    }))
    .await;
    let mut client = taken(&server).await;
    assert_eq!(client.rest().await, "ready");
    assert_eq!(results.next("the errors").await, (true, true));
}

#[tokio::test]
async fn requests_come_before_the_upgrade_and_none_behind_it() {
    let server = serve(taking(echo)).await;
    let mut client = server.connect().await;
    assert_eq!(client.get("/").await.text(), "not offered");
    let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    client.send(format!("{get}{ASK}{get}")).await;
    assert_eq!(client.response().await.text(), "not offered");
    switched(&mut client).await;
    client.half_close().await;
    assert_eq!(client.rest().await, get);
}
