//! The calls of a connection share memory and nothing else.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use http::Method;
use owin_core::features::ConnectionInfo;
use owin_core::{
    AppExt as _, BodyLength, Call, CallCancelled, Environment, Error, Headers, RequestBody,
    ResponseBody, Value, keys,
};

use crate::support::{Answer, connect, serve_on};

/// Everything that an environment holds, as text.
fn shown(env: &Environment) -> Vec<String> {
    let ours = |name: &str| !matches!(name, "owin.RequestId");
    env.iter().filter(|(name, _)| ours(name)).map(|(name, v)| format!("{name}={v:?}")).collect()
}

/// Changes everything that an app can change.
fn spoil(env: &mut Environment) -> Result<(), Error> {
    env.request_mut().set_method(Method::DELETE);
    env.request_mut().set_target("https://other.example/else?where=1")?;
    env.request_mut().set_path_base("/base");
    env.request_mut().set_protocol(http::Version::HTTP_10);
    env.request_mut().headers_mut().set("x-left", "over")?;
    let _empty =
        env.request_mut().set_body(RequestBody::from(owin_core::body::Whole::from("left")));
    let _token = env.request_mut().set_cancelled(CallCancelled::never());
    env.response_mut().set_status(http::StatusCode::IM_A_TEAPOT)?;
    env.response_mut().set_reason_phrase("Left")?;
    env.response_mut().headers_mut()?.set("x-left", "over")?;
    env.response_mut().set_body("left over");
    env.set(keys::RESPONSE_PROTOCOL, http::Version::HTTP_10)?;
    env.set(keys::SERVER_RESPONSE_TRAILERS, Headers::new())?;
    env.set(keys::SERVER_REMOTE_IP_ADDRESS, "203.0.113.9")?;
    env.remove(keys::SERVER_REMOTE_PORT)?;
    env.set(keys::REQUEST_USER, owin_core::features::User::new("ada", "Basic"))?;
    env.set(keys::REQUEST_ID, "mine")?;
    env.set_value("my.Left", Value::new("over"))?;
    env.remove(keys::SERVER_ON_SENDING_HEADERS)?;
    env.remove(keys::SERVER_ON_COMPLETED)?;
    Ok(())
}

fn connection() -> Arc<ConnectionInfo> {
    Arc::new(ConnectionInfo::new().with_remote(([192, 0, 2, 7], 50_123).into()))
}

#[test]
fn a_reset_environment_equals_a_new_one() {
    let connection = connection();
    let new = shown(&Environment::on(Arc::clone(&connection)));
    let mut env = Environment::on(connection);
    for _ in 0..3 {
        spoil(&mut env).unwrap();
        assert_ne!(shown(&env), new);
        env.reset();
        assert_eq!(shown(&env), new);
    }
}

#[tokio::test]
async fn calls_of_different_shapes_leak_nothing_into_one_another() {
    // CK-020.
    let count = AtomicUsize::new(0);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let app = (move |mut env: Environment| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        kept.lock().unwrap().push(shown(&env));
        async move {
            match number % 4 {
                0 => spoil(&mut env)?,
                1 => {
                    spoil(&mut env)?;
                    env.response_mut().write("pushed").await?;
                    env.response_mut().flush().await?;
                }
                2 => {
                    spoil(&mut env)?;
                    return Err(Error::app("on purpose"));
                }
                _ => {}
            }
            Ok(env)
        }
    })
    .boxed();
    let mut call = Call::new(&app, connection());
    for number in 0..8 {
        let sent = serve_on(&mut call, |_| {}).await;
        if number % 4 == 3 {
            assert_eq!((sent.status.as_u16(), sent.headers.len(), sent.text()), (200, 0, ""));
            assert_eq!((sent.reason.as_str(), sent.length), ("OK", Some(BodyLength::Known(0))));
            assert!(sent.trailers.is_none());
        }
    }
    let seen = seen.lock().unwrap();
    assert!(seen.iter().all(|shown| *shown == seen[0]), "{seen:#?}");
}

#[tokio::test]
async fn what_an_app_left_in_the_environment_is_dropped_when_its_call_ends() {
    let guard = Arc::new(());
    let lent = Arc::clone(&guard);
    let mut call = connect(move |mut env: Environment| {
        let (own, kept) = (Arc::clone(&lent), Arc::clone(&lent));
        async move {
            env.set_value("my.Guard", Value::new(own))?;
            env.on_completed(move |_outcome| drop(kept))?;
            Ok(env)
        }
    });
    for _ in 0..3 {
        let before = Arc::strong_count(&guard);
        let _sent = serve_on(&mut call, |_| {}).await;
        assert_eq!(Arc::strong_count(&guard), before, "no call has begun since");
    }
}

#[tokio::test]
async fn every_call_of_a_connection_has_an_id_of_its_own_also_after_failures() {
    // OWIN-019.
    let (count, ids) = (AtomicUsize::new(0), Arc::new(Mutex::new(Vec::new())));
    let kept = Arc::clone(&ids);
    let mut call = connect(move |env: Environment| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        kept.lock().unwrap().push(env.request().id().unwrap_or_default().to_owned());
        async move { if number % 2 == 0 { Err(Error::app("on purpose")) } else { Ok(env) } }
    });
    for _ in 0..10 {
        let _sent = serve_on(&mut call, |_| {}).await;
    }
    let ids = ids.lock().unwrap();
    let distinct: HashSet<_> = ids.iter().collect();
    assert_eq!((distinct.len(), ids.iter().any(String::is_empty)), (10, false), "{ids:?}");
}

#[tokio::test]
async fn an_app_that_gives_back_another_environment_does_not_lose_the_connection() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let app = (move |env: Environment| {
        let port = env.get(keys::SERVER_REMOTE_PORT).map(str::to_owned);
        kept.lock().unwrap().push(port);
        let is_first = kept.lock().unwrap().len() == 1;
        async move {
            drop(env);
            let other = Arc::new(ConnectionInfo::new());
            Ok(if is_first { Environment::new() } else { Environment::on(other) })
        }
    })
    .boxed();
    let mut call = Call::new(&app, connection());
    for _ in 0..4 {
        assert_eq!(serve_on(&mut call, |_| {}).await.status, 200);
    }
    assert!(seen.lock().unwrap().iter().all(|port| port.as_deref() == Some("50123")));
}

/// Something of the first call that its app keeps, and uses in the second.
struct Kept<T>(Arc<Mutex<Option<T>>>);

impl<T> Kept<T> {
    fn new() -> Self {
        Self(Arc::default())
    }

    fn put(&self, value: T) {
        *self.0.lock().unwrap() = Some(value);
    }

    fn take(&self) -> Option<T> {
        self.0.lock().unwrap().take()
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[tokio::test]
async fn a_kept_outlet_cannot_write_into_the_next_response() {
    // CK-020, OWIN-059.
    let kept = Kept::<ResponseBody>::new();
    let app_kept = kept.clone();
    let mut call = connect(move |mut env: Environment| {
        let kept = app_kept.clone();
        async move {
            let Some(old) = kept.take() else {
                kept.put(env.response_mut().replace_outlet(ResponseBody::detached()));
                return Ok(env);
            };
            let own = env.response_mut().replace_outlet(old);
            let refused = env.response_mut().write("into the wrong response").await;
            assert!(refused.is_err());
            assert!(env.response_mut().flush().await.is_err());
            let _old = env.response_mut().replace_outlet(own);
            env.response_mut().write("right").await?;
            Ok(env)
        }
    });
    let first = serve_on(&mut call, |_| {}).await;
    let second = serve_on(&mut call, |_| {}).await;
    assert_eq!((first.text(), second.text()), ("", "right"));
}

#[tokio::test]
async fn a_kept_request_body_cannot_read_the_next_request() {
    // CK-020, OWIN-057.
    let kept = Kept::<RequestBody>::new();
    let app_kept = kept.clone();
    let mut call = connect(move |mut env: Environment| {
        let kept = app_kept.clone();
        async move {
            if let Some(mut old) = kept.take() {
                assert!(old.chunk().await.is_err(), "the sender of the first call is gone");
                assert_eq!(env.request_mut().body_mut().read_to_end(10).await?, "second");
                return Ok(env);
            }
            kept.put(env.request_mut().take_body());
            Ok(env)
        }
    });
    let (sender, body) = RequestBody::channel();
    let _first = serve_on(&mut call, |env| drop(env.request_mut().set_body(body))).await;
    drop(sender);
    let second = RequestBody::from(owin_core::body::Whole::from("second"));
    let sent = serve_on(&mut call, |env| drop(env.request_mut().set_body(second))).await;
    assert_eq!(sent.status, 200);
}

#[tokio::test]
async fn a_kept_environment_cannot_change_the_next_response() {
    // CK-020: the app keeps the environment of the first call and gives back one of its own.
    let kept = Kept::<Environment>::new();
    let app_kept = kept.clone();
    let mut call = connect(move |mut env: Environment| {
        let kept = app_kept.clone();
        async move {
            if let Some(mut old) = kept.take() {
                old.response_mut().set_body("into the wrong response");
                assert!(old.response_mut().flush().await.is_err());
                env.response_mut().set_body("right");
                return Ok(env);
            }
            kept.put(env);
            let answer: Answer = Ok(Environment::new());
            answer
        }
    });
    let first = serve_on(&mut call, |_| {}).await;
    let second = serve_on(&mut call, |_| {}).await;
    assert_eq!((first.text(), second.text()), ("", "right"));
}

#[tokio::test]
async fn a_kept_capture_cannot_alter_the_next_response() {
    // CK-020.
    let kept = Kept::<ResponseBody>::new();
    let app_kept = kept.clone();
    let mut call = connect(move |mut env: Environment| {
        let kept = app_kept.clone();
        async move {
            let outlet = env.response_mut().replace_outlet(ResponseBody::capture());
            env.response_mut().write("captured").await?;
            let captured = env.response_mut().replace_outlet(outlet);
            assert_eq!(captured.length(), Some(8));
            kept.put(captured);
            Ok(env)
        }
    });
    for _ in 0..2 {
        assert_eq!(serve_on(&mut call, |_| {}).await.text(), "");
        let captured = kept.take().unwrap().into_whole().into_bytes().unwrap();
        assert_eq!(captured, "captured");
    }
}

#[tokio::test]
async fn bytes_of_a_call_that_was_given_up_never_reach_the_next() {
    // OWIN-059, CK-020.
    let count = AtomicUsize::new(0);
    let mut call = connect(move |mut env: Environment| {
        let is_first = count.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            // The first call never gets that far: it is given up while it waits.
            let count = if is_first { usize::MAX } else { 0 };
            for _ in 0..count {
                env.response_mut().write([b'x'; 3000]).await?;
            }
            env.response_mut().write("right").await?;
            Ok(env)
        }
    });
    let env = call.prepare();
    call.start(env);
    assert!(matches!(call.event().await, owin_core::Event::Head));
    call.complete(owin_core::features::Outcome::Cancelled);
    let sent = serve_on(&mut call, |_| {}).await;
    assert_eq!((sent.length, sent.text()), (Some(BodyLength::Known(5)), "right"));
}

#[tokio::test]
async fn outlets_that_an_app_mixes_up_never_reach_another_call() {
    // CK-020: the second call goes back with the outlet of the first, which it had kept.
    let (kept, count) = (Kept::<ResponseBody>::new(), AtomicUsize::new(0));
    let app_kept = kept.clone();
    let mut call = connect(move |mut env: Environment| {
        let (kept, number) = (app_kept.clone(), count.fetch_add(1, Ordering::Relaxed));
        async move {
            match number {
                1 => kept.put(env.response_mut().replace_outlet(ResponseBody::detached())),
                2 => {
                    let first = kept.take().unwrap();
                    kept.put(env.response_mut().replace_outlet(first));
                    assert!(env.response_mut().write("late").await.is_err());
                }
                _ => env.response_mut().write(format!("call {number}")).await?,
            }
            Ok(env)
        }
    });
    let expected = ["call 0", "", "", "call 3", "call 4"];
    for text in expected {
        assert_eq!(serve_on(&mut call, |_| {}).await.text(), text);
    }
    let mut stray = Environment::new();
    let _detached = stray.response_mut().replace_outlet(kept.take().unwrap());
    assert!(stray.response_mut().write("late").await.is_err());
}

#[tokio::test]
async fn another_environment_takes_nothing_of_the_call_along() {
    // CK-020: the app keeps its environment for two calls, and gives back one of its own.
    let kept = Kept::<Environment>::new();
    let app_kept = kept.clone();
    let mut call = connect(move |mut env: Environment| {
        let kept = app_kept.clone();
        async move {
            let Some(mut old) = kept.take() else {
                kept.put(env);
                let answer: Answer = Ok(Environment::new());
                return answer;
            };
            assert!(old.response_mut().write("late").await.is_err());
            assert!(env.response_mut().write("right").await.is_ok());
            drop(old);
            Ok(env)
        }
    });
    for text in ["", "right", "", "right"] {
        assert_eq!(serve_on(&mut call, |_| {}).await.text(), text);
    }
}

#[tokio::test]
async fn a_call_that_gave_its_memory_back_serves_as_a_new_one() {
    let kept = Kept::<ResponseBody>::new();
    let app_kept = kept.clone();
    let mut call = connect(move |mut env: Environment| {
        let kept = app_kept.clone();
        async move {
            env.response_mut().write("right").await?;
            if let Some(old) = kept.take() {
                let own = env.response_mut().replace_outlet(old);
                assert!(env.response_mut().write("late").await.is_err());
                drop(env.response_mut().replace_outlet(own));
            } else {
                kept.put(env.response_mut().replace_outlet(ResponseBody::detached()));
            }
            Ok(env)
        }
    });
    for _ in 0..4 {
        assert_eq!(serve_on(&mut call, |_| {}).await.text(), "right");
        call.shrink();
    }
}

#[tokio::test]
async fn a_call_under_way_gives_no_memory_back() {
    let mut call = connect(async |mut env: Environment| -> Answer {
        env.response_mut().set_body("whole");
        Ok(env)
    });
    let env = call.prepare();
    call.start(env);
    assert!(matches!(call.event().await, owin_core::Event::Head));
    call.shrink();
    assert!(matches!(call.event().await, owin_core::Event::Data(data) if data == "whole"));
}
