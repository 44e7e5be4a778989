//! Bodies that are handed over whole, alone and mixed with pushed bytes, captured and restored.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, Full};
use owin_core::body::Whole;
use owin_core::middleware::Next;
use owin_core::{AppExt as _, BodyLength, Environment, Error, ResponseBody, from_fn};

use crate::support::{Answer, Sent, connect, serve, serve_on};

/// A body of frames, of unknown length, which may end with an error.
struct Frames(Vec<Result<&'static str, Error>>);

impl Body for Frames {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(
            self.0.remove(0).map(|text| Frame::data(Bytes::from_static(text.as_bytes()))),
        ))
    }
}

/// Answers with what is made by the function.
async fn answer_with<W: Into<Whole> + 'static>(body: fn() -> W) -> Sent {
    serve(move |mut env: Environment| async move {
        env.response_mut().set_body(body());
        Ok(env)
    })
    .await
}

#[tokio::test]
async fn bytes_are_sent_with_their_length() {
    let sent = answer_with(|| "hello").await;
    assert_eq!((sent.length, sent.text()), (Some(BodyLength::Known(5)), "hello"));
    assert_eq!(sent.events(), "Head Data End");
    for sent in [
        answer_with(|| String::from("hello")).await,
        answer_with(|| b"hello".to_vec()).await,
        answer_with(|| Bytes::from_static(b"hello")).await,
        answer_with(|| Whole::stream(Full::new(Bytes::from_static(b"hello")))).await,
    ] {
        assert_eq!((sent.length, sent.text()), (Some(BodyLength::Known(5)), "hello"));
    }
}

#[tokio::test]
async fn a_stream_of_unknown_length_is_sent_as_it_comes() {
    let sent = answer_with(|| Whole::stream(Frames(vec![Ok("a"), Ok(""), Ok("b")]))).await;
    assert_eq!((sent.length, sent.text()), (Some(BodyLength::Unknown), "ab"));
    assert_eq!(sent.events(), "Head Data Data End");
}

#[tokio::test]
async fn a_stream_that_waits_is_woken() {
    let sent = serve(async |mut env: Environment| -> Answer {
        let (sender, mut receiver) = tokio::sync::mpsc::channel::<Bytes>(1);
        tokio::spawn(async move {
            for piece in ["a", "b", "c"] {
                tokio::task::yield_now().await;
                sender.send(Bytes::from_static(piece.as_bytes())).await.unwrap();
            }
        });
        let frames = futures_of(move |cx| receiver.poll_recv(cx));
        env.response_mut().set_body(Whole::stream(frames));
        Ok(env)
    })
    .await;
    assert_eq!(sent.text(), "abc");
}

/// A body of what a function polls.
fn futures_of(
    poll: impl FnMut(&mut Context<'_>) -> Poll<Option<Bytes>> + Send + Unpin + 'static,
) -> impl Body<Data = Bytes, Error = Infallible> + Send + 'static {
    struct Polled<F>(F);
    impl<F: FnMut(&mut Context<'_>) -> Poll<Option<Bytes>> + Unpin> Body for Polled<F> {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            (self.0)(cx).map(|data| data.map(|data| Ok(Frame::data(data))))
        }
    }
    Polled(poll)
}

#[tokio::test]
async fn nothing_at_all_is_a_body_of_length_0() {
    // OWIN-071, OWIN-026, DF-01.
    let sent = serve(async |env: Environment| -> Answer { Ok(env) }).await;
    assert_eq!((sent.status.as_u16(), sent.reason.as_str()), (200, "OK"));
    assert_eq!((sent.length, sent.events().as_str()), (Some(BodyLength::Known(0)), "Head End"));
}

#[tokio::test]
async fn a_stream_that_fails_breaks_the_response_off() {
    // OWIN-117.
    let broken = || Whole::stream(Frames(vec![Ok("half"), Err(Error::peer("gone"))]));
    let sent = answer_with(broken).await;
    assert_eq!((sent.text(), sent.events().as_str()), ("half", "Head Data Failed"));
    assert_eq!(sent.failed.unwrap().to_string(), "gone");
}

#[tokio::test]
async fn a_stream_that_panics_breaks_the_response_off() {
    let panicking = || {
        let mut count = 0;
        Whole::stream(futures_of(move |_| {
            count += 1;
            assert!(count < 2, "on purpose");
            Poll::Ready(Some(Bytes::from_static(b"half")))
        }))
    };
    let sent = answer_with(panicking).await;
    assert_eq!((sent.text(), sent.events().as_str()), ("half", "Head Data Failed"));
}

#[tokio::test]
async fn the_body_that_was_handed_over_last_counts() {
    let sent = serve(async |mut env: Environment| -> Answer {
        env.response_mut().set_body("first");
        env.response_mut().set_body("second");
        Ok(env)
    })
    .await;
    assert_eq!(sent.text(), "second");
}

#[tokio::test]
async fn what_was_handed_over_comes_before_what_is_pushed_then() {
    for body in [|| Whole::from("one, "), || Whole::stream(Frames(vec![Ok("one"), Ok(", ")]))] {
        let sent = serve(move |mut env: Environment| async move {
            env.response_mut().set_body(body());
            env.response_mut().write("two, ").await?;
            env.response_mut().set_body("three");
            Ok(env)
        })
        .await;
        assert_eq!((sent.length, sent.text()), (Some(BodyLength::Known(15)), "one, two, three"));
    }
}

#[tokio::test]
async fn what_was_pushed_and_flushed_comes_before_what_is_handed_over_then() {
    let sent = serve(async |mut env: Environment| -> Answer {
        env.response_mut().write("one, ").await?;
        env.response_mut().flush().await?;
        env.response_mut().write("two, ").await?;
        env.response_mut().set_body(Whole::stream(Frames(vec![Ok("three"), Ok("!")])));
        Ok(env)
    })
    .await;
    assert_eq!((sent.length, sent.text()), (Some(BodyLength::Unknown), "one, two, three!"));
}

#[tokio::test]
async fn an_outer_middleware_can_write_behind_the_app() {
    // OWIN-074.
    let append = from_fn(async |env: Environment, next: Next| -> Answer {
        let mut env = next.run(env).await?;
        env.response_mut().write(", appended").await?;
        Ok(env)
    });
    let app = (async |mut env: Environment| -> Answer {
        env.response_mut().set_body("said");
        Ok(env)
    })
    .with(append);
    assert_eq!(serve(app).await.text(), "said, appended");
}

#[tokio::test]
async fn a_middleware_wraps_the_body_that_the_app_handed_over() {
    let wrap = from_fn(async |env: Environment, next: Next| -> Answer {
        let mut env = next.run(env).await?;
        let inner = env.response_mut().take_body();
        let shouted =
            inner.map_frame(|frame| frame.map_data(|data| Bytes::from(data.to_ascii_uppercase())));
        env.response_mut().set_body(Whole::stream(shouted));
        Ok(env)
    });
    let app = (async |mut env: Environment| -> Answer {
        env.response_mut().set_body("quiet");
        Ok(env)
    })
    .with(wrap);
    let sent = serve(app).await;
    assert_eq!((sent.length, sent.text()), (Some(BodyLength::Unknown), "QUIET"));
}

/// Captures what is pushed, and puts the outlet back or forgets it.
fn capturing(restores: bool) -> impl owin_core::App {
    let count = AtomicUsize::new(0);
    let capture = from_fn(move |mut env: Environment, next: Next| {
        let is_first = count.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            if !is_first {
                return next.run(env).await;
            }
            let outlet = env.response_mut().replace_outlet(ResponseBody::capture());
            let mut env = next.run(env).await?;
            if restores {
                let captured = env.response_mut().replace_outlet(outlet).into_whole();
                let text = captured.into_bytes().unwrap_or_default().to_ascii_uppercase();
                env.response_mut().write(text).await?;
            }
            Ok(env)
        }
    });
    let app = async |mut env: Environment| -> Answer {
        env.response_mut().write("pushed, ").await?;
        env.response_mut().flush().await?;
        env.response_mut().set_body("handed over");
        Ok(env)
    };
    app.with(capture)
}

#[tokio::test]
async fn a_middleware_captures_what_is_written_and_sends_something_else() {
    // OWIN-070.
    let sent = serve(capturing(true)).await;
    assert_eq!((sent.length, sent.text()), (Some(BodyLength::Known(19)), "PUSHED, HANDED OVER"));
}

#[tokio::test]
async fn a_middleware_that_forgets_to_restore_does_not_poison_the_next_call() {
    // OWIN-070.
    let mut call = connect(capturing(false));
    let first = serve_on(&mut call, |_| {}).await;
    assert_eq!((first.status.as_u16(), *first.events.last().unwrap()), (200, "End"));
    assert_eq!(serve_on(&mut call, |_| {}).await.text(), "pushed, handed over");
}

#[test]
fn a_body_knows_what_it_captured() {
    assert_eq!(ResponseBody::capture().length(), Some(0));
    assert_eq!(ResponseBody::detached().length(), Some(0));
}

#[tokio::test]
async fn a_response_that_nobody_takes_is_an_error() {
    let mut env = Environment::new();
    let error = env.response_mut().write("x").await.unwrap_err();
    assert_eq!(error.key(), Some("owin.ResponseBody"));
    assert!(env.response_mut().flush().await.is_err());
}

#[test]
fn a_stream_tells_its_length_where_it_knows_it() {
    assert_eq!(Whole::stream(Full::new(Bytes::new())).length(), Some(0));
    assert_eq!(Whole::stream(Frames(Vec::new())).length(), None);
}
