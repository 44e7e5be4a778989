//! How a connection ends: in order, by a reset, by a stop.

use owin_core::features::TrailersMut;
use owin_core::upgrade::OpaqueUpgrade;
use owin_core::{Environment, Error};
use tokio::io::AsyncWriteExt;
use tokio::time::{Duration, timeout};
use tokio_util::task::TaskTracker;

use super::{Answer, EVER, GET, GET_AND_CLOSE, HELLO, Wire, hello, settle, within};

/// Starts a response, then fails.
async fn failing(mut env: Environment) -> Answer {
    env.response_mut().write("begun").await?;
    env.response_mut().flush().await?;
    Err(Error::app("on purpose"))
}

#[tokio::test(start_paused = true)]
async fn a_broken_body_that_would_look_whole_asks_for_a_reset() {
    // OWIN-072, OWIN-117.
    let mut wire = Wire::of(failing, 1_024);
    wire.send("GET / HTTP/1.0\r\n\r\n").await;
    let given_back = timeout(EVER, wire.driver).await.unwrap().unwrap();
    assert!(given_back.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_broken_body_whose_end_is_missing_needs_no_reset() {
    // OWIN-072, OWIN-117.
    let mut wire = Wire::of(failing, 1_024);
    wire.send(GET).await;
    let answer = wire.rest().await;
    assert!(answer.ends_with("\r\n\r\n5\r\nbegun\r\n"), "{answer}");
    assert!(wire.driver.await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_whole_body_up_to_the_end_of_the_connection_needs_no_reset() {
    let app = async |mut env: Environment| -> Answer {
        env.response_mut().flush().await?;
        hello_without_headers(env)
    };
    let mut wire = Wire::of(app, 1_024);
    wire.send("GET / HTTP/1.0\r\n\r\n").await;
    assert!(wire.rest().await.ends_with("\r\n\r\nhello"));
    assert!(timeout(EVER, wire.driver).await.unwrap().unwrap().is_none());
}

fn hello_without_headers(mut env: Environment) -> Answer {
    env.response_mut().set_body("hello");
    Ok(env)
}

#[tokio::test(start_paused = true)]
async fn trailers_that_would_change_the_framing_are_not_sent() {
    // RFC 9110 §6.5.1.
    let app = async |mut env: Environment| -> Answer {
        env.response_mut().write("body").await?;
        if let Some(mut trailers) = env.feature_mut::<TrailersMut<'_>>() {
            for name in ["content-length", "transfer-encoding", "host", "connection", "x-sum"] {
                trailers.append(name, "7")?;
            }
        }
        Ok(env)
    };
    let mut wire = Wire::of(app, 1_024);
    wire.send(GET_AND_CLOSE).await;
    let answer = wire.rest().await;
    assert!(answer.ends_with("\r\n4\r\nbody\r\n0\r\nx-sum: 7\r\n\r\n"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_that_was_not_offered_is_an_app_that_failed() {
    let app = async |mut env: Environment| -> Answer {
        let upgrade = OpaqueUpgrade::new("other");
        upgrade.accept(&mut env, None, async |_| Ok(()))?;
        Ok(env)
    };
    let mut wire = Wire::of(app, 1_024);
    wire.send(GET).await;
    let answer = wire.rest().await;
    assert!(answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"), "{answer}");
    assert!(answer.ends_with("\r\nconnection: close\r\n\r\n"), "{answer}");
}

/// Stops; says whether all was well, and after how many seconds.
async fn stop(wire: &mut Wire, deadline: u64) -> (Result<(), String>, u64) {
    let tracker = TaskTracker::new();
    let driver = std::mem::replace(&mut wire.driver, tokio::spawn(async { None }));
    tracker.spawn(async move {
        let _ended = driver.await;
    });
    let started = tokio::time::Instant::now();
    let stopped = wire.stopper.stop(&tracker, within(Duration::from_secs(deadline))).await;
    (stopped.map_err(|error| error.to_string()), started.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn a_stop_closes_an_idle_connection() {
    // HT-21.
    let mut wire = Wire::of(hello, 1_024);
    assert_eq!(wire.ask(GET, HELLO.len()).await, HELLO);
    settle().await;
    let (mut client, _) = tokio::io::duplex(1);
    std::mem::swap(&mut client, &mut wire.client);
    let closed = async {
        assert_eq!(tokio::io::AsyncReadExt::read(&mut client, &mut [0]).await.unwrap(), 0);
        drop(client);
    };
    let (stopped, ()) = tokio::join!(stop(&mut wire, 60), closed);
    assert_eq!(stopped, (Ok(()), 0));
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_a_second_for_an_idle_client_to_close_too() {
    let mut wire = Wire::of(hello, 1_024);
    assert_eq!(wire.ask(GET, HELLO.len()).await, HELLO);
    settle().await;
    assert_eq!(stop(&mut wire, 60).await, (Ok(()), 1));
    assert_eq!(wire.rest().await, "");
}

#[tokio::test(start_paused = true)]
async fn a_stop_without_a_deadline_cuts_no_idle_connection_off() {
    // HT-21.
    let mut wire = Wire::of(hello, 1_024);
    settle().await;
    assert_eq!(stop(&mut wire, 0).await, (Ok(()), 0));
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_a_head_that_has_begun() {
    // HT-21.
    let mut wire = Wire::of(hello, 1_024);
    wire.send("GET / HTTP/1.1\r\n").await;
    settle().await;
    let (mut client, _) = tokio::io::duplex(1);
    std::mem::swap(&mut client, &mut wire.client);
    let rest = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        client.write_all(b"Host: h\r\n\r\n").await.unwrap();
        let mut all = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut client, &mut all).await.unwrap();
        drop(client);
        all
    };
    let (stopped, answer) = tokio::join!(stop(&mut wire, 60), rest);
    assert!(answer.ends_with("connection: close\r\n\r\nhello"), "{answer}");
    assert_eq!(stopped, (Ok(()), 3));
}

#[tokio::test(start_paused = true)]
async fn a_stop_loses_no_request_that_had_come() {
    // HT-21.
    let go_on = std::sync::Arc::new(tokio::sync::Notify::new());
    let wait = std::sync::Arc::clone(&go_on);
    let app = move |mut env: Environment| {
        let wait = std::sync::Arc::clone(&wait);
        async move {
            env.response_mut().write("begun ").await?;
            env.response_mut().flush().await?;
            wait.notified().await;
            env.response_mut().write("ended").await?;
            Ok(env)
        }
    };
    let mut wire = Wire::of(app, 1_024);
    wire.send(&GET.repeat(2)).await;
    settle().await;
    let (mut client, _) = tokio::io::duplex(1);
    std::mem::swap(&mut client, &mut wire.client);
    let rest = async {
        for _ in 0..2 {
            settle().await;
            go_on.notify_one();
        }
        let mut all = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut client, &mut all).await.unwrap();
        drop(client);
        all
    };
    let (stopped, answer) = tokio::join!(stop(&mut wire, 60), rest);
    assert!(answer.ends_with("6\r\nbegun \r\n5\r\nended\r\n0\r\n\r\n"), "{answer}");
    assert_eq!((stopped, answer.matches("HTTP/1.1 200").count()), ((Ok(()), 0), 2));
    assert_eq!(answer.matches("connection: close").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_stop_says_how_many_calls_it_cut_off() {
    // HT-21, OWIN-080: this one even has to be dropped.
    let app = async |_: Environment| -> Answer { std::future::pending().await };
    let mut wire = Wire::of(app, 1_024);
    wire.send(GET).await;
    settle().await;
    let says = "1 call was cut off when the deadline passed".to_owned();
    assert_eq!(stop(&mut wire, 10).await, (Err(says), 15));
    assert_eq!(wire.rest().await, "");
}

#[tokio::test(start_paused = true)]
async fn a_body_cut_off_by_the_stop_does_not_look_whole() {
    // OWIN-080, OWIN-117.
    let app = async |mut env: Environment| -> Answer {
        env.response_mut().flush().await?;
        env.request().cancelled().cancelled().await;
        Ok(env)
    };
    let wire = Wire::of(app, 1_024);
    let Wire { mut client, driver, stopper, .. } = wire;
    client.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    settle().await;
    let tracker = TaskTracker::new();
    let (told, given_back) = tokio::sync::oneshot::channel();
    tracker.spawn(async move { told.send(driver.await.unwrap()).unwrap_or_default() });
    assert!(stopper.stop(&tracker, within(Duration::ZERO)).await.is_err());
    assert!(given_back.await.unwrap().is_some());
}
