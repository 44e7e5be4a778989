//! Bodies of requests at their limits: how long, how silent, how slow.

use owin_core::features::Rate;
use owin_core::{App, Environment, keys};
use tokio::io::AsyncWriteExt;
use tokio::time::{Duration, sleep};

use super::{Answer, HELLO, Wire};
use crate::Limits;

const EXACT: u64 = 10;

fn limits() -> Limits {
    Limits { body_bytes: Some(EXACT), ..Limits::default() }
}

/// Reads all, and answers with the number of bytes; an error of the body escapes.
async fn count(mut env: Environment) -> Answer {
    let body = env.request_mut().body_mut().read_to_end(usize::MAX).await?;
    env.response_mut().headers_mut()?.set("date", "now")?;
    env.response_mut().set_body(body.len().to_string());
    Ok(env)
}

/// Chooses another limit, then does the same.
fn within(most: Option<u64>) -> impl App {
    move |env: Environment| async move {
        env.get(keys::SERVER_MAX_REQUEST_BODY_SIZE).unwrap().set(most)?;
        count(env).await
    }
}

/// So many bytes, by their number and in chunks.
fn posts(bytes: usize) -> [String; 2] {
    let head = "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";
    let (body, (front, back)) = ("x".repeat(bytes), ("x".repeat(bytes / 2), bytes - bytes / 2));
    let chunks =
        format!("{:x}\r\n{front}\r\n{back:x}\r\n{}\r\n0\r\n\r\n", bytes / 2, "x".repeat(back));
    [
        format!("{head}Content-Length: {bytes}\r\n\r\n{body}"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}"),
    ]
}

/// The whole answer to a request.
async fn answer(limits: Limits, app: impl App, request: &str) -> String {
    let mut wire = Wire::within(limits, app, 65_536);
    wire.send(request).await;
    wire.rest().await
}

#[track_caller]
fn assert_refused(answer: &str, status: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    assert!(answer.contains("content-length: 0\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
}

const TOO_LARGE: &str = "413 Payload Too Large";
const TIMED_OUT: &str = "408 Request Timeout";

#[tokio::test(start_paused = true)]
async fn a_body_may_be_as_long_as_the_limit_and_not_one_byte_longer() {
    // HT-20.
    for (bytes, is_taken) in [(9, true), (10, true), (11, false)] {
        for request in posts(bytes) {
            let answer = answer(limits(), count, &request).await;
            if is_taken {
                assert!(answer.ends_with(&format!("\r\n\r\n{bytes}")), "{answer}");
            } else {
                assert_refused(&answer, TOO_LARGE);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_app_may_choose_another_limit_before_it_reads() {
    // HT-20.
    for (most, bytes, is_taken) in [
        (Some(20), 20, true),
        (Some(20), 21, false),
        (Some(5), 5, true),
        (Some(5), 6, false),
        (Some(0), 2, false),
        (None, 60_000, true),
    ] {
        for request in posts(bytes) {
            let answer = answer(limits(), within(most), &request).await;
            assert_eq!(answer.starts_with("HTTP/1.1 200 "), is_taken, "{most:?} {answer}");
            assert_eq!(answer.starts_with("HTTP/1.1 413 "), !is_taken, "{most:?} {answer}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_a_body_has_any_length() {
    for request in posts(60_000) {
        let limits = Limits { body_bytes: None, ..limits() };
        assert!(answer(limits, count, &request).await.ends_with("\r\n\r\n60000"));
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_first_read_the_limit_is_fixed() {
    let app = async |mut env: Environment| -> Answer {
        let limit = env.get(keys::SERVER_MAX_REQUEST_BODY_SIZE).cloned().unwrap();
        assert_eq!((limit.max_bytes(), limit.is_frozen()), (Some(EXACT), false));
        let _first = env.request_mut().body_mut().chunk().await?;
        assert!(limit.is_frozen() && limit.set(None).is_err());
        count(env).await
    };
    for request in posts(11) {
        let answer = answer(limits(), app, &request).await;
        // In chunks the first half was within the limit; of the other nothing was given.
        assert_refused(&answer, TOO_LARGE);
    }
}

#[tokio::test(start_paused = true)]
async fn a_length_that_is_too_long_is_refused_before_a_byte_of_it_is_asked_for() {
    // OWIN-051: no `100 Continue`.
    let request =
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n";
    assert_refused(&answer(limits(), count, request).await, TOO_LARGE);
}

#[tokio::test(start_paused = true)]
async fn an_app_that_survives_a_body_that_is_too_long_answers_for_the_last_time() {
    let app = async |mut env: Environment| -> Answer {
        let read = env.request_mut().body_mut().read_to_end(usize::MAX).await;
        env.response_mut().set_body(read.unwrap_err().status().as_str().to_owned());
        Ok(env)
    };
    let answer = answer(limits(), app, &posts(11)[0].replace("Connection: close\r\n", "")).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n413"));
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_nobody_reads_is_not_too_long_but_closes_where_it_is_not_drained() {
    let limits = Limits { drain_bytes: 10, ..limits() };
    for request in posts(11) {
        let request = request.replace("Connection: close\r\n", "");
        let answer = answer(limits.clone(), super::hello, &request).await;
        assert_eq!(answer, HELLO);
    }
}

/// A body of which a hundred bytes come, one now and the others after these times.
async fn slow(limits: Limits, app: impl App, pauses: &[Duration]) -> (String, Wire) {
    let mut wire = Wire::within(limits, app, 65_536);
    let total = pauses.len() + 1;
    wire.send(&format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {total}\r\n\r\nx")).await;
    for pause in pauses {
        sleep(*pause).await;
        if wire.client.write_all(b"x").await.is_err() {
            break;
        }
    }
    wire.client.shutdown().await.unwrap();
    (wire.rest().await, wire)
}

/// Silence of 20 seconds, any speed.
fn silent() -> Limits {
    Limits { body_silence: Duration::from_secs(20), body_rate: None, ..Limits::default() }
}

#[tokio::test(start_paused = true)]
async fn a_body_may_be_silent_for_so_long_and_no_longer() {
    // HT-17, attack 15: and every byte starts the time again.
    for (millis, is_taken) in [(19_990, true), (20_010, false)] {
        let pauses = [Duration::from_millis(19_900), Duration::from_millis(millis)];
        let (answer, _) = slow(silent(), count, &pauses).await;
        if is_taken {
            assert!(answer.ends_with("\r\n\r\n3"), "{answer}");
        } else {
            assert_refused(&answer, TIMED_OUT);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_clock_stands_still_while_the_app_does_not_wait() {
    // HT-17: dotnet/aspnetcore#4707.
    let app = async |mut env: Environment| -> Answer {
        let first = env.request_mut().body_mut().chunk().await?;
        assert!(first.is_some());
        sleep(Duration::from_secs(600)).await;
        count(env).await
    };
    let limits = Limits { body_rate: Limits::default().body_rate, ..silent() };
    let pause = Duration::from_secs(603);
    assert!(slow(limits.clone(), app, &[pause]).await.0.ends_with("\r\n\r\n1"));
    let (answer, _) = slow(limits, app, &[pause, Duration::from_secs(60)]).await;
    assert_refused(&answer, TIMED_OUT);
}

const RATE: Rate = Rate { bytes_per_second: 100, grace: Duration::from_secs(5) };

/// What becomes of a body of which a byte comes after so many milliseconds, again and again.
async fn trickle(app: impl App, millis: u64) -> String {
    let limits = Limits { body_rate: Some(RATE), ..Limits::default() };
    let pauses = vec![Duration::from_millis(millis); 1_999];
    slow(limits, app, &pauses).await.0
}

#[tokio::test(start_paused = true)]
async fn a_body_may_be_as_slow_as_the_rate_and_no_slower() {
    // HT-17, attack 15.
    for millis in [9, 10] {
        let answer = trickle(count, millis).await;
        assert!(answer.ends_with("\r\n\r\n2000"), "{answer}");
    }
    // Two milliseconds too many for each byte: four seconds of the grace. Then three.
    assert!(trickle(count, 12).await.ends_with("\r\n\r\n2000"));
    assert_refused(&trickle(count, 13).await, TIMED_OUT);
}

#[tokio::test(start_paused = true)]
async fn an_app_may_choose_another_rate() {
    let choose = |rate: Option<Rate>| {
        move |env: Environment| async move {
            let offered = env.get(keys::SERVER_MIN_REQUEST_BODY_DATA_RATE).unwrap();
            assert_eq!(offered.minimum(), Some(RATE));
            offered.set(rate);
            count(env).await
        }
    };
    assert!(trickle(choose(None), 1_000).await.ends_with("\r\n\r\n2000"));
    let faster = Rate { bytes_per_second: 1_000, ..RATE };
    assert_refused(&trickle(choose(Some(faster)), 10).await, TIMED_OUT);
}

#[tokio::test(start_paused = true)]
async fn a_response_that_has_started_is_broken_off_where_the_body_does_not_come() {
    // HT-17: no 408 in the middle of it, and no end.
    let app = async |mut env: Environment| -> Answer {
        env.response_mut().write("begun").await?;
        env.response_mut().flush().await?;
        count(env).await
    };
    let mut wire = Wire::within(silent(), app, 1_024);
    wire.send(super::HALF).await;
    let answer = wire.rest().await;
    assert!(answer.ends_with("\r\n\r\n5\r\nbegun\r\n"), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1);
    assert!((20.0..20.1).contains(&wire.seconds()), "{}", wire.seconds());
}
