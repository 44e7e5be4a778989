//! Apps that fail before the response has started.

use http::StatusCode;
use owin_core::{Environment, Error};

use crate::support::{Answer, echo, seen, serve};

/// Sets all that it can, then fails as the path says.
async fn failing(mut env: Environment) -> Answer {
    let path = env.request().path().to_owned();
    env.response_mut().set_status(StatusCode::CREATED)?;
    env.response_mut().set_reason_phrase("Made")?;
    env.response_mut().headers_mut()?.set("x", "1")?;
    env.response_mut().headers_mut()?.append("set-cookie", "a=1")?;
    env.response_mut().write("half of it").await?;
    if path.starts_with("/late") {
        tokio::task::yield_now().await;
    }
    match path.as_str() {
        "/early-error" | "/late-error" => Err(Error::app("on purpose")),
        "/early-panic" | "/late-panic" => panic!("on purpose"),
        "/early-foreign" | "/late-foreign" => {
            let number: Result<u8, _> = "x".parse::<u8>();
            Err(Error::app("foreign").with_source(number.unwrap_err()))
        }
        _ => Ok(env),
    }
}

const PATHS: [&str; 6] = [
    "/early-error",
    "/late-error",
    "/early-panic",
    "/late-panic",
    "/early-foreign",
    "/late-foreign",
];

#[tokio::test]
async fn a_failure_gives_500_with_none_of_the_apps_fields() {
    // OWIN-116, DF-18.
    let server = serve(failing).await;
    for path in PATHS {
        let response = server.get(path).await;
        assert_eq!(response.status_line, "HTTP/1.1 500 Internal Server Error", "{path}");
        let names: Vec<_> = response.fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["content-length", "date", "server"]);
        assert_eq!(response.text(), "");
    }
}

#[tokio::test]
async fn every_failure_looks_the_same_but_for_the_date() {
    // OWIN-003.
    let server = serve(failing).await;
    let mut answers = Vec::new();
    for path in PATHS {
        let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        let all = server.all(request).await;
        let lines = all.split("\r\n").filter(|line| !line.starts_with("date: "));
        answers.push(lines.collect::<Vec<_>>().join("\r\n"));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert!(answers[0].starts_with("HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n"));
}

#[tokio::test]
async fn two_hundred_failures_leave_the_server_and_its_connections_alive() {
    // OWIN-114.
    let server = serve(failing).await;
    let mut sibling = server.connect().await;
    assert_eq!(sibling.get("/fine").await.status, 201);
    let mut client = server.connect().await;
    for round in 0..200 {
        let path = PATHS[round % PATHS.len()];
        assert_eq!(client.get(path).await.status, 500);
        if round % 20 == 0 {
            assert_eq!(sibling.get("/fine").await.status, 201);
            assert_eq!(server.get(path).await.status, 500);
        }
    }
    assert_eq!(client.get("/fine").await.text(), "half of it");
}

#[tokio::test]
async fn the_error_says_its_status() {
    let server = serve(async |_: Environment| -> Answer {
        Err(Error::app("not today").with_status(StatusCode::SERVICE_UNAVAILABLE))
    })
    .await;
    let response = server.get("/").await;
    assert_eq!(response.status_line, "HTTP/1.1 503 Service Unavailable");
}

#[tokio::test]
async fn head_of_a_failure_has_no_body() {
    let server = serve(failing).await;
    let mut client = server.connect().await;
    assert_eq!(client.head("/early-error").await.status, 500);
    assert_eq!(client.get("/fine").await.status, 201);
}

#[tokio::test]
async fn a_failure_with_an_unread_body_keeps_the_framing() {
    // OWIN-062, OWIN-116.
    let server = serve(failing).await;
    let mut client = server.connect().await;
    for _ in 0..3 {
        client.send(crate::support::post("/late-error", b"unread")).await;
        assert_eq!(client.response().await.status, 500);
    }
    assert_eq!(client.get("/fine").await.status, 201);
}

#[tokio::test]
async fn an_app_that_gives_another_environment_back_answers_with_that() {
    let server = serve(async |_: Environment| -> Answer {
        let mut other = Environment::new();
        other.response_mut().set_status(StatusCode::ACCEPTED)?;
        other.response_mut().set_body("other");
        Ok(other)
    })
    .await;
    let mut client = server.connect().await;
    for _ in 0..3 {
        let response = client.get("/").await;
        assert_eq!((response.status, response.text()), (202, "other"));
    }
}

#[tokio::test]
async fn a_task_that_was_dropped_gives_500() {
    // OWIN-114: whoever waits for a part of the work that was cancelled.
    let server = serve(async |env: Environment| -> Answer {
        let task = tokio::spawn(std::future::pending::<()>());
        task.abort();
        task.await.map_err(|error| Error::app("the task is gone").with_source(error))?;
        Ok(env)
    })
    .await;
    assert_eq!(server.get("/").await.status, 500);
}

#[tokio::test]
async fn a_length_that_the_body_does_not_have_is_500() {
    // OWIN-068, DF-12, DF-13: as long as nothing was sent.
    let server = serve(async |mut env: Environment| -> Answer {
        let length = env.request().query_string().to_owned();
        env.response_mut().headers_mut()?.set("content-length", length)?;
        if env.request().path() == "/whole" {
            env.response_mut().set_body("hello");
        } else {
            env.response_mut().write("hello").await?;
        }
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    for target in ["/?4", "/?6", "/whole?4", "/whole?6", "/?0"] {
        let response = client.get(target).await;
        assert_eq!(
            (response.status, response.field("content-length")),
            (500, Some("0")),
            "{target}"
        );
    }
    assert_eq!(client.get("/whole?5").await.text(), "hello");
}

#[tokio::test]
async fn the_fault_of_the_peer_is_answered_with_400() {
    let server = serve(echo).await;
    let request = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n";
    let mut client = server.connect().await;
    client.send(request).await;
    let response = client.response().await;
    assert_eq!((response.status, response.closes()), (400, true));
    client.is_closed().await;
}

#[tokio::test]
async fn one_connection_that_fails_does_not_touch_another() {
    // OWIN-114.
    let (told, mut calls) = seen();
    let server = serve(move |mut env: Environment| {
        told.send(()).unwrap();
        async move {
            env.response_mut().set_body("fine");
            Ok(env)
        }
    })
    .await;
    let mut good = server.connect().await;
    for bad in ["GET\r\n\r\n", "\0\0\0\r\n\r\n", "GET / HTTP/1.1\r\nHost\r\n\r\n"] {
        assert_eq!(server.answer_to(bad).await.status, 400);
        assert_eq!(good.get("/").await.text(), "fine");
    }
    assert_eq!(calls.rest().len(), 3);
}
