//! Apps as foreign services, without a server.
#![expect(clippy::expect_used, reason = "a helper of tests may stop the test")]

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use owin_core::body::Whole;
use owin_core::features::{ConnectionInfo, Outcome};
use owin_core::upgrade::OpaqueUpgrade;
use owin_core::{
    App, AppExt, CallCancelled, CancelReason, Environment, Error, Headers, RequestBody, keys,
};
use owin_http::{CallBody, Calls, ReasonPhrase, Unfinished};

fn calls(app: impl App) -> Calls {
    Calls::new(&app.boxed(), ConnectionInfo::new())
}

fn request(method: Method) -> Request<String> {
    let request = Request::builder().method(method).uri("/").header("host", "h");
    request.body(String::new()).expect("a request")
}

fn get() -> Request<String> {
    request(Method::GET)
}

fn length<B>(response: &Response<B>) -> Option<&str> {
    response.headers().get("content-length")?.to_str().ok()
}

fn poll(body: &mut CallBody) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
    Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()))
}

/// What a call tells the world outside of it.
#[derive(Clone, Debug, Default)]
struct Seen(Arc<Mutex<(CallCancelled, Option<Outcome>)>>);

impl Seen {
    fn watch(&self, env: &mut Environment) -> Result<(), Error> {
        let seen = self.clone();
        self.0.lock().expect("no panic").0 = env.request().cancelled().clone();
        env.on_completed(move |outcome| seen.0.lock().expect("no panic").1 = Some(outcome))
    }

    fn reason(&self) -> Option<CancelReason> {
        self.0.lock().expect("no panic").0.reason()
    }

    fn outcome(&self) -> Option<Outcome> {
        self.0.lock().expect("no panic").1
    }
}

#[tokio::test]
async fn a_body_at_hand_is_there_with_its_length() {
    let calls = calls(async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().set_status(StatusCode::CREATED)?;
        env.response_mut().headers_mut()?.append("set-cookie", "a=1")?;
        env.response_mut().headers_mut()?.append("set-cookie", "b=2")?;
        env.response_mut().set_body("hello");
        Ok(env)
    });
    for _ in 0..3 {
        let response = calls.respond(get()).await;
        assert_eq!((response.status().as_u16(), length(&response)), (201, Some("5")));
        assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
        assert_eq!(response.headers().len(), 3);
        assert_eq!(response.body().size_hint().exact(), Some(5));
        assert_eq!(response.into_body().collect().await.expect("a body").to_bytes(), "hello");
    }
}

#[tokio::test]
async fn calls_of_one_connection_are_numbered_one_by_one() {
    let calls = calls(async |mut env: Environment| -> Result<Environment, Error> {
        let id = env.get(keys::REQUEST_ID).unwrap_or_default().to_owned();
        env.response_mut().set_body(id);
        Ok(env)
    });
    let (first, second) = (calls.respond(get()), calls.clone().respond(get()));
    let mut ids = Vec::new();
    for response in [second.await, first.await, calls.respond(get()).await] {
        let id = response.into_body().collect().await.expect("a body").to_bytes();
        ids.push(String::from_utf8_lossy(&id).into_owned());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3, "{ids:?}");
    assert!(ids.iter().zip(["0", "1", "2"]).all(|(id, number)| id.ends_with(number)), "{ids:?}");
}

#[tokio::test]
async fn reading_the_body_drives_the_app() {
    let calls = calls(async |mut env: Environment| -> Result<Environment, Error> {
        while let Some(data) = env.request_mut().body_mut().chunk().await? {
            env.response_mut().write_bytes(data).await?;
            env.response_mut().flush().await?;
        }
        env.set(keys::SERVER_RESPONSE_TRAILERS, {
            let mut trailers = Headers::new();
            trailers.set("x-sum", "2")?;
            trailers
        })?;
        Ok(env)
    });
    let (mut sender, body) = RequestBody::channel();
    let feeding = tokio::spawn(async move {
        sender.send("one").await?;
        sender.send("two").await?;
        sender.finish();
        Ok::<_, Error>(())
    });
    let response = calls.respond(get().map(|_| body)).await;
    assert_eq!(length(&response), None);
    let body = response.into_body().collect().await.expect("a body");
    assert_eq!(body.trailers().map(|fields| fields["x-sum"].clone()), Some("2".parse().unwrap()));
    assert_eq!(body.to_bytes(), "onetwo");
    assert!(feeding.await.expect("no panic").is_ok());
}

#[tokio::test]
async fn a_call_completes_at_the_end_of_its_body() {
    let seen = Seen::default();
    let calls = calls({
        let seen = seen.clone();
        move |mut env: Environment| {
            let seen = seen.clone();
            async move {
                seen.watch(&mut env)?;
                env.response_mut().flush().await?;
                env.response_mut().write("hello").await?;
                Ok(env)
            }
        }
    });
    let response = calls.respond(get()).await;
    assert_eq!(seen.outcome(), None);
    let _body = response.into_body().collect().await.expect("a body");
    assert_eq!((seen.outcome(), seen.reason()), (Some(Outcome::Completed), None));
}

/// Waits for ever, after the start or before it.
async fn hang(mut env: Environment, seen: Seen, starts: bool) -> Result<Environment, Error> {
    seen.watch(&mut env)?;
    if starts {
        env.response_mut().flush().await?;
    }
    std::future::pending().await
}

#[tokio::test]
async fn dropping_the_future_or_the_body_cancels_the_call() {
    for starts in [false, true] {
        let seen = Seen::default();
        let watched = seen.clone();
        let calls = calls(move |env: Environment| hang(env, watched.clone(), starts));
        let mut responding = Box::pin(calls.respond(get()));
        let polled = responding.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled.is_ready(), starts);
        assert_eq!(seen.reason(), None);
        drop((responding, polled));
        assert_eq!(seen.reason(), Some(CancelReason::PeerClosed));
        assert_eq!(seen.outcome(), Some(Outcome::Cancelled));
    }
}

#[tokio::test]
async fn what_is_left_of_a_call_is_driven_on_by_whoever_wants_to() {
    let left: Arc<Mutex<Vec<Unfinished>>> = Arc::default();
    let seen = Seen::default();
    let app = {
        let seen = seen.clone();
        move |mut env: Environment| {
            let seen = seen.clone();
            async move {
                seen.watch(&mut env)?;
                let token = env.request().cancelled().clone();
                token.cancelled().await;
                tokio::task::yield_now().await;
                env.response_mut().set_body(Whole::stream(Endless));
                Ok(env)
            }
        }
    };
    let keeping = Arc::clone(&left);
    let keep = Arc::new(move |rest| keeping.lock().expect("no panic").push(rest));
    let calls = Calls::finished_by(&app.boxed(), ConnectionInfo::new(), keep);
    let mut responding = Box::pin(calls.respond(get()));
    assert!(responding.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(responding);
    assert_eq!((seen.reason(), seen.outcome()), (Some(CancelReason::PeerClosed), None));
    let rest = left.lock().expect("no panic").pop().expect("the app is not done");
    assert!(rest.is_cancelled());
    rest.await;
    assert_eq!(seen.outcome(), Some(Outcome::Cancelled));
}

/// A body without an end.
struct Endless;

impl Body for Endless {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"again")))))
    }
}

#[tokio::test]
async fn an_error_before_the_start_is_500_and_one_after_it_an_error_of_the_body() {
    let calls = calls(async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().headers_mut()?.set("x-mine", "1")?;
        if env.request().method() == Method::POST {
            env.response_mut().write("begun").await?;
            env.response_mut().flush().await?;
        }
        Err(Error::app("it fails"))
    });
    let response = calls.respond(get()).await;
    assert_eq!((response.status().as_u16(), length(&response)), (500, Some("0")));
    assert!(!response.headers().contains_key("x-mine"));
    let mut body = calls.respond(request(Method::POST)).await.into_body();
    assert!(matches!(poll(&mut body), Poll::Ready(Some(Ok(_)))));
    assert!(poll(&mut body).is_pending(), "the flush");
    assert!(matches!(poll(&mut body), Poll::Ready(Some(Err(_)))));
    assert!(matches!(poll(&mut body), Poll::Ready(None)));
}

#[tokio::test]
async fn answers_without_a_body_are_over_at_once() {
    let calls = calls(async |mut env: Environment| -> Result<Environment, Error> {
        if env.request().method() == Method::PUT {
            env.response_mut().set_status(StatusCode::NO_CONTENT)?;
        }
        if env.request().method() == Method::DELETE {
            env.response_mut().set_status(StatusCode::NOT_MODIFIED)?;
        }
        env.response_mut().set_body("hello");
        Ok(env)
    });
    for (method, said) in
        [(Method::HEAD, Some("5")), (Method::PUT, None), (Method::DELETE, Some("5"))]
    {
        let response = calls.respond(request(method.clone())).await;
        assert!(response.body().is_end_stream(), "{method}");
        assert_eq!(length(&response), said, "{method}");
    }
}

#[tokio::test]
async fn a_pushing_answer_to_head_is_over_at_once_and_its_app_ends() {
    let seen = Seen::default();
    let calls = calls({
        let seen = seen.clone();
        move |mut env: Environment| {
            let seen = seen.clone();
            async move {
                seen.watch(&mut env)?;
                env.response_mut().write([b'x'; 20_000]).await?;
                env.response_mut().flush().await?;
                Ok(env)
            }
        }
    });
    let response = calls.respond(request(Method::HEAD)).await;
    assert!(response.body().is_end_stream());
    drop(response);
    assert_eq!((seen.outcome(), seen.reason()), (Some(Outcome::Completed), None));
}

#[tokio::test]
async fn the_last_promised_byte_ends_the_body_where_the_app_is_done() {
    let calls = calls(async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().headers_mut()?.set("content-length", 5)?;
        env.response_mut().flush().await?;
        env.response_mut().write("hello").await?;
        Ok(env)
    });
    let mut response = calls.respond(get()).await;
    assert_eq!(length(&response), Some("5"));
    let body = response.body_mut();
    while poll(body).is_pending() {}
    assert!(body.is_end_stream());
}

#[tokio::test]
async fn an_upgrade_is_handed_on() {
    let calls = calls(async |mut env: Environment| -> Result<Environment, Error> {
        let offered = env.get(keys::OPAQUE_UPGRADE).cloned();
        let upgrade = offered.unwrap_or_else(|| OpaqueUpgrade::new("made up"));
        upgrade.accept(&mut env, None, async |_| Ok(()))?;
        Ok(env)
    });
    let offer = |env: &mut Environment| env.set(keys::OPAQUE_UPGRADE, OpaqueUpgrade::new("echo"));
    let mut response = calls.respond_with(get(), |env| offer(env).map(drop)).await;
    assert_eq!(
        (response.status().as_u16(), response.headers()["upgrade"].as_bytes()),
        (101, &b"echo"[..])
    );
    assert!(response.body_mut().take_upgrade().is_some());
    assert!(response.body_mut().take_upgrade().is_none());
    assert_eq!(calls.respond(get()).await.status(), 500, "nobody offered it");
}

#[tokio::test]
async fn what_is_refused_reaches_no_app() {
    let calls = calls(async |_: Environment| -> Result<Environment, Error> { panic!("called") });
    let response = calls.respond(Request::new(String::new())).await;
    assert_eq!((response.status().as_u16(), length(&response)), (400, Some("0")));
    let misdirected = Error::peer("elsewhere").with_status(StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(calls.respond_with(get(), |_| Err(misdirected)).await.status(), 421);
}

#[tokio::test]
async fn a_phrase_and_a_wish_to_close_are_said() {
    let calls = calls(async |mut env: Environment| -> Result<Environment, Error> {
        env.response_mut().set_reason_phrase("Fine")?;
        env.response_mut().headers_mut()?.set("connection", "close")?;
        env.response_mut().headers_mut()?.set("transfer-encoding", "gzip")?;
        Ok(env)
    });
    let response = calls.respond(get()).await;
    let phrase = response.extensions().get::<ReasonPhrase>().map(ReasonPhrase::as_str);
    assert_eq!(
        (phrase, &response.headers()["connection"]),
        (Some("Fine"), &"close".parse().unwrap())
    );
    assert!(!response.headers().contains_key("transfer-encoding"));
}
