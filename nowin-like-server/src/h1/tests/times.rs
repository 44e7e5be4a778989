//! Time-outs, by a clock that the test moves.

use owin_core::Environment;
use tokio::sync::mpsc;
use tokio::time::{Duration, sleep, timeout};

use super::{Answer, EVER, GET, GET_AND_CLOSE, HALF, HELLO, Wire, hello};

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_closed_after_130_seconds() {
    let mut wire = Wire::of(hello, 1_024);
    assert_eq!(wire.rest().await, "");
    assert!((130.0..130.1).contains(&wire.seconds()), "{}", wire.seconds());
}

#[tokio::test(start_paused = true)]
async fn silence_counts_anew_after_every_request() {
    let mut wire = Wire::of(hello, 1_024);
    for _ in 0..3 {
        sleep(Duration::from_secs(129)).await;
        assert_eq!(wire.ask(GET, HELLO.len()).await, HELLO);
    }
    assert_eq!(wire.rest().await, "");
    assert!((517.0..517.1).contains(&wire.seconds()), "{}", wire.seconds());
}

#[tokio::test(start_paused = true)]
async fn a_head_that_takes_longer_than_30_seconds_is_answered_with_408() {
    // HT-17.
    let mut wire = Wire::of(hello, 1_024);
    sleep(Duration::from_secs(100)).await;
    for byte in ["G", "E", "T"] {
        wire.send(byte).await;
        sleep(Duration::from_secs(9)).await;
    }
    let answer = wire.rest().await;
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"));
    assert!((130.0..130.1).contains(&wire.seconds()), "{}", wire.seconds());
}

#[tokio::test(start_paused = true)]
async fn a_head_that_takes_29_seconds_is_served() {
    let mut wire = Wire::of(hello, 1_024);
    wire.send("GET / HTTP/1.1\r\nHo").await;
    sleep(Duration::from_secs(29)).await;
    assert_eq!(wire.ask("st: h\r\n\r\n", HELLO.len()).await, HELLO);
}

#[tokio::test(start_paused = true)]
async fn an_empty_line_does_not_begin_a_head() {
    // RFC 9112 §2.2: it may still come behind the request before.
    let mut wire = Wire::of(hello, 1_024);
    wire.send("\r\n").await;
    assert_eq!(wire.rest().await, "");
    assert!((130.0..130.1).contains(&wire.seconds()), "{}", wire.seconds());
}

/// Tells when it is dropped.
struct Guard(mpsc::UnboundedSender<&'static str>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.send("dropped").unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_app_that_never_ends_is_dropped_5_seconds_after_its_client_went() {
    // OWIN-002.
    let (told, mut steps) = mpsc::unbounded_channel();
    let app = move |_: Environment| {
        let guard = Guard(told.clone());
        async move {
            std::future::pending::<()>().await;
            drop(guard);
            Answer::Ok(Environment::new())
        }
    };
    let mut wire = Wire::of(app, 1_024);
    wire.send(HALF).await;
    sleep(Duration::from_secs(500)).await;
    assert!(steps.try_recv().is_err(), "as long as the client is there, it may run");
    drop(wire.client);
    assert_eq!(timeout(EVER, steps.recv()).await.unwrap(), Some("dropped"));
    let seconds = wire.started.elapsed().as_secs_f32();
    assert!((505.0..505.1).contains(&seconds), "{seconds}");
    assert!(wire.driver.await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_app_that_ends_within_its_grace_is_not_dropped() {
    // OWIN-061, OWIN-120.
    let (told, mut steps) = mpsc::unbounded_channel();
    let app = move |env: Environment| {
        let told = told.clone();
        async move {
            env.request().cancelled().cancelled().await;
            sleep(Duration::from_secs(4)).await;
            told.send("ended").unwrap();
            Ok(env)
        }
    };
    let mut wire = Wire::of(app, 1_024);
    wire.send(HALF).await;
    drop(wire.client);
    assert_eq!(timeout(EVER, steps.recv()).await.unwrap(), Some("ended"));
    assert!(wire.driver.await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_unread_body_that_does_not_come_is_waited_for_5_seconds() {
    // OWIN-063.
    let mut wire = Wire::of(hello, 1_024);
    assert_eq!(wire.ask(HALF, HELLO.len()).await, HELLO);
    assert_eq!(wire.seconds(), 0.0);
    assert_eq!(wire.rest().await, "");
    assert!((5.0..5.1).contains(&wire.seconds()), "{}", wire.seconds());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_close_is_let_go_after_a_second() {
    let mut wire = Wire::of(hello, 1_024);
    wire.send(GET_AND_CLOSE).await;
    assert!(wire.rest().await.ends_with("hello"));
    assert_eq!(wire.seconds(), 0.0);
    assert!(timeout(EVER, &mut wire.driver).await.unwrap().unwrap().is_none());
    assert!((1.0..1.1).contains(&wire.seconds()), "{}", wire.seconds());
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_that_does_not_read_is_let_go_after_5_seconds() {
    let mut wire = Wire::of(hello, 16);
    wire.send("GET\r\n\r\n").await;
    assert!(timeout(EVER, &mut wire.driver).await.unwrap().unwrap().is_none());
    assert!((5.0..5.1).contains(&wire.seconds()), "{}", wire.seconds());
}

#[tokio::test(start_paused = true)]
async fn a_slow_app_may_take_its_time() {
    let app = async |env: Environment| -> Answer {
        sleep(Duration::from_secs(600)).await;
        hello(env).await
    };
    let mut wire = Wire::of(app, 1_024);
    assert_eq!(wire.ask(GET, HELLO.len()).await, HELLO);
    assert!((600.0..600.1).contains(&wire.seconds()), "{}", wire.seconds());
}
