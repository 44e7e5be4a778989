//! The body of a request as a reader of tokio.

use bytes::Bytes;
use http_body::Body as _;
use owin_core::testing::TestHost;
use owin_core::{Environment, Error, RequestBody};
use tokio::io::AsyncReadExt as _;

use crate::support::Answer;

#[tokio::test]
async fn a_failed_read_through_the_reader_is_the_peers_fault_too() {
    // OWIN-065.
    let host = TestHost::new(async |mut env: Environment| -> Answer {
        let mut text = String::new();
        env.request_mut().body_mut().read_to_string(&mut text).await?;
        Ok(env)
    });
    let (sender, request) = host.post("/").stream();
    sender.abort(Error::peer("too large").with_status(http::StatusCode::PAYLOAD_TOO_LARGE));
    assert_eq!(request.send().await.unwrap_err().status(), 413);
}

/// Reads a body to its end, so many bytes at a time.
async fn read_all(body: &mut RequestBody, size: usize) -> String {
    let (mut all, mut buf) = (Vec::new(), vec![0; size]);
    loop {
        let count = body.read(&mut buf).await.unwrap();
        if count == 0 {
            return String::from_utf8(all).unwrap();
        }
        all.extend(buf.iter().take(count));
    }
}

#[tokio::test]
async fn a_reader_reads_the_pieces_through_any_buffer() {
    // OWIN-047.
    for size in [1, 2, 3, 4, 100] {
        let (mut sender, mut body) = RequestBody::channel();
        let feed = async {
            for piece in ["one", "two", "three"] {
                sender.send(piece).await?;
            }
            sender.finish();
            Ok::<_, Error>(())
        };
        let (read, _fed) = tokio::join!(read_all(&mut body, size), feed);
        assert_eq!(read, "onetwothree", "{size} bytes at a time");
    }
}

#[tokio::test]
async fn what_a_reader_left_over_is_read_as_a_chunk_then() {
    let mut body = RequestBody::new(http_body_util::Full::new(Bytes::from_static(b"hello, world")));
    let mut buf = [0; 5];
    body.read_exact(&mut buf).await.unwrap();
    assert_eq!((&buf, body.size_hint().exact()), (b"hello", Some(7)));
    assert_eq!(body.chunk().await.unwrap().unwrap(), ", world");
}

#[tokio::test]
async fn a_size_counts_what_a_reader_left_over() {
    let (mut sender, mut body) = RequestBody::channel();
    let mut buf = [0; 2];
    let (read, sent) = tokio::join!(body.read(&mut buf), sender.send("hello"));
    assert_eq!((read.unwrap(), sent.is_ok()), (2, true));
    assert_eq!((body.size_hint().lower(), body.size_hint().upper()), (3, None));
}
