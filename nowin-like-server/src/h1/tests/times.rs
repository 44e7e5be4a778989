//! Time-outs, by a clock that the test moves.

use owin_core::Environment;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::time::{Duration, sleep, timeout};

use crate::Limits;

use super::{Answer, EVER, GET, GET_AND_CLOSE, HALF, HELLO, Wire, hello};

/// Times that cannot be taken for one another.
fn limits() -> Limits {
    let seconds = Duration::from_secs;
    Limits {
        first_byte: seconds(20),
        head_time: seconds(30),
        idle: seconds(130),
        linger: seconds(3),
        drain_time: seconds(7),
        connection_age: None,
        ..Limits::default()
    }
}

#[track_caller]
fn assert_seconds(wire: &Wire, expected: f32) {
    let seconds = wire.seconds();
    assert!((expected..expected + 0.1).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_first_byte_is_closed() {
    // HT-17, attack 15.
    let mut wire = Wire::within(limits(), hello, 1_024);
    assert_eq!(wire.rest().await, "");
    assert_seconds(&wire, 20.0);
}

#[tokio::test(start_paused = true)]
async fn a_first_byte_may_come_at_the_last_moment() {
    for (seconds, is_served) in [(19_990, true), (20_010, false)] {
        let mut wire = Wire::within(limits(), hello, 1_024);
        sleep(Duration::from_millis(seconds)).await;
        let _closed = wire.client.write_all(GET_AND_CLOSE.as_bytes()).await;
        assert_eq!(wire.rest().await.ends_with("hello"), is_served, "{seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_counts_anew_after_every_request() {
    // HT-17.
    let mut wire = Wire::within(limits(), hello, 1_024);
    assert_eq!(wire.ask(GET, HELLO.len()).await, HELLO);
    for _ in 0..3 {
        sleep(Duration::from_secs(129)).await;
        assert_eq!(wire.ask(GET, HELLO.len()).await, HELLO);
    }
    assert_eq!(wire.rest().await, "");
    assert_seconds(&wire, 517.0);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_takes_too_long_is_answered_with_408() {
    // HT-17, attack 15: from its first byte on.
    let mut wire = Wire::within(limits(), hello, 1_024);
    sleep(Duration::from_secs(15)).await;
    for byte in ["G", "E", "T"] {
        wire.send(byte).await;
        sleep(Duration::from_secs(9)).await;
    }
    let answer = wire.rest().await;
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"));
    assert_seconds(&wire, 45.0);
}

#[tokio::test(start_paused = true)]
async fn a_second_head_that_takes_too_long_is_answered_with_408() {
    let mut wire = Wire::within(limits(), hello, 1_024);
    let both = format!("{GET}GET /late");
    assert_eq!(wire.ask(&both, HELLO.len()).await, HELLO);
    assert!(wire.rest().await.starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    assert_seconds(&wire, 30.0);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_takes_almost_too_long_is_served() {
    let mut wire = Wire::within(limits(), hello, 1_024);
    wire.send("GET / HTTP/1.1\r\nHo").await;
    sleep(Duration::from_millis(29_990)).await;
    assert_eq!(wire.ask("st: h\r\n\r\n", HELLO.len()).await, HELLO);
}

#[tokio::test(start_paused = true)]
async fn an_empty_line_does_not_begin_a_head() {
    // RFC 9112 §2.2: it may still come behind the request before.
    let mut wire = Wire::within(limits(), hello, 1_024);
    wire.send("\r\n").await;
    assert_eq!(wire.rest().await, "");
    assert_seconds(&wire, 20.0);
}

#[tokio::test(start_paused = true)]
async fn an_old_connection_is_closed_where_it_is_idle_and_says_so_where_it_is_not() {
    let limits = Limits { connection_age: Some(Duration::from_secs(200)), ..limits() };
    let mut wire = Wire::within(limits, hello, 1_024);
    assert_eq!(wire.ask(GET, HELLO.len()).await, HELLO);
    sleep(Duration::from_secs(100)).await;
    assert_eq!(wire.ask(GET, HELLO.len()).await, HELLO);
    assert_eq!(wire.rest().await, "");
    assert!((180.0..220.1).contains(&wire.seconds()), "{}", wire.seconds());
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_an_old_connection_says_that_it_closes() {
    let limits = Limits { connection_age: Some(Duration::from_secs(10)), ..limits() };
    for (seconds, closes) in [(8, false), (12, true)] {
        let app = move |env: Environment| async move {
            sleep(Duration::from_secs(seconds)).await;
            hello(env).await
        };
        let mut wire = Wire::within(limits.clone(), app, 1_024);
        let answer = wire.ask(GET, HELLO.len()).await;
        assert_eq!(answer.contains("\r\nconn"), closes, "{seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_serves_so_many_requests_and_no_more() {
    let limits = Limits { requests_per_connection: Some(3), ..limits() };
    let mut wire = Wire::within(limits, hello, 4_096);
    wire.send(&GET.repeat(4)).await;
    let answers = wire.rest().await;
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 3);
    let last = answers.rsplit("HTTP/1.1").next().unwrap();
    assert!(last.contains("\r\nconnection: close\r\n"), "{last}");
    assert_eq!(answers.matches("connection: close").count(), 1);
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
async fn an_unread_body_that_does_not_come_is_waited_for_so_long() {
    // OWIN-063.
    let mut wire = Wire::within(limits(), hello, 1_024);
    assert_eq!(wire.ask(HALF, HELLO.len()).await, HELLO);
    assert_eq!(wire.seconds(), 0.0);
    assert_eq!(wire.rest().await, "");
    assert_seconds(&wire, 7.0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_close_is_let_go() {
    let mut wire = Wire::within(limits(), hello, 1_024);
    wire.send(GET_AND_CLOSE).await;
    assert!(wire.rest().await.ends_with("hello"));
    assert_eq!(wire.seconds(), 0.0);
    assert!(timeout(EVER, &mut wire.driver).await.unwrap().unwrap().is_none());
    assert_seconds(&wire, 3.0);
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_that_does_not_read_is_let_go() {
    let mut wire = Wire::within(limits(), hello, 16);
    wire.send("GET\r\n\r\n").await;
    assert!(timeout(EVER, &mut wire.driver).await.unwrap().unwrap().is_none());
    assert_seconds(&wire, 7.0);
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
