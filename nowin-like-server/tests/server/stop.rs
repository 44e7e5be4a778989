//! A graceful stop: what is under way ends, the rest is closed, the deadline cuts off.

use std::sync::Arc;
use std::time::Duration;

use owin_core::{App, CancelReason, Environment};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc::UnboundedSender};

use crate::support::{BUDGET, hello, nothing, seen, serve, soon};

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// Says that it has begun, then waits for the word and answers.
fn waits(told: UnboundedSender<()>, word: Arc<Notify>) -> impl App {
    move |mut env: Environment| {
        let (told, word) = (told.clone(), Arc::clone(&word));
        async move {
            told.send(()).unwrap();
            word.notified().await;
            env.response_mut().set_body("finished");
            Ok(env)
        }
    }
}

#[tokio::test]
async fn an_idle_server_stops_at_once() {
    // HT-21.
    let server = serve(nothing).await;
    let socket = server.socket();
    assert!(server.stop(BUDGET).await.is_ok());
    assert!(TcpStream::connect(socket).await.is_err(), "it still accepts");
}

#[tokio::test]
async fn idle_connections_are_closed() {
    // HT-21.
    let server = serve(hello("text")).await;
    let (mut used, mut fresh) = (server.connect().await, server.connect().await);
    assert_eq!(used.get("/").await.text(), "text");
    // The second was accepted before the first was answered; a request makes that certain.
    assert_eq!(fresh.get("/").await.text(), "text");
    let stopping = server.stop(BUDGET);
    let closed = async {
        used.is_closed().await;
        fresh.is_closed().await;
    };
    let (stopped, ()) = tokio::join!(stopping, closed);
    assert!(stopped.is_ok());
}

#[tokio::test]
async fn a_request_under_way_is_finished_and_its_connection_closed() {
    // HT-21.
    let (told, mut calls) = seen();
    let go_on = Arc::new(Notify::new());
    let server = serve(waits(told, Arc::clone(&go_on))).await;
    let mut client = server.connect().await;
    client.send(GET).await;
    calls.next("the call").await;
    let socket = server.socket();
    let stopping = tokio::spawn(server.stop(BUDGET));
    // The stop has begun once nobody is accepted any more.
    while TcpStream::connect(socket).await.is_ok() {
        tokio::task::yield_now().await;
    }
    go_on.notify_one();
    let response = client.response().await;
    assert_eq!((response.text(), response.closes()), ("finished", true));
    client.is_closed().await;
    assert!(soon("the stop", stopping).await.unwrap().is_ok());
}

#[tokio::test]
async fn a_body_that_still_comes_is_waited_for() {
    // HT-21.
    let (told, mut calls) = seen();
    let server = serve(move |env: Environment| {
        told.send(()).unwrap();
        crate::support::echo(env)
    })
    .await;
    let mut client = server.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf").await;
    calls.next("the call").await;
    let socket = server.socket();
    let stopping = tokio::spawn(server.stop(BUDGET));
    while TcpStream::connect(socket).await.is_ok() {
        tokio::task::yield_now().await;
    }
    client.send("half").await;
    assert_eq!(client.response().await.text(), "halfhalf");
    client.is_closed().await;
    assert!(soon("the stop", stopping).await.unwrap().is_ok());
}

#[tokio::test]
async fn a_request_behind_the_last_one_is_not_served() {
    // HT-21.
    let (told, mut calls) = seen();
    let go_on = Arc::new(Notify::new());
    let server = serve(waits(told, Arc::clone(&go_on))).await;
    let mut client = server.connect().await;
    client.send(GET.repeat(2)).await;
    calls.next("the call").await;
    let socket = server.socket();
    let stopping = tokio::spawn(server.stop(BUDGET));
    while TcpStream::connect(socket).await.is_ok() {
        tokio::task::yield_now().await;
    }
    go_on.notify_one();
    assert_eq!(client.response().await.text(), "finished");
    client.is_closed().await;
    assert!(soon("the stop", stopping).await.unwrap().is_ok());
    assert_eq!(calls.rest().len(), 0);
}

#[tokio::test]
async fn the_deadline_cuts_off_what_is_left_and_says_how_many() {
    // HT-21, OWIN-080.
    let (told, mut reasons) = seen();
    let server = serve(move |env: Environment| {
        let told = told.clone();
        async move {
            told.send(None).unwrap();
            let reason = env.request().cancelled().cancelled().await;
            told.send(Some(reason)).unwrap();
            Ok(env)
        }
    })
    .await;
    let (mut one, mut two) = (server.connect().await, server.connect().await);
    for client in [&mut one, &mut two] {
        client.send(GET).await;
        assert_eq!(reasons.next("the call").await, None);
    }
    let error = server.stop(Duration::from_millis(20)).await.unwrap_err();
    assert_eq!(error.to_string(), "2 calls were cut off when the deadline passed");
    for client in [&mut one, &mut two] {
        assert_eq!(reasons.next("the reason").await, Some(CancelReason::Shutdown));
        client.is_closed().await;
    }
}

#[tokio::test]
async fn a_head_that_never_ends_is_closed_at_the_deadline() {
    // HT-21.
    let server = serve(hello("text")).await;
    let mut client = server.connect().await;
    assert_eq!(client.get("/").await.text(), "text");
    client.send("GET / HT").await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(server.stop(Duration::from_millis(20)).await.is_ok(), "it was no call yet");
    client.is_closed().await;
}

#[tokio::test]
async fn a_call_that_completed_before_is_not_cancelled_by_the_stop() {
    // OWIN-082.
    let (told, mut tokens) = seen();
    let server = serve(move |env: Environment| {
        told.send(env.request().cancelled().clone()).unwrap();
        async move { Ok(env) }
    })
    .await;
    assert_eq!(server.get("/").await.status, 200);
    assert!(server.stop(BUDGET).await.is_ok());
    assert!(!tokens.next("the token").await.is_cancelled());
}

#[tokio::test]
async fn a_running_server_that_is_dropped_stops() {
    let (told, mut reasons) = seen();
    let server = serve(move |env: Environment| {
        let told = told.clone();
        async move {
            told.send(None).unwrap();
            let reason = env.request().cancelled().cancelled().await;
            told.send(Some(reason)).unwrap();
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send(GET).await;
    assert_eq!(reasons.next("the call").await, None);
    drop(server);
    assert_eq!(reasons.next("the reason").await, Some(CancelReason::Shutdown));
    client.is_closed().await;
}
