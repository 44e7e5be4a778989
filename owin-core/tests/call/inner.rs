//! A call inside a call: the environment comes back, whatever became of the app.

use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use http_body::Frame;
use owin_core::body::Whole;
use owin_core::features::Outcome;
use owin_core::{
    App, AppExt as _, CallCancelled, CancelReason, Environment, Error, InnerCall, ResponseBody,
    ResponseState, Start, Value, keys,
};

use crate::support::Answer;

fn call(app: impl App) -> InnerCall {
    InnerCall::new(&app.boxed())
}

fn cx() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// An environment whose pushed bytes are kept in memory.
fn captured() -> Environment {
    let mut env = Environment::new();
    let _detached = env.response_mut().replace_outlet(ResponseBody::capture());
    env
}

fn written(env: &mut Environment) -> Vec<u8> {
    let outlet = env.response_mut().replace_outlet(ResponseBody::detached());
    outlet.into_whole().into_bytes().unwrap().to_vec()
}

async fn text_of_rest(call: &mut InnerCall) -> Result<String, Error> {
    let mut text = String::new();
    while let Some(frame) = poll_fn(|cx| call.poll_frame(cx)).await {
        let frame = frame?;
        match frame.into_data() {
            Ok(data) => text += std::str::from_utf8(&data).unwrap(),
            Err(frame) => text += &format!("{:?}", frame.into_trailers().unwrap()),
        }
    }
    Ok(text)
}

#[tokio::test]
async fn a_response_at_hand_comes_back_in_the_environment_and_has_not_started() {
    let mut call = call(async |mut env: Environment| -> Answer {
        env.set_value("my.Key", Value::new(7_u8))?;
        env.response_mut().write("pushed, ").await?;
        env.response_mut().set_body("whole");
        Ok(env)
    });
    for _ in 0..3 {
        call.enter(captured());
        assert!(matches!(poll_fn(|cx| call.poll_start(cx)).await.unwrap(), Start::Unwound));
        let mut env = call.leave().unwrap();
        assert_eq!(env.response_state(), ResponseState::Open);
        assert!(env.contains("my.Key"));
        let whole = env.response_mut().take_body().into_bytes().unwrap();
        assert_eq!(whole, "pushed, whole");
        assert_eq!(written(&mut env), b"", "nothing passed by");
    }
}

#[tokio::test]
async fn what_is_pushed_comes_out_here_then_the_rest_then_the_trailers() {
    let mut call = call(async |mut env: Environment| -> Answer {
        env.response_mut().headers_mut()?.set("x-inner", "yes")?;
        env.response_mut().write("a").await?;
        env.response_mut().flush().await?;
        env.response_mut().write("b").await?;
        env.response_mut().flush().await?;
        env.response_mut().set_body("c");
        env.feature_mut::<owin_core::features::TrailersMut<'_>>().unwrap().append("x-sum", "1")?;
        Ok(env)
    });
    call.enter(captured());
    let Start::Pushed { status, reason, headers } =
        poll_fn(|cx| call.poll_start(cx)).await.unwrap()
    else {
        panic!("it was pushed")
    };
    assert_eq!((status.as_u16(), reason, headers.text("x-inner")), (200, None, Some("yes")));
    assert_eq!(text_of_rest(&mut call).await.unwrap(), r#"abc{"x-sum": "1"}"#);
    let mut env = call.leave().unwrap();
    assert_eq!((env.response_state(), written(&mut env)), (ResponseState::Open, vec![]));
}

#[tokio::test]
async fn trailer_fields_of_the_body_and_of_the_app_come_out_together() {
    let mut call = call(async |mut env: Environment| -> Answer {
        env.response_mut().flush().await?;
        let trailers =
            HeaderMap::from_iter([(HeaderName::from_static("x-end"), "2".parse().unwrap())]);
        let frame: Frame<Bytes> = Frame::trailers(trailers);
        env.response_mut().set_body(Whole::stream(Once(Some(frame))));
        env.feature_mut::<owin_core::features::TrailersMut<'_>>().unwrap().append("x-sum", "1")?;
        Ok(env)
    });
    call.enter(captured());
    let started = poll_fn(|cx| call.poll_start(cx)).await.unwrap();
    assert!(matches!(started, Start::Pushed { .. }), "{started:?}");
    assert_eq!(text_of_rest(&mut call).await.unwrap(), r#"{"x-end": "2", "x-sum": "1"}"#);
}

/// A body of one frame.
struct Once(Option<Frame<Bytes>>);

impl http_body::Body for Once {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}

#[tokio::test]
async fn the_environment_of_an_app_that_fails_comes_back() {
    let mut call = call(async |mut env: Environment| -> Answer {
        env.set_value("my.Key", Value::new(7_u8))?;
        Err(Error::peer("on purpose"))
    });
    call.enter(Environment::new());
    let failed = poll_fn(|cx| call.poll_start(cx)).await;
    assert_eq!(failed.unwrap_err().to_string(), "on purpose");
    assert!(call.leave().unwrap().contains("my.Key"));
    assert!(call.leave().is_none(), "once");
}

#[tokio::test]
async fn an_app_that_fails_after_the_start_breaks_the_frames_off() {
    let mut call = call(async |mut env: Environment| -> Answer {
        env.response_mut().write("a").await?;
        env.response_mut().flush().await?;
        Err(Error::app("on purpose"))
    });
    call.enter(Environment::new());
    let _head = poll_fn(|cx| call.poll_start(cx)).await.unwrap();
    assert!(text_of_rest(&mut call).await.is_err());
    assert!(poll_fn(|cx| call.poll_frame(cx)).await.is_none());
    assert!(call.leave().is_some());
}

#[test]
fn a_panic_passes_and_the_environment_comes_back() {
    let mut call = call(async |mut env: Environment| -> Answer {
        env.set_value("my.Key", Value::new(7_u8))?;
        panic!("on purpose")
    });
    for _ in 0..2 {
        call.enter(Environment::new());
        let panic = catch_unwind(AssertUnwindSafe(|| drop(call.poll_start(&mut cx()))));
        assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"on purpose"));
        assert!(call.leave().unwrap().contains("my.Key"));
    }
}

#[test]
fn a_call_that_is_given_up_fires_its_token_and_not_that_of_the_outer_one() {
    let mut call = call(async |mut env: Environment| -> Answer {
        let token = env.request().cancelled().clone();
        env.set_value("my.Token", Value::new(token))?;
        pending::<()>().await;
        Ok(env)
    });
    call.enter(Environment::new());
    assert!(call.poll_start(&mut cx()).is_pending());
    let mut env = call.leave().unwrap();
    let seen = env.remove_value("my.Token").unwrap().unwrap().downcast::<CallCancelled>().unwrap();
    assert_eq!(seen.reason(), Some(CancelReason::Reset));
    assert!(!env.request().cancelled().is_cancelled());
}

#[tokio::test]
async fn a_call_that_is_cancelled_may_put_things_in_order_but_push_nothing() {
    let mut call = call(async |mut env: Environment| -> Answer {
        env.response_mut().write("a").await?;
        let _not_taken = env.response_mut().flush().await;
        let reason = env.request().cancelled().clone().cancelled().await;
        let refused = env.response_mut().write("b").await.is_err();
        env.set_value("my.Key", Value::new(format!("{reason:?} {refused}")))?;
        Ok(env)
    });
    call.enter(captured());
    let _head = poll_fn(|cx| call.poll_start(cx)).await.unwrap();
    let first = poll_fn(|cx| call.poll_frame(cx)).await.unwrap().unwrap();
    assert_eq!(first.into_data().unwrap(), "a");
    call.cancel(CancelReason::WriteFailed);
    assert!(poll_fn(|cx| call.poll_frame(cx)).await.is_none());
    let env = call.leave().unwrap();
    assert_eq!(env.value("my.Key").and_then(|value| value.as_str()), Some("WriteFailed true"));
}

#[test]
fn a_call_that_was_answered_never_fires_its_token() {
    let mut call = call(async |mut env: Environment| -> Answer {
        let token = env.request().cancelled().clone();
        env.set_value("my.Token", Value::new(token))?;
        Ok(env)
    });
    call.enter(Environment::new());
    assert!(call.poll_start(&mut cx()).is_ready());
    let mut env = call.leave().unwrap();
    drop(call);
    let seen = env.remove_value("my.Token").unwrap().unwrap().downcast::<CallCancelled>().unwrap();
    assert!(!seen.is_cancelled());
}

#[test]
fn an_environment_goes_through_every_home_to_the_outermost() {
    let inner = (async |mut env: Environment| -> Answer {
        env.set_value("my.Key", Value::new("innermost"))?;
        pending::<()>().await;
        Ok(env)
    })
    .boxed();
    let mut outermost = call(move |env: Environment| {
        let mut within = InnerCall::new(&inner);
        async move {
            within.enter(env);
            poll_fn(|cx| within.poll_start(cx)).await?;
            within.leave().ok_or_else(|| Error::app("lost"))
        }
    });
    outermost.enter(captured());
    assert!(outermost.poll_start(&mut cx()).is_pending());
    let mut env = outermost.leave().unwrap();
    assert_eq!(env.value("my.Key").and_then(|value| value.as_str()), Some("innermost"));
    let mut written = pin!(async { env.response_mut().write("works").await });
    assert!(matches!(written.as_mut().poll(&mut cx()), Poll::Ready(Ok(()))), "its own outlet");
}

#[test]
fn callbacks_wait_for_the_end_of_the_outer_call() {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let mut env = Environment::new();
    env.on_completed(move |outcome| {
        assert_eq!(outcome, Outcome::Completed);
        counter.fetch_add(1, Ordering::Relaxed);
    })
    .unwrap();
    let mut call = call(async |_env: Environment| -> Answer { Err(Error::app("on purpose")) });
    call.enter(env);
    assert!(call.poll_start(&mut cx()).is_ready());
    let mut env = call.leave().unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 0);
    env.complete(Outcome::Completed);
    drop(env);
    assert_eq!(count.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn what_stands_in_writes_where_the_environment_came_from() {
    let mut call = call(async |env: Environment| -> Answer {
        pending::<()>().await;
        Ok(env)
    });
    let mut outer = captured();
    outer.set(keys::RESPONSE_STATUS_CODE, http::StatusCode::ACCEPTED).unwrap();
    call.enter(outer);
    assert!(call.poll_start(&mut cx()).is_pending());
    let mut stand_in = call.stand_in();
    stand_in.response_mut().write("through").await.unwrap();
    let mut env = call.leave().unwrap();
    assert_eq!((written(&mut env), env.response().status().as_u16()), (b"through".to_vec(), 202));
}

#[tokio::test]
async fn an_environment_that_an_app_kept_is_lost_and_turns_up_in_no_later_call() {
    let kept = Arc::new(std::sync::Mutex::new(Vec::new()));
    let keeper = Arc::clone(&kept);
    let mut call = call(move |mut env: Environment| {
        let keeper = Arc::clone(&keeper);
        async move {
            if env.contains("my.Works") {
                assert!(!env.request().cancelled().is_cancelled(), "by the call before");
                env.response_mut().write("pushed").await?;
                return Ok(env);
            }
            keeper.lock().unwrap().push(env);
            Err(Error::app("on purpose"))
        }
    });
    for _ in 0..2 {
        call.enter(Environment::new());
        assert!(poll_fn(|cx| call.poll_start(cx)).await.is_err());
        assert!(call.leave().is_none());
    }
    call.enter(Environment::new());
    drop(kept.lock().unwrap().remove(0));
    assert!(poll_fn(|cx| call.poll_start(cx)).await.is_err());
    assert!(call.leave().is_none(), "it is not that of the first call");

    let mut works = Environment::new();
    works.set_value("my.Works", Value::new(true)).unwrap();
    call.enter(works);
    assert!(matches!(poll_fn(|cx| call.poll_start(cx)).await.unwrap(), Start::Unwound));
    let mut env = call.leave().unwrap();
    assert_eq!(env.response_mut().take_body().into_bytes().unwrap(), "pushed");
}

#[test]
fn an_environment_that_an_app_replaced_turns_up_in_no_later_call() {
    let kept = Arc::new(std::sync::Mutex::new(None));
    let keeper = Arc::clone(&kept);
    let mut call = call(move |env: Environment| {
        let is_secret = env.contains("my.Secret");
        if !is_secret {
            *keeper.lock().unwrap() = Some(env);
        }
        async move { if is_secret { Ok(Environment::new()) } else { Err(Error::app("on purpose")) } }
    });
    let mut secret = Environment::new();
    secret.set_value("my.Secret", Value::new(true)).unwrap();
    call.enter(secret);
    assert!(call.poll_start(&mut cx()).is_ready());
    assert!(!call.leave().unwrap().contains("my.Secret"));
    call.enter(Environment::new());
    assert!(call.poll_start(&mut cx()).is_ready());
    assert!(call.leave().is_none());
}
