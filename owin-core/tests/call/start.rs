//! The start of a response: what is fixed by it, and the callbacks just before it.

use http::{StatusCode, Version};
use owin_core::features::{ConnectionInfo, ReasonPhrase};
use owin_core::testing::TestHost;
use owin_core::{AppExt, Call, Environment, Error, Headers, ResponseState, Value, keys};

use crate::support::{Answer, Notes, serve, serve_on};

/// The status that an app sees when it sets something after the start, or the key in the refusal.
async fn refused_key(change: fn(&mut Environment) -> Result<(), Error>) -> Option<String> {
    let told = Notes::default();
    let noted = told.clone();
    let sent = serve(move |mut env: Environment| {
        let noted = noted.clone();
        async move {
            env.response_mut().start().await?;
            let refusal = change(&mut env).err();
            noted.add(refusal.as_ref().and_then(Error::key).unwrap_or("accepted"));
            Ok(env)
        }
    })
    .await;
    assert_eq!((sent.status.as_u16(), sent.headers.len()), (200, 0), "the head was fixed");
    Some(told.all()).filter(|key| key != "accepted")
}

#[tokio::test]
async fn what_is_set_before_the_first_flush_is_sent() {
    // OWIN-066, OWIN-028.
    let sent = serve(async |mut env: Environment| -> Answer {
        env.response_mut().set_status(StatusCode::CREATED)?;
        env.response_mut().write("small writes do not start it").await?;
        env.response_mut().headers_mut()?.set("x-late", "yes")?;
        env.response_mut().set_reason_phrase("Made")?;
        env.response_mut().flush().await?;
        Ok(env)
    })
    .await;
    assert_eq!((sent.status.as_u16(), sent.reason.as_str()), (201, "Made"));
    assert_eq!(sent.headers["x-late"], "yes");
}

#[tokio::test]
async fn a_setter_after_the_start_is_refused_by_its_key() {
    // OWIN-069.
    type Change = fn(&mut Environment) -> Result<(), Error>;
    let changes: [(&str, Change); 8] = [
        ("owin.ResponseStatusCode", |env| env.response_mut().set_status(StatusCode::CREATED)),
        ("owin.ResponseReasonPhrase", |env| env.response_mut().set_reason_phrase("Late")),
        ("owin.ResponseHeaders", |env| env.response_mut().headers_mut()?.set("x-late", "yes")),
        ("owin.ResponseHeaders", |env| env.set(keys::RESPONSE_HEADERS, Headers::new()).map(drop)),
        ("owin.ResponseHeaders", |env| env.get_mut(keys::RESPONSE_HEADERS)?.set("x-late", "yes")),
        ("owin.ResponseStatusCode", |env| {
            let late = Value::new(StatusCode::CREATED);
            env.set_value("owin.ResponseStatusCode", late).map(drop)
        }),
        ("owin.ResponseStatusCode", |env| env.remove_value("owin.ResponseStatusCode").map(drop)),
        ("owin.ResponseProtocol", |env| {
            env.set(keys::RESPONSE_PROTOCOL, Version::HTTP_10).map(drop)
        }),
    ];
    for (key, change) in changes {
        assert_eq!(refused_key(change).await.as_deref(), Some(key));
    }
}

#[tokio::test]
async fn what_is_no_part_of_the_head_can_be_set_after_the_start() {
    assert_eq!(refused_key(|env| env.set(keys::REQUEST_PATH, "/later").map(drop)).await, None);
    let trailers =
        |env: &mut Environment| env.set(keys::SERVER_RESPONSE_TRAILERS, Headers::new()).map(drop);
    assert_eq!(refused_key(trailers).await, None);
}

#[tokio::test]
async fn a_callback_that_is_registered_after_the_start_is_refused() {
    // CK-040.
    let late = |env: &mut Environment| env.on_sending_headers(|_| Ok(()));
    assert_eq!(refused_key(late).await.as_deref(), Some("server.OnSendingHeaders"));
}

/// Registers three callbacks, answers in one of the ways, and tells the order in which they ran.
async fn order_of_callbacks(pushes: bool) -> String {
    let notes = Notes::default();
    let noted = notes.clone();
    let sent = serve(move |mut env: Environment| {
        let noted = noted.clone();
        async move {
            for name in ["first", "second", "third"] {
                let noted = noted.clone();
                env.on_sending_headers(move |_| {
                    noted.add(name);
                    Ok(())
                })?;
            }
            if pushes {
                env.response_mut().flush().await?;
                env.response_mut().write("body").await?;
            }
            Ok(env)
        }
    })
    .await;
    assert_eq!(sent.status, 200);
    notes.all()
}

#[tokio::test]
async fn the_callback_registered_last_runs_first_and_each_runs_once() {
    // CK-039, CK-041.
    assert_eq!(order_of_callbacks(true).await, "third second first");
}

#[tokio::test]
async fn callbacks_run_where_no_body_is_written() {
    // CK-038.
    assert_eq!(order_of_callbacks(false).await, "third second first");
}

#[tokio::test]
async fn a_callback_changes_status_phrase_and_headers_with_and_without_a_body() {
    // DF-40, CK-037.
    for body in ["", "some"] {
        let sent = serve(move |mut env: Environment| async move {
            env.response_mut().set_reason_phrase("Custom")?;
            env.on_sending_headers(|env| {
                env.response_mut().set_status(StatusCode::CREATED)?;
                env.set(keys::RESPONSE_REASON_PHRASE, ReasonPhrase::from_static("Custom1"))?;
                env.response_mut().headers_mut()?.set("x-more", "1")
            })?;
            env.response_mut().write(body).await?;
            Ok(env)
        })
        .await;
        assert_eq!((sent.status.as_u16(), sent.reason.as_str()), (201, "Custom1"));
        assert_eq!((sent.headers["x-more"].as_bytes(), sent.text()), (&b"1"[..], body));
    }
}

#[tokio::test]
async fn a_callback_that_a_callback_registers_runs_too() {
    let sent = serve(async |mut env: Environment| -> Answer {
        env.on_sending_headers(|env| {
            env.on_sending_headers(|env| env.response_mut().headers_mut()?.set("x-nested", "yes"))
        })?;
        Ok(env)
    })
    .await;
    assert_eq!(sent.headers["x-nested"], "yes");
}

/// Fails in a callback, then answers in one of the ways.
async fn with_a_failing_callback(panics: bool, pushes: bool) -> String {
    let sent = serve(move |mut env: Environment| async move {
        env.response_mut().headers_mut()?.set("x-secret", "yes")?;
        env.on_sending_headers(move |_| {
            assert!(!panics, "a callback panics");
            Err(Error::app("a callback fails"))
        })?;
        if pushes {
            // The app does not even look at the error.
            let _refused = env.response_mut().flush().await;
            let _refused = env.response_mut().write("more").await;
            let _refused = env.response_mut().flush().await;
        }
        Ok(env)
    })
    .await;
    format!("{} {} {:?} {}", sent.status.as_u16(), sent.headers.len(), sent.text(), sent.events())
}

#[tokio::test]
async fn a_failing_callback_gives_500_without_headers_on_both_paths() {
    // OWIN-118.
    for pushes in [false, true] {
        assert_eq!(with_a_failing_callback(false, pushes).await, "500 0 \"\" Head End");
    }
}

#[tokio::test]
async fn a_panicking_callback_gives_500_without_headers_on_both_paths() {
    // OWIN-118.
    for pushes in [false, true] {
        assert_eq!(with_a_failing_callback(true, pushes).await, "500 0 \"\" Head End");
    }
}

#[tokio::test]
async fn the_error_of_a_callback_is_told_even_where_the_app_swallowed_it() {
    let host = TestHost::new(async |mut env: Environment| -> Answer {
        env.on_sending_headers(|_| Err(Error::app("no such tenant")))?;
        let _refused = env.response_mut().flush().await;
        Ok(env)
    });
    let error = host.get("/").send().await.unwrap_err();
    assert!(error.to_string().contains("no such tenant"), "{error}");
}

#[tokio::test]
async fn an_app_that_starts_the_response_by_itself_can_still_push() {
    // `Environment::start_response` is public: the pipe must not take that for a head that was sent.
    let sent = serve(async |mut env: Environment| -> Answer {
        env.response_mut().set_status(StatusCode::ACCEPTED)?;
        env.start_response()?;
        env.response_mut().write("body").await?;
        env.response_mut().flush().await?;
        Ok(env)
    })
    .await;
    assert_eq!((sent.status.as_u16(), sent.text()), (202, "body"));
}

#[tokio::test]
async fn the_state_goes_from_open_over_started_to_done() {
    let mut env = Environment::new();
    assert_eq!(env.response_state(), ResponseState::Open);
    env.start_response().unwrap();
    assert_eq!(env.response_state(), ResponseState::Started);
    env.complete(owin_core::features::Outcome::Completed);
    assert_eq!(env.response().state(), ResponseState::Done);
    env.reset();
    assert_eq!(env.response_state(), ResponseState::Open);
}

#[tokio::test]
async fn lines_that_were_never_checked_are_sent_only_where_they_are_legal() {
    let sent = serve(async |mut env: Environment| -> Answer {
        let mut response = env.response_mut();
        let raw = response.headers_mut()?.raw_mut();
        raw.push("X-Legal", b"yes");
        raw.push("x-split", b"a\r\nset-cookie: evil");
        raw.push("not a token", b"x");
        raw.push("Content-Length", b"0");
        Ok(env)
    })
    .await;
    assert_eq!(sent.headers.len(), 1);
    assert_eq!(sent.headers["x-legal"], "yes");
    assert_eq!(sent.length, Some(owin_core::BodyLength::Known(0)));
    assert_eq!(sent.written, "x-legal: yes\r\ncontent-length: 0\r\n");
}

#[tokio::test]
async fn the_head_is_written_as_its_fields_say() {
    let sent = serve(async |mut env: Environment| -> Answer {
        let mut response = env.response_mut();
        let headers = response.headers_mut()?;
        headers.set("X-A", "1")?;
        headers.set("connection", "keep-alive, Close")?;
        headers.set("transfer-encoding", "chunked")?;
        headers.append("set-cookie", "a=1, b")?;
        headers.append("set-cookie", "c=2")?;
        headers.set("date", "mine")?;
        response.set_body("0123456789a");
        Ok(env)
    })
    .await;
    assert!(sent.wants_close);
    assert_eq!((sent.has_date, sent.has_server), (true, false));
    let lines = "x-a: 1\r\nset-cookie: a=1, b\r\nset-cookie: c=2\r\ndate: mine\r\n";
    assert_eq!(sent.written, format!("{lines}content-length: 11\r\n"));
}

#[tokio::test]
async fn what_the_fields_say_is_told_of_a_response_that_a_push_started_too() {
    let sent = serve(async |mut env: Environment| -> Answer {
        env.response_mut().headers_mut()?.set("server", "mine")?;
        env.response_mut().headers_mut()?.set("connection", "close")?;
        env.response_mut().headers_mut()?.set("content-length", "18446744073709551615")?;
        env.response_mut().flush().await?;
        Ok(env)
    })
    .await;
    assert!(sent.wants_close && sent.has_server && !sent.has_date);
    assert_eq!(sent.written, "server: mine\r\ncontent-length: 18446744073709551615\r\n");
}

#[tokio::test]
async fn a_client_of_http_10_that_names_no_host_gets_the_best_guess() {
    // OWIN-096.
    async fn guess(connection: ConnectionInfo, protocol: Version, host: Option<&str>) -> String {
        let app = async |mut env: Environment| -> Answer {
            let host = env.request().host().to_owned();
            env.response_mut().set_body(host);
            Ok(env)
        };
        let mut call = Call::new(&app.boxed(), connection);
        let sent = serve_on(&mut call, |env| {
            env.request_mut().set_protocol(protocol);
            if let Some(host) = host {
                env.request_mut().headers_mut().set("host", host).unwrap();
            }
        });
        sent.await.text().to_owned()
    }
    let at = |local: &str| ConnectionInfo::new().with_local(local.parse().unwrap());
    let old = Version::HTTP_10;
    assert_eq!(guess(at("192.0.2.1:80"), old, None).await, "192.0.2.1:80");
    assert_eq!(guess(at("192.0.2.1:80"), old, Some("")).await, "192.0.2.1:80");
    assert_eq!(guess(at("[fe80::1%3]:80"), old, None).await, "[fe80::1]:80");
    assert_eq!(guess(ConnectionInfo::new(), old, None).await, "localhost");
    assert_eq!(guess(at("192.0.2.1:80"), old, Some("h")).await, "h");
    assert_eq!(guess(at("192.0.2.1:80"), Version::HTTP_11, None).await, "");
}
