//! Events of a server (SSE): each is there when it is sent.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::response::{Sse, sse::Event};
use axum::routing::get;
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::raw::{open, soon};
use crate::servers::{hyper, nowin, plain, tiny};

type Events = mpsc::Receiver<Result<Event, Infallible>>;

/// A router, and what its events come from.
fn router() -> (Router, mpsc::Sender<Result<Event, Infallible>>) {
    let (sender, events) = mpsc::channel::<Result<Event, Infallible>>(1);
    let events: Arc<Mutex<Option<Events>>> = Arc::new(Mutex::new(Some(events)));
    let answer = move || {
        let events = events.lock().unwrap().take().unwrap();
        async { Sse::new(ReceiverStream::new(events)) }
    };
    (Router::new().route("/events", get(answer)), sender)
}

#[tokio::test(flavor = "multi_thread")]
async fn events_arrive_one_by_one() {
    let (mut heads, mut bodies) = (Vec::new(), Vec::new());
    for which in 0..4 {
        let (router, sender) = router();
        let server = match which {
            0 => plain(router).await,
            1 => nowin(owin_axum::app(router)).await,
            2 => hyper(owin_axum::app(router)).await,
            _ => tiny(owin_axum::app(router)).await,
        };
        let request = b"GET /events HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
        let (head, mut stream) = open(&server, request).await;
        heads.push(head.without_own_fields(&server));
        let mut body = String::new();
        for number in 0..3 {
            // The next one is made after the last one was read: so none can wait for another.
            let event = Event::default().event("count").data(number.to_string());
            sender.send(Ok(event)).await.unwrap();
            let wanted = format!("event: count\ndata: {number}\n\n");
            while !body.contains(&wanted) {
                let byte = soon(stream.read_u8()).await;
                let byte = byte.unwrap_or_else(|error| panic!("{}: {error}: {body}", server.name));
                body.push(char::from(byte));
            }
        }
        drop(sender);
        soon(stream.read_to_string(&mut body)).await.unwrap();
        assert!(body.ends_with("\r\n0\r\n\r\n"), "{}: {body}", server.name);
        bodies.push(body);
    }
    for at in 1..heads.len() {
        assert_eq!(heads[at].difference(&heads[0]), None, "{at}");
    }
    assert_eq!(bodies[1], bodies[0]);
    assert_eq!(bodies[2], bodies[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_resets_ends_the_stream_of_events() {
    let (router, sender) = router();
    let server = nowin(owin_axum::app(router)).await;
    let (_head, stream) = open(&server, b"GET /events HTTP/1.1\r\nhost: h\r\n\r\n").await;
    assert!(!sender.is_closed());
    stream.set_zero_linger().unwrap();
    drop(stream);
    soon(sender.closed()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_closes_ends_it_with_the_events_that_it_does_not_take() {
    let (router, sender) = router();
    let server = nowin(owin_axum::app(router)).await;
    let (_head, stream) = open(&server, b"GET /events HTTP/1.1\r\nhost: h\r\n\r\n").await;
    // It may have closed its own direction only; that nobody listens shows when it is written to.
    drop(stream);
    soon(async { while sender.send(Ok(Event::default().data("x"))).await.is_ok() {} }).await;
}
