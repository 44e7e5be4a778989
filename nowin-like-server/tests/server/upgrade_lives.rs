//! Connections that apps have taken over: how long they live, and who counts them.

use std::sync::Arc;
use std::time::Duration;

use nowin_like_server::observe::{Closed, Counters, Observer};
use nowin_like_server::{Limits, NowinServer};
use owin_core::upgrade::OpaqueUpgrade;
use owin_core::{App, CallCancelled, CancelReason, Environment, keys};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use crate::support::{BUDGET, Client, Seen, Started, seen, serve, soon, start_with};
use crate::upgrades::{ASK, echo, switched, taken, taking};

/// Tells how connections end.
struct Ends(UnboundedSender<(&'static str, u64)>);

impl Observer for Ends {
    fn connection_closed(&self, closed: &Closed<'_>) {
        let _test_is_over = self.0.send((closed.end().code(), closed.traffic().requests));
    }
}

/// A server with room for so many connections that are taken over, and what one can see of it.
async fn server_of(most: usize) -> (Started, Arc<Counters>, Seen<(&'static str, u64)>) {
    let (told, ends) = seen();
    let mut limits = Limits::edge();
    limits.upgraded_connections = Some(most);
    let server = NowinServer::new().with_limits(limits).unwrap().with_observer(Ends(told));
    let counters = server.counters();
    let started = start_with(server, &["http://127.0.0.1:0"], taking(echo)).await.unwrap();
    (started, counters, ends)
}

#[tokio::test]
async fn a_connection_that_is_taken_over_is_counted_and_observed() {
    let (server, counters, mut ends) = server_of(9).await;
    let mut client = server.connect().await;
    assert_eq!(client.get("/").await.status, 200);
    client.send(ASK).await;
    switched(&mut client).await;
    client.send("x").await;
    assert_eq!(client.exactly(1).await, b"x");
    let seen = counters.snapshot();
    assert_eq!((seen.upgraded, seen.connections_open, seen.requests_under_way()), (1, 1, 0));
    client.half_close().await;
    client.is_closed().await;
    assert_eq!(ends.next("the end").await, ("taken-over", 2));
    let seen = counters.snapshot();
    assert_eq!((seen.upgraded, seen.connections_open, seen.requests_completed), (1, 0, 2));
}

/// Asks until there is room: a place becomes free a little after its connection has ended.
async fn taken_soon(server: &Started) -> Client {
    let deadline = Instant::now() + BUDGET;
    loop {
        let mut client = server.connect().await;
        client.send(ASK).await;
        if client.response_head().await.status == 101 {
            return client;
        }
        assert!(Instant::now() < deadline, "no room within {BUDGET:?}");
    }
}

#[tokio::test]
async fn one_too_many_is_told_so_until_one_ends() {
    let (server, counters, mut ends) = server_of(2).await;
    let (mut one, mut two) = (taken(&server).await, taken(&server).await);
    for _ in 0..20 {
        let mut late = server.connect().await;
        // What is sent behind the request must not cost the client its answer.
        late.send(format!("{ASK}{}", "x".repeat(20_000))).await;
        let answer = late.response().await;
        assert_eq!(answer.status_line, "HTTP/1.1 503 Service Unavailable");
        assert_eq!((answer.closes(), answer.field("content-length")), (true, Some("0")));
        late.is_closed().await;
        drop(late);
        assert_eq!(ends.next("the end").await, ("too-many-upgraded", 1));
    }
    two.send("two").await;
    assert_eq!(two.exactly(3).await, b"two", "the others go on");
    assert_eq!(server.get("/").await.text(), "not offered");
    one.half_close().await;
    one.is_closed().await;
    drop(one);
    let _three = taken_soon(&server).await;
    assert_eq!(counters.snapshot().upgraded, 3);
}

#[tokio::test]
async fn the_token_of_the_call_fires_where_there_is_no_room() {
    // OP-014.
    let (told, mut tokens) = seen();
    let mut limits = Limits::edge();
    limits.upgraded_connections = Some(1);
    let server = NowinServer::new().with_limits(limits).unwrap();
    let app = move |mut env: Environment| {
        told.send(env.request().cancelled().clone()).unwrap();
        async move {
            let upgrade = env.feature::<&OpaqueUpgrade>().cloned().unwrap();
            upgrade.accept(&mut env, None, async |mut own| {
                echo(own.remove(keys::OPAQUE_STREAM)?.unwrap()).await
            })?;
            Ok(env)
        }
    };
    let server = start_with(server, &["http://127.0.0.1:0"], app).await.unwrap();
    let _one = taken(&server).await;
    assert_eq!(server.answer_to(ASK).await.status, 503);
    let (first, second) = (tokens.next("a token").await, tokens.next("a token").await);
    assert!(!first.is_cancelled() && second.is_cancelled());
}

/// Tells its token of the connection, and waits for what this waits for.
fn waiting<F, Fut>(told: UnboundedSender<CancelReason>, wait: F) -> impl App
where
    F: Fn(CallCancelled) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    move |mut env: Environment| {
        let told = told.clone();
        async move {
            let upgrade = env.feature::<&OpaqueUpgrade>().cloned().unwrap();
            upgrade.accept(&mut env, None, async move |mut own| {
                let token = own.get(keys::OPAQUE_CALL_CANCELLED).unwrap().clone();
                let heard = token.clone();
                tokio::spawn(async move {
                    let _test_is_over = told.send(heard.cancelled().await);
                });
                let mut stream = own.remove(keys::OPAQUE_STREAM)?.unwrap();
                stream.write_all(b"ready").await?;
                let mut byte = [0];
                tokio::select! {
                    () = wait(token) => Ok(()),
                    read = stream.read(&mut byte) => {
                        read?;
                        std::future::pending().await
                    }
                }
            })?;
            Ok(env)
        }
    }
}

async fn until_cancelled(token: CallCancelled) {
    let _reason = token.cancelled().await;
}

/// A connection on which the app waits.
async fn ready(server: &Started) -> Client {
    let mut client = taken(server).await;
    assert_eq!(client.exactly(5).await, b"ready");
    client
}

#[tokio::test]
async fn a_stop_tells_the_app_and_waits_for_it() {
    // HT-21.
    let (told, mut reasons) = seen();
    let app = waiting(told, until_cancelled);
    let server = serve(app).await;
    let mut client = ready(&server).await;
    let (stopped, ()) = tokio::join!(server.stop(BUDGET), client.is_closed());
    assert!(stopped.is_ok());
    assert_eq!(reasons.next("the token").await, CancelReason::Shutdown);
}

#[tokio::test]
async fn the_deadline_of_a_stop_cuts_off() {
    // HT-21.
    let (told, mut reasons) = seen();
    let mut limits = Limits::edge();
    limits.app_grace = Duration::ZERO;
    let server = NowinServer::new().with_limits(limits).unwrap();
    let app = waiting(told, |_| std::future::pending());
    let server = start_with(server, &["http://127.0.0.1:0"], app).await.unwrap();
    let mut client = ready(&server).await;
    let stopped = server.stop(Duration::from_millis(50)).await.unwrap_err();
    assert_eq!(stopped.to_string(), "1 call was cut off when the deadline passed");
    assert_eq!(reasons.next("the token").await, CancelReason::Shutdown);
    client.is_closed().await;
}

#[tokio::test]
async fn a_client_that_is_lost_fires_the_token() {
    // OP-022.
    let (told, mut reasons) = seen();
    let app = waiting(told, until_cancelled);
    let server = serve(app).await;
    ready(&server).await.reset();
    let reason = soon("the token", reasons.next("the token")).await;
    assert_eq!(reason, CancelReason::PeerReset);
}
