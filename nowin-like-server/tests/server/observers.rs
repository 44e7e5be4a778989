//! What the counters and observers of every kind make of a server at work.

use std::sync::{Arc, Mutex};

use nowin_like_server::NowinServer;
use nowin_like_server::observe::{Closed, Observer, Opened, Reason, Refused};
use tracing::field::{Field, Visit};
use tracing::span;

use crate::observing::{limits, server_of};
use crate::support::{BUDGET, echo, pattern, post, start_with};

#[tokio::test]
async fn the_counts_add_up_after_a_mixed_load() {
    let (server, counters, _heard) = server_of(limits()).await;
    for _ in 0..5 {
        let mut good = server.connect().await;
        for _ in 0..3 {
            good.send(post("/b", b"body")).await;
            assert_eq!(good.response().await.text(), "body");
        }
        drop(good);
        assert!(server.all("GET\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
        assert_eq!(server.get("/b/fail").await.status, 500);
        let broken = server.all("GET /b/break HTTP/1.1\r\nHost: h\r\n\r\n").await;
        assert!(broken.starts_with("HTTP/1.1 200 ") && !broken.ends_with("0\r\n\r\n"));
        let mut lost = server.connect().await;
        let half = post("/b", &pattern(100));
        lost.send(half.get(..half.len() - 1).unwrap()).await;
        lost.half_close().await;
        let _end = lost.try_rest().await;
    }
    server.stop(BUDGET).await.unwrap();
    let seen = counters.snapshot();
    assert_eq!((seen.connections_accepted, seen.connections_open), (25, 0), "{seen}");
    assert_eq!((seen.requests_begun, seen.requests_under_way()), (30, 0), "{seen}");
    assert_eq!((seen.requests_completed, seen.requests_failed), (20, 5), "{seen}");
    assert_eq!((seen.requests_cancelled, seen.refusals()), (5, 5), "{seen}");
}

struct Panics;

impl Observer for Panics {
    fn refused(&self, _: &Refused<'_>) {
        panic!("on purpose")
    }

    fn connection_opened(&self, _: &Opened<'_>) {
        panic!("on purpose")
    }

    fn connection_closed(&self, _: &Closed<'_>) {
        panic!("on purpose")
    }
}

#[tokio::test]
async fn an_observer_that_panics_harms_nobody() {
    let server = NowinServer::new().with_observer(Panics);
    let counters = server.counters();
    let server = start_with(server, &["http://127.0.0.1:0"], echo).await.unwrap();
    let mut client = server.connect().await;
    for _ in 0..2 {
        assert_eq!(client.get("/").await.status, 200);
        assert_eq!(server.answer_to("GET\r\n\r\n").await.status, 400);
    }
    client.send("GET\r\n\r\n").await;
    assert_eq!(client.response().await.status, 400);
    assert!(server.stop(BUDGET).await.is_ok());
    assert_eq!(counters.snapshot().connections_open, 0);
}

/// Keeps the reasons of events.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<String>>>);

impl Visit for Events {
    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "reason" {
            self.0.lock().unwrap().push(value.to_owned());
        }
    }
}

impl tracing::Subscriber for Events {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn a_refusal_is_an_event_of_tracing() {
    let events = Events::default();
    // Whether anybody wants an event is kept from its first time on. As long as there is one subscriber
    // only, the thread is asked where that is, and it may be another test's.
    let _second = tracing::Dispatch::new(Events::default());
    let _guard = tracing::subscriber::set_default(events.clone());
    let (server, ..) = server_of(limits()).await;
    assert_eq!(server.answer_to("GET\r\n\r\n").await.status, 400);
    assert_eq!(*events.0.lock().unwrap(), [Reason::RequestLineIllegal.code()]);
}
