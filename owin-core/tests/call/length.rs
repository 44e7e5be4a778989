//! Framing: `Content-Length` both ways, methods and statuses without a body, what the server owns.

use http::{Method, StatusCode};
use owin_core::body::Whole;
use owin_core::{App, BodyLength, Environment};

use crate::support::{Answer, Sent, serve, serve_method};

/// An app that declares lengths, writes, and hands over.
fn declaring(
    declared: &'static [&'static str],
    pushed: &'static str,
    whole: &'static str,
) -> impl App {
    move |mut env: Environment| async move {
        for value in declared {
            env.response_mut().headers_mut()?.append("content-length", *value)?;
        }
        env.response_mut().write(pushed).await?;
        if !whole.is_empty() {
            env.response_mut().set_body(whole);
        }
        Ok(env)
    }
}

/// An app that flushes what it has written before it goes on.
fn flushing(declared: &'static str, first: &'static str, second: &'static str) -> impl App {
    move |mut env: Environment| async move {
        env.response_mut().headers_mut()?.set("content-length", declared)?;
        env.response_mut().write(first).await?;
        env.response_mut().flush().await?;
        env.response_mut().write(second).await?;
        Ok(env)
    }
}

/// An app that answers with a status and a body.
fn with_status(status: u16, body: &'static str) -> impl App {
    move |mut env: Environment| async move {
        env.response_mut().set_status(StatusCode::from_u16(status).unwrap_or_default())?;
        env.response_mut().set_body(body);
        Ok(env)
    }
}

fn outline(sent: &Sent) -> (u16, Option<BodyLength>, &str) {
    (sent.status.as_u16(), sent.length, sent.text())
}

#[tokio::test]
async fn a_true_length_is_sent_once_and_not_among_the_fields() {
    for sent in [
        serve(declaring(&["5"], "hello", "")).await,
        serve(declaring(&["5"], "", "hello")).await,
        serve(declaring(&["5"], "he", "llo")).await,
        serve(declaring(&["5", "5"], "hello", "")).await,
        serve(declaring(&["0005"], "hello", "")).await,
        serve(flushing("5", "he", "llo")).await,
    ] {
        assert_eq!(outline(&sent), (200, Some(BodyLength::Known(5)), "hello"));
        assert!(!sent.headers.contains_key("content-length"));
    }
}

#[tokio::test]
async fn a_length_that_is_no_number_gives_500() {
    // OWIN-068, DF-10.
    let wrong: [&[&str]; 9] = [
        &["-1"],
        &["+5"],
        &["five"],
        &[""],
        &[" 5 5"],
        &["5, 5"],
        &["0x5"],
        &["18446744073709551616"],
        &["5", "6"],
    ];
    for declared in wrong {
        for pushed in ["", "hello"] {
            let sent = serve(declaring(declared, pushed, "")).await;
            let expected = (500, Some(BodyLength::Known(0)), "");
            assert_eq!(outline(&sent), expected, "{declared:?} {pushed:?}");
        }
    }
}

#[tokio::test]
async fn a_body_that_does_not_have_its_length_gives_500_before_the_start() {
    // DF-12, DF-13.
    for (pushed, whole) in
        [("hell", ""), ("hello!", ""), ("", "hell"), ("", "hello!"), ("he", "ll")]
    {
        let sent = serve(declaring(&["5"], pushed, whole)).await;
        assert_eq!(outline(&sent), (500, Some(BodyLength::Known(0)), ""), "{pushed:?} {whole:?}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_short_after_the_start_is_broken_off() {
    // DF-12.
    let sent = serve(flushing("5", "he", "l")).await;
    assert_eq!((sent.text(), *sent.events.last().unwrap()), ("hel", "Failed"));
    let nothing = serve(flushing("5", "", "")).await;
    assert_eq!(nothing.events(), "Head Flush Failed");
}

#[tokio::test]
async fn not_one_byte_too_many_is_sent_after_the_start() {
    // DF-13, DF-19.
    let sent = serve(flushing("5", "hello", "!")).await;
    assert_eq!((sent.text(), *sent.events.last().unwrap()), ("hello", "Failed"));
}

#[tokio::test]
async fn not_one_byte_too_many_is_sent_by_an_app_that_ignores_the_refusal() {
    // DF-13.
    let sent = serve(async |mut env: Environment| -> Answer {
        env.response_mut().headers_mut()?.set("content-length", "5")?;
        env.response_mut().write("hello").await?;
        env.response_mut().flush().await?;
        assert!(env.response_mut().write("!").await.is_err());
        env.response_mut().set_body("!");
        Ok(env)
    })
    .await;
    assert_eq!((sent.text(), *sent.events.last().unwrap()), ("hello", "Failed"));
}

#[tokio::test]
async fn a_length_that_is_declared_after_too_many_bytes_gives_500() {
    // DF-13: the bytes were joined, the head had not been sent.
    let sent = serve(async |mut env: Environment| -> Answer {
        env.response_mut().write("hello, world").await?;
        env.response_mut().headers_mut()?.set("content-length", "5")?;
        env.response_mut().flush().await?;
        Ok(env)
    })
    .await;
    assert_eq!(outline(&sent), (500, Some(BodyLength::Known(0)), ""));
}

#[tokio::test]
async fn a_stream_that_does_not_have_its_length_is_broken_off() {
    // DF-12, DF-13.
    for (declared, events) in
        [("5", "Head Data End"), ("4", "Head Failed"), ("6", "Head Data Failed")]
    {
        let sent = serve(move |mut env: Environment| async move {
            env.response_mut().headers_mut()?.set("content-length", declared)?;
            let (mut sender, body) = owin_core::RequestBody::channel();
            tokio::spawn(async move {
                sender.send("hello").await.unwrap();
                sender.finish();
            });
            env.response_mut().set_body(Whole::stream(body));
            Ok(env)
        })
        .await;
        assert_eq!(sent.events(), events, "{declared} for 5 bytes");
    }
}

#[tokio::test]
async fn a_head_request_is_answered_with_the_length_and_no_byte() {
    // DF-04, DF-05.
    let length = Some(BodyLength::Known(10));
    for app_sent in [
        serve_method(Method::HEAD, declaring(&["10"], "", "")).await,
        serve_method(Method::HEAD, declaring(&["10"], "ten bytes!", "")).await,
        serve_method(Method::HEAD, declaring(&[], "ten bytes!", "")).await,
        serve_method(Method::HEAD, declaring(&[], "", "ten bytes!")).await,
    ] {
        assert_eq!((outline(&app_sent), app_sent.has_body), ((200, length, ""), false));
        assert_eq!(app_sent.events(), "Head End");
    }
}

#[tokio::test]
async fn a_head_request_that_is_streamed_to_sends_no_byte_and_ends() {
    // DF-05.
    let sent = serve_method(Method::HEAD, async |mut env: Environment| -> Answer {
        for _ in 0..20 {
            env.response_mut().write([0; 10_000]).await?;
        }
        env.response_mut().flush().await?;
        Ok(env)
    })
    .await;
    assert_eq!((outline(&sent), sent.has_body), ((200, Some(BodyLength::None), ""), false));
    assert_eq!(sent.events(), "Head Flush End");
}

#[tokio::test]
async fn a_head_request_of_which_nothing_is_said_tells_no_length() {
    let sent = serve_method(Method::HEAD, async |env: Environment| -> Answer { Ok(env) }).await;
    assert_eq!(outline(&sent), (200, Some(BodyLength::None), ""));
}

#[tokio::test]
async fn a_204_has_neither_body_nor_length() {
    // OWIN-071, RFC 9110 §8.6.
    let sent = serve(with_status(204, "ignored")).await;
    assert_eq!((outline(&sent), sent.has_body), ((204, Some(BodyLength::None), ""), false));
}

#[tokio::test]
async fn a_304_has_the_length_of_the_answer_that_it_stands_for_and_no_body() {
    // RFC 9110 §15.4.5.
    let sent = serve(with_status(304, "ten bytes!")).await;
    let length = Some(BodyLength::Known(10));
    assert_eq!((outline(&sent), sent.has_body), ((304, length, ""), false));
    assert_eq!(serve(with_status(304, "")).await.length, Some(BodyLength::None));
}

#[tokio::test]
async fn an_interim_status_is_refused() {
    // OWIN-055, DF-14.
    for status in [100, 101, 102, 103, 199] {
        let sent = serve(with_status(status, "body")).await;
        assert_eq!(outline(&sent), (500, Some(BodyLength::Known(0)), ""), "{status}");
    }
}

#[tokio::test]
async fn an_interim_status_is_refused_on_the_pushing_path_and_nothing_hangs() {
    // OWIN-055: the app does not look at the errors.
    let sent = serve(async |mut env: Environment| -> Answer {
        env.response_mut().set_status(StatusCode::CONTINUE)?;
        let _refused = env.response_mut().flush().await;
        for _ in 0..20 {
            let _refused = env.response_mut().write([0; 16 * 1024]).await;
        }
        let _refused = env.response_mut().flush().await;
        Ok(env)
    })
    .await;
    assert_eq!(outline(&sent), (500, Some(BodyLength::Known(0)), ""));
}

#[tokio::test]
async fn a_status_without_a_name_is_sent_with_an_empty_phrase() {
    // OWIN-027, DF-38.
    let sent = serve(with_status(599, "own")).await;
    assert_eq!(
        (sent.reason.as_str(), outline(&sent)),
        ("", (599, Some(BodyLength::Known(3)), "own"))
    );
    assert_eq!(serve(with_status(404, "")).await.reason, "Not Found");
}

#[tokio::test]
async fn a_500_that_the_app_chose_is_sent_unchanged() {
    // DF-37.
    let sent = serve(async |mut env: Environment| -> Answer {
        env.response_mut().set_status(StatusCode::INTERNAL_SERVER_ERROR)?;
        env.response_mut().headers_mut()?.set("x-why", "because")?;
        env.response_mut().set_body("sorry");
        Ok(env)
    })
    .await;
    assert_eq!((sent.headers["x-why"].as_bytes(), sent.text()), (&b"because"[..], "sorry"));
}

#[tokio::test]
async fn fields_of_framing_and_connection_are_the_servers() {
    // DF-09.
    let sent = serve(async |mut env: Environment| -> Answer {
        for (name, value) in [
            ("transfer-encoding", "chunked"),
            ("connection", "x-own, Close"),
            ("keep-alive", "timeout=5"),
            ("upgrade", "h2c"),
            ("x-own", "1"),
        ] {
            env.response_mut().headers_mut()?.set(name, value)?;
        }
        env.response_mut().set_body("hello");
        Ok(env)
    })
    .await;
    assert_eq!(sent.length, Some(BodyLength::Known(5)));
    assert!(sent.wants_close);
    assert_eq!(sent.headers.keys().map(|name| name.as_str()).collect::<Vec<_>>(), ["x-own"]);
}

#[tokio::test]
async fn lines_of_one_name_stay_lines_in_their_order() {
    // OWIN-045, DF-07.
    let sent = serve(async |mut env: Environment| -> Answer {
        for value in ["a=1, b", "c=2", "a=1, b"] {
            env.response_mut().headers_mut()?.append("Set-Cookie", value)?;
        }
        Ok(env)
    })
    .await;
    let lines: Vec<_> = sent.headers.get_all("set-cookie").iter().collect();
    assert_eq!(lines, ["a=1, b", "c=2", "a=1, b"]);
}
