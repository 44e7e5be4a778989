//! Bytes that an app pushes: joined, streamed, flushed, held back.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use owin_core::features::{Outcome, ResponseBuffering};
use owin_core::testing::TestHost;
use owin_core::{BodyLength, Environment, Error, Event, keys};

use crate::support::{Answer, Notes, Sent, connect, drive, finish, serve, serve_on, take};

#[tokio::test]
async fn small_writes_are_sent_in_one_piece_with_their_exact_length() {
    let sent = serve(async |mut env: Environment| -> Answer {
        for _ in 0..8 {
            env.response_mut().write([b'x'; 1000]).await?;
        }
        Ok(env)
    })
    .await;
    assert_eq!((sent.length, sent.body.len()), (Some(BodyLength::Known(8000)), 8000));
    assert_eq!(sent.events(), "Head Data End");
}

#[tokio::test]
async fn writes_that_do_not_fit_together_start_the_response() {
    // DF-15.
    let sent = serve(async |mut env: Environment| -> Answer {
        for number in 0..100_u8 {
            env.response_mut().write([number; 1000]).await?;
        }
        Ok(env)
    })
    .await;
    let expected: Vec<u8> = (0..100).flat_map(|number| [number; 1000]).collect();
    assert_eq!((sent.length, sent.body), (Some(BodyLength::Unknown), expected));
}

#[tokio::test]
async fn a_large_write_is_not_copied() {
    // DF-15.
    let large = Bytes::from(vec![7; 1_000_000]);
    let place = large.as_ptr();
    let mut call = connect(move |mut env: Environment| {
        let large = large.clone();
        async move {
            env.response_mut().write("first").await?;
            env.response_mut().write_bytes(large).await?;
            Ok(env)
        }
    });
    let env = call.prepare();
    call.start(env);
    let mut sent = Sent::default();
    let mut is_same_memory = false;
    loop {
        let event = call.event().await;
        if let Event::Data(data) = &event {
            is_same_memory |= data.as_ptr() == place;
        }
        if take(&call, &mut sent, event) {
            break;
        }
    }
    assert!(is_same_memory);
    assert_eq!((sent.body.len(), sent.body.starts_with(b"first")), (1_000_005, true));
}

#[tokio::test]
async fn a_flush_shows_the_head_and_the_bytes_while_the_app_still_runs() {
    // OWIN-067, DF-43.
    let notes = Notes::default();
    let noted = notes.clone();
    let host = TestHost::new(move |mut env: Environment| {
        let noted = noted.clone();
        async move {
            env.response_mut().write("now").await?;
            env.response_mut().flush().await?;
            noted.add("flushed");
            env.response_mut().write(", later").await?;
            Ok(env)
        }
    });
    let mut response = host.get("/").send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.content_length()), (200, None));
    assert_eq!(response.chunk().await.unwrap().unwrap(), "now");
    assert_eq!(notes.all(), "");
    assert_eq!(response.text().await.unwrap(), ", later");
}

#[tokio::test]
async fn a_flush_waits_until_the_server_has_dealt_with_it() {
    let notes = Notes::default();
    let noted = notes.clone();
    let mut call = connect(move |mut env: Environment| {
        let noted = noted.clone();
        async move {
            env.response_mut().write("x").await?;
            env.response_mut().flush().await?;
            noted.add("flushed");
            Ok(env)
        }
    });
    let env = call.prepare();
    call.start(env);
    for expected in ["Head", "Data", "Flush"] {
        let event = format!("{:?}", call.event().await);
        assert!(event.starts_with(expected), "{event} is not {expected}");
        assert_eq!(notes.all(), "", "the transport does not have it yet");
    }
    finish(&mut call, &mut Sent::default()).await;
    assert_eq!(notes.all(), "flushed");
}

#[tokio::test]
async fn a_flush_reaches_the_transport_also_where_the_server_has_the_bytes_already() {
    // A server that joins what it sends needs the event although nothing waits in the pipe.
    let sent = serve(async |mut env: Environment| -> Answer {
        env.response_mut().write([0; 10_000]).await?;
        tokio::task::yield_now().await;
        env.response_mut().flush().await?;
        env.response_mut().flush().await?;
        Ok(env)
    })
    .await;
    assert_eq!(sent.events(), "Head Data Flush End", "the second flush has nothing to send");
}

#[tokio::test]
async fn a_flush_without_bytes_sends_the_head() {
    let sent = serve(async |mut env: Environment| -> Answer {
        env.response_mut().flush().await?;
        Ok(env)
    })
    .await;
    assert_eq!(sent.events(), "Head Flush End");
}

#[tokio::test]
async fn a_write_of_nothing_starts_nothing() {
    let sent = serve(async |mut env: Environment| -> Answer {
        env.response_mut().write("").await?;
        env.response_mut().headers_mut()?.set("x-open", "yes")?;
        Ok(env)
    })
    .await;
    assert_eq!((sent.length, sent.headers.len()), (Some(BodyLength::Known(0)), 1));
}

#[tokio::test]
async fn without_buffering_the_first_write_starts_the_response() {
    let sent = serve(async |mut env: Environment| -> Answer {
        env.set(keys::SERVER_RESPONSE_BUFFERING, ResponseBuffering::Disabled)?;
        env.response_mut().write("x").await?;
        assert!(env.response_mut().headers_mut().is_err());
        Ok(env)
    })
    .await;
    assert_eq!((sent.length, sent.text()), (Some(BodyLength::Unknown), "x"));
}

/// An app that writes `count` pieces of 16 KiB and counts them.
fn writing(written: &Arc<AtomicUsize>, count: usize) -> impl owin_core::App + use<> {
    let written = Arc::clone(written);
    move |mut env: Environment| {
        let written = Arc::clone(&written);
        async move {
            for _ in 0..count {
                env.response_mut().write([0; 16 * 1024]).await?;
                written.fetch_add(1, Ordering::Relaxed);
            }
            Ok(env)
        }
    }
}

#[tokio::test]
async fn a_writer_waits_at_the_high_water_mark_and_goes_on_below() {
    let written = Arc::new(AtomicUsize::new(0));
    let mut call = connect(writing(&written, 64));
    let env = call.prepare();
    call.start(env);
    assert!(matches!(call.event().await, Event::Head));
    assert_eq!(written.load(Ordering::Relaxed), 4, "64 KiB wait, the fifth piece is not taken");
    assert!(matches!(call.event().await, Event::Data(_)));
    assert_eq!(written.load(Ordering::Relaxed), 4, "the server asks no more than it needs");
    let mut sent = Sent::default();
    finish(&mut call, &mut sent).await;
    assert_eq!((written.load(Ordering::Relaxed), sent.body.len()), (64, 63 * 16 * 1024));
}

async fn write_64(env: &mut Environment) -> Result<(), Error> {
    for _ in 0..64 {
        env.response_mut().write([0; 16 * 1024]).await?;
    }
    Ok(())
}

/// Counts how often a future is polled.
async fn count_polls<F: Future>(future: F, polls: &AtomicUsize) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| {
        polls.fetch_add(1, Ordering::Relaxed);
        future.as_mut().poll(cx)
    })
    .await
}

#[tokio::test]
async fn a_writer_that_waits_is_not_polled_again_and_again() {
    let polls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&polls);
    let mut call = connect(move |mut env: Environment| {
        let counted = Arc::clone(&counted);
        async move {
            count_polls(write_64(&mut env), &counted).await?;
            Ok(env)
        }
    });
    let sent = serve_on(&mut call, |_| {}).await;
    assert_eq!(sent.body.len(), 64 * 16 * 1024);
    let polls = polls.load(Ordering::Relaxed);
    assert!(polls <= 64 + 2, "{polls} polls for 64 writes");
}

/// Counts how often it is woken.
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_writer_that_waits_for_a_slow_client_wakes_nobody() {
    let wakes = Arc::new(Wakes(AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&wakes));
    let cx = &mut Context::from_waker(&waker);
    let mut call = connect(writing(&Arc::default(), 64));
    let env = call.prepare();
    call.start(env);
    assert!(matches!(call.poll_event(cx), Poll::Ready(Event::Head)));
    assert_eq!(wakes.0.load(Ordering::Relaxed), 0, "it waits until the server asks for more");
    assert!(matches!(call.poll_event(cx), Poll::Ready(Event::Data(_))));
    assert_eq!(wakes.0.load(Ordering::Relaxed), 1, "there is room again");
}

#[tokio::test]
async fn a_writer_that_waits_is_woken_by_the_reader() {
    let written = Arc::new(AtomicUsize::new(0));
    let host = TestHost::new(writing(&written, 64));
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    let client = tokio::spawn(async move {
        let mut response = host.get("/").send().await.unwrap();
        while let Some(chunk) = response.chunk().await.unwrap() {
            sender.send(chunk.len()).await.unwrap();
        }
    });
    let mut seen_bytes = 0;
    while let Some(count) = receiver.recv().await {
        seen_bytes += count;
    }
    client.await.unwrap();
    assert_eq!(seen_bytes, 64 * 16 * 1024);
}

#[tokio::test]
async fn a_flush_that_was_given_up_does_not_stop_later_writes() {
    let mut call = connect(async |mut env: Environment| -> Answer {
        env.response_mut().write("one").await?;
        {
            let mut response = env.response_mut();
            let mut flush = pin!(response.flush());
            let polled = poll_fn(|cx| Poll::Ready(flush.as_mut().poll(cx))).await;
            assert!(polled.is_pending());
        }
        for _ in 0..10 {
            env.response_mut().write([0; 16 * 1024]).await?;
        }
        env.response_mut().flush().await?;
        Ok(env)
    });
    let sent = serve_on(&mut call, |_| {}).await;
    assert_eq!((sent.body.len(), *sent.events.last().unwrap()), (3 + 160 * 1024, "End"));
}

#[tokio::test]
async fn what_was_pushed_last_is_sent_after_the_app_has_ended() {
    // OWIN-075.
    let mut call = connect(async |mut env: Environment| -> Answer {
        env.response_mut().flush().await?;
        env.response_mut().write("small, unflushed").await?;
        Ok(env)
    });
    let env = call.prepare();
    call.start(env);
    let mut sent = Sent::default();
    drive(&mut call, &mut sent).await;
    call.complete(Outcome::Completed);
    assert_eq!((sent.text(), sent.events().as_str()), ("small, unflushed", "Head Flush Data End"));
}
