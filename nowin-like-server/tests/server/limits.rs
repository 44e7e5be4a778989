//! Limits of bodies and of readers, as a client at a socket meets them.

use std::io::ErrorKind;
use std::time::Duration;

use nowin_like_server::observe::{Closed, Observer};
use nowin_like_server::{Limits, NowinServer};
use owin_core::features::Rate;
use owin_core::{App, Environment};
use tokio::sync::mpsc::UnboundedSender;

use crate::support::{
    Answer, Started, echo, nothing, pattern, post, post_chunked, seen, start_with,
};

/// A server that differs from the edge in one way.
async fn server_of(app: impl App, change: impl FnOnce(&mut Limits)) -> Started {
    let mut limits = Limits::edge();
    change(&mut limits);
    let server = NowinServer::new().with_limits(limits).unwrap();
    start_with(server, &["http://127.0.0.1:0"], app).await.unwrap()
}

#[tokio::test]
async fn a_client_that_sends_too_much_can_read_why_not() {
    // HT-20.
    let server = server_of(echo, |limits| limits.body_bytes = Some(1_000)).await;
    for (bytes, status) in [(999, 200), (1_000, 200), (1_001, 413), (100_000, 413)] {
        let body = pattern(bytes);
        for request in [post("/", &body), post_chunked(&body, 333)] {
            let mut client = server.connect().await;
            // What comes after the answer may not be taken any more.
            let _taken = client.try_send(request).await;
            let answer = client.response().await;
            assert_eq!((answer.status, answer.closes()), (status, status == 413), "{bytes}");
            if status == 413 {
                client.is_closed().await;
            } else {
                assert_eq!(answer.body, body);
            }
        }
    }
}

#[tokio::test]
async fn what_nobody_reads_is_never_too_long() {
    let server = server_of(nothing, |limits| limits.body_bytes = Some(10)).await;
    let mut client = server.connect().await;
    let _taken = client.try_send(post("/", &pattern(1_000_000))).await;
    assert_eq!(client.response().await.status, 200);
    // The rest is not taken for ever: the connection closes, in which way does not matter.
    let _closed = client.try_rest().await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_answered_with_408() {
    // HT-17, attack 15.
    let silence = Duration::from_millis(50);
    let server = server_of(echo, |limits| limits.body_silence = silence).await;
    let mut client = server.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf").await;
    let answer = client.response().await;
    assert_eq!((answer.status, answer.closes()), (408, true));
    client.is_closed().await;
}

/// Tells why connections ended.
struct Ends(UnboundedSender<&'static str>);

impl Observer for Ends {
    fn connection_closed(&self, closed: &Closed<'_>) {
        let _test_is_over = self.0.send(closed.end().code());
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_reset() {
    // HT-17, attack 15: it cannot take a part of the response for the whole. What the system took
    // of it excuses little at such a rate.
    let (told, mut ends) = seen();
    let mut limits = Limits::edge();
    limits.response_rate =
        Some(Rate { bytes_per_second: 1 << 30, grace: Duration::from_millis(50) });
    let server = NowinServer::new().with_limits(limits).unwrap().with_observer(Ends(told));
    let app = async |mut env: Environment| -> Answer {
        env.response_mut().flush().await?;
        loop {
            env.response_mut().write([b'x'; 60_000]).await?;
        }
    };
    let server = start_with(server, &["http://127.0.0.1:0"], app).await.unwrap();
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(ends.next("the end").await, "slow-response");
    assert_eq!(client.try_rest().await.unwrap_err().kind(), ErrorKind::ConnectionReset);
}
