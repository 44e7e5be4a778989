//! The time of leaving: a server that was told to stop still answers, and says goodbye with it.

use std::time::Duration;

use nowin_like_server::transport::{MemoryConnector, memory};
use nowin_like_server::{Limits, NowinServer, Readiness};
use owin_core::{App, AppExt, CancelReason, Environment, Properties, keys};
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, sleep};

use crate::support::{BUDGET, Started, body_of, hello, seen, start_built, start_with, talk};

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const LEAVING: Duration = Duration::from_secs(3);
const MOMENT: Duration = Duration::from_millis(1);

/// A server in memory that leaves for so long.
async fn serve(leaving: Duration, app: impl App) -> (Started, MemoryConnector, Readiness) {
    let (listener, connector) = memory();
    let server = NowinServer::new().with_listener(listener).with_leaving_time(leaving);
    let readiness = server.readiness();
    (start_with(server, &[], app).await.unwrap(), connector, readiness)
}

/// A stop that has begun; with the result, how long it took.
async fn begin(
    server: Started,
    deadline: Duration,
) -> tokio::task::JoinHandle<(Result<(), String>, Duration)> {
    let stopping = tokio::spawn(async move {
        let started = Instant::now();
        let stopped = server.stop(deadline).await.map_err(|error| error.to_string());
        (stopped, started.elapsed())
    });
    sleep(MOMENT).await;
    stopping
}

/// What a connection is answered, to its end.
async fn answer(connector: &MemoryConnector) -> String {
    talk(connector.connect().await.unwrap(), GET).await
}

fn says_close(answer: &str) -> bool {
    answer.contains("\r\nconnection: close\r\n")
}

#[tokio::test(start_paused = true)]
async fn a_new_connection_is_served_and_told_to_close() {
    // HT-21.
    let (server, connector, _) = serve(LEAVING, hello("text")).await;
    let stopping = begin(server, BUDGET).await;
    for _ in 0..2 {
        let answer = answer(&connector).await;
        assert!(body_of(&answer) == "text" && says_close(&answer), "{answer}");
        sleep(LEAVING / 3).await;
    }
    assert_eq!(stopping.await.unwrap(), (Ok(()), LEAVING));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_kept_alive_is_told_to_close_with_its_next_answer() {
    // HT-21.
    let (server, connector, _) = serve(LEAVING, hello("text")).await;
    let mut client = connector.connect().await.unwrap();
    let mut first = vec![0; 16];
    tokio::io::AsyncWriteExt::write_all(&mut client, GET.as_bytes()).await.unwrap();
    sleep(MOMENT).await;
    client.read_exact(&mut first).await.unwrap();
    let stopping = begin(server, BUDGET).await;
    sleep(LEAVING / 2).await;
    let rest = talk(client, GET).await;
    let (first, second) = rest.split_once("textHTTP/1.1 200 OK\r\n").expect(&rest);
    assert!(!says_close(first) && says_close(second), "{rest}");
    assert_eq!(stopping.await.unwrap(), (Ok(()), LEAVING));
}

#[tokio::test(start_paused = true)]
async fn the_server_is_not_ready_from_the_start_of_the_stop() {
    let (server, connector, readiness) = serve(LEAVING, hello("text")).await;
    assert!(readiness.is_ready());
    let stopping = begin(server, BUDGET).await;
    assert!(!readiness.is_ready());
    assert_eq!(body_of(&answer(&connector).await), "text");
    assert!(!readiness.is_ready());
    assert!(stopping.await.unwrap().0.is_ok());
}

#[tokio::test(start_paused = true)]
async fn behind_the_time_of_leaving_nobody_is_accepted() {
    // HT-21.
    let (told, mut calls) = seen();
    let (server, connector, _) = serve(LEAVING, move |env: Environment| {
        told.send(()).unwrap();
        async move {
            sleep(LEAVING * 2).await;
            Ok(env)
        }
    })
    .await;
    let client = connector.connect().await.unwrap();
    let under_way = tokio::spawn(talk(client, GET));
    calls.next("the call").await;
    let stopping = begin(server, BUDGET).await;
    sleep(LEAVING).await;
    let refused = connector.connect().await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    assert!(!under_way.is_finished(), "what was begun goes on");
    assert!(says_close(&under_way.await.unwrap()));
    assert_eq!(stopping.await.unwrap(), (Ok(()), LEAVING * 2));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_the_stop_ends_the_time_of_leaving_too() {
    let (told, mut reasons) = seen();
    let (server, connector, _) = serve(LEAVING, move |env: Environment| {
        let told = told.clone();
        async move {
            told.send(None).unwrap();
            let reason = env.request().cancelled().cancelled().await;
            told.send(Some(reason)).unwrap();
            Ok(env)
        }
    })
    .await;
    let client = tokio::spawn(talk(connector.connect().await.unwrap(), GET));
    assert_eq!(reasons.next("the call").await, None);
    let (stopped, took) = begin(server, LEAVING / 3).await.await.unwrap();
    assert_eq!(stopped.unwrap_err(), "1 call was cut off when the deadline passed");
    assert_eq!(took, LEAVING / 3);
    assert_eq!(reasons.next("the reason").await, Some(CancelReason::Shutdown));
    assert_eq!(client.await.unwrap(), "");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_never_ends_is_dropped_when_it_had_its_grace_after_the_deadline() {
    // OWIN-002.
    let (told, mut calls) = seen();
    let (server, connector, _) = serve(MOMENT, move |env: Environment| {
        told.send(()).unwrap();
        async move {
            std::future::pending::<()>().await;
            Ok(env)
        }
    })
    .await;
    let client = tokio::spawn(talk(connector.connect().await.unwrap(), GET));
    calls.next("the call").await;
    let (stopped, took) = begin(server, LEAVING).await.await.unwrap();
    assert_eq!(stopped.unwrap_err(), "1 call was cut off when the deadline passed");
    assert_eq!(took, LEAVING + Limits::edge().app_grace);
    assert_eq!(client.await.unwrap(), "");
}

#[tokio::test(start_paused = true)]
async fn without_a_time_of_leaving_nobody_is_accepted_from_the_start_of_the_stop() {
    let (server, connector, readiness) = serve(Duration::ZERO, hello("text")).await;
    let stopping = begin(server, BUDGET).await;
    assert!(!readiness.is_ready() && connector.connect().await.is_err());
    assert_eq!(stopping.await.unwrap(), (Ok(()), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn what_the_host_says_goes_before_what_the_program_chose() {
    for (said, took) in [(Some(LEAVING), LEAVING), (Some(MOMENT), MOMENT), (None, LEAVING / 2)] {
        let server = NowinServer::new().with_listener(memory().0).with_leaving_time(LEAVING / 2);
        let mut properties = Properties::new();
        if let Some(said) = said {
            properties.set(keys::HOST_LEAVING_TIME, said).unwrap();
        }
        let build = |_: &mut Properties| Ok(hello("text").boxed());
        let server = start_built(server, properties, build).await.unwrap();
        assert_eq!(begin(server, BUDGET).await.await.unwrap(), (Ok(()), took));
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_lives_as_long_as_the_time_of_leaving() {
    let (server, connector, _) = serve(LEAVING, hello("text")).await;
    let mut silent = connector.connect().await.unwrap();
    let began = Instant::now();
    let stopping = begin(server, BUDGET).await;
    assert_eq!(silent.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(began.elapsed(), LEAVING);
    drop(silent);
    assert_eq!(stopping.await.unwrap(), (Ok(()), LEAVING));
}
