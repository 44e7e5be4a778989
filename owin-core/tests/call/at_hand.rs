//! Bodies that a server takes in one piece, right after the head.

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::Full;
use owin_core::body::Whole;
use owin_core::features::Outcome;
use owin_core::{App, Call, Environment, Error, Event, Headers, keys};

use crate::support::{Answer, Sent, connect, finish, serve_on};

/// Starts a call and drives it to its head.
async fn start(call: &mut Call, method: Method) {
    let mut env = call.prepare();
    env.request_mut().set_method(method);
    call.start(env);
    assert!(call.take_whole().is_none(), "there is no head yet");
    assert!(matches!(call.event().await, Event::Head));
}

/// What can be taken after the head, as text, and the events that come then.
async fn taken(method: Method, app: impl App) -> (Option<String>, String) {
    let mut call = connect(app);
    start(&mut call, method).await;
    let whole = call.take_whole().map(|bytes| String::from_utf8(bytes.into()).unwrap());
    let mut sent = Sent::default();
    finish(&mut call, &mut sent).await;
    call.complete(Outcome::Completed);
    (whole, sent.events())
}

/// Answers with a body.
fn answering<W: Into<Whole> + 'static>(body: fn() -> W) -> impl App {
    move |mut env: Environment| async move {
        env.response_mut().set_body(body());
        Ok(env)
    }
}

#[tokio::test]
async fn bytes_are_taken_whole_and_the_end_is_all_that_comes() {
    let (whole, events) = taken(Method::GET, answering(|| "hello")).await;
    assert_eq!((whole.as_deref(), events.as_str()), (Some("hello"), "End"));
    let (whole, events) = taken(Method::GET, answering(|| "")).await;
    assert_eq!((whole.as_deref(), events.as_str()), (Some(""), "End"));
}

#[tokio::test]
async fn nothing_is_taken_where_the_head_is_all_that_is_sent() {
    let (whole, _) = taken(Method::HEAD, answering(|| "hello")).await;
    assert_eq!(whole.as_deref(), Some(""));
    for status in [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED] {
        let app = move |mut env: Environment| async move {
            env.response_mut().set_status(status)?;
            env.response_mut().set_body(Whole::stream(Full::new(Bytes::from_static(b"unsent"))));
            Ok(env)
        };
        let (whole, events) = taken(Method::GET, app).await;
        assert_eq!((whole.as_deref(), events.as_str()), (Some(""), "End"));
    }
}

#[tokio::test]
async fn the_answer_to_a_failure_is_taken_too() {
    let app = async |_: Environment| -> Answer { Err(Error::app("on purpose")) };
    let (whole, events) = taken(Method::GET, app).await;
    assert_eq!((whole.as_deref(), events.as_str()), (Some(""), "End"));
}

#[tokio::test]
async fn small_pushes_are_taken_with_the_rest() {
    let app = async |mut env: Environment| -> Answer {
        env.response_mut().write("pushed, ").await?;
        env.response_mut().set_body("handed over");
        Ok(env)
    };
    let (whole, events) = taken(Method::GET, app).await;
    assert_eq!((whole.as_deref(), events.as_str()), (Some("pushed, handed over"), "End"));
}

#[tokio::test]
async fn what_comes_bit_by_bit_cannot_be_taken() {
    let stream = || Whole::stream(Full::new(Bytes::from_static(b"streamed")));
    let (whole, events) = taken(Method::GET, answering(stream)).await;
    assert_eq!((whole, events.as_str()), (None, "Data End"));
    let pushing = async |mut env: Environment| -> Answer {
        env.response_mut().write("pushed").await?;
        env.response_mut().flush().await?;
        Ok(env)
    };
    let (whole, events) = taken(Method::GET, pushing).await;
    assert_eq!((whole, events.as_str()), (None, "Data Flush End"));
}

#[tokio::test]
async fn a_body_with_trailers_behind_it_cannot_be_taken() {
    let app = async |mut env: Environment| -> Answer {
        env.set(keys::SERVER_RESPONSE_TRAILERS, {
            let mut trailers = Headers::new();
            trailers.set("x-sum", "1")?;
            trailers
        })?;
        env.response_mut().set_body("hello");
        Ok(env)
    };
    let (whole, events) = taken(Method::GET, app).await;
    assert_eq!((whole, events.as_str()), (None, "Data Trailers End"));
}

#[tokio::test]
async fn a_body_that_is_being_sent_cannot_be_taken_any_more() {
    let mut call = connect(answering(|| "hello"));
    start(&mut call, Method::GET).await;
    assert!(matches!(call.event().await, Event::Data(_)));
    assert!(call.take_whole().is_none());
    assert!(matches!(call.event().await, Event::End));
    assert!(call.take_whole().is_none());
}

#[tokio::test]
async fn a_body_of_another_length_than_was_declared_is_never_at_hand() {
    let app = async |mut env: Environment| -> Answer {
        env.response_mut().headers_mut()?.set("content-length", "4")?;
        env.response_mut().set_body("hello");
        Ok(env)
    };
    let mut call = connect(app);
    start(&mut call, Method::GET).await;
    assert_eq!(call.head().status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(call.take_whole(), Some(Bytes::new()));
}

#[tokio::test]
async fn the_call_after_one_whose_body_was_taken_is_a_new_one() {
    let mut call = connect(answering(|| "hello"));
    for _ in 0..3 {
        start(&mut call, Method::GET).await;
        assert_eq!(call.take_whole(), Some(Bytes::from_static(b"hello")));
        call.complete(Outcome::Completed);
        assert!(call.take_whole().is_none());
        assert_eq!(serve_on(&mut call, |_| {}).await.text(), "hello");
    }
}
