//! Callbacks before the head is sent and after the call.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::StatusCode;
use owin_core::features::Outcome;
use owin_core::{Environment, Error};

use crate::support::{Answer, seen, serve};

#[tokio::test]
async fn a_callback_changes_status_phrase_and_fields() {
    // CK-037, CK-038, DF-40.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().set_reason_phrase("Custom")?;
        env.on_sending_headers(|env| {
            env.response_mut().set_status(StatusCode::CREATED)?;
            env.response_mut().set_reason_phrase("Custom1")?;
            env.response_mut().headers_mut()?.set("x-late", "1")
        })?;
        match env.request().path() {
            "/pushed" => {
                env.response_mut().write("body").await?;
                env.response_mut().flush().await?;
            }
            "/whole" => env.response_mut().set_body("body"),
            _ => {}
        }
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    for (path, body) in [("/pushed", "body"), ("/whole", "body"), ("/none", "")] {
        let response = client.get(path).await;
        assert_eq!(response.status_line, "HTTP/1.1 201 Custom1", "{path}");
        assert_eq!((response.field("x-late"), response.text()), (Some("1"), body));
    }
}

#[tokio::test]
async fn a_callback_runs_exactly_once() {
    // CK-037, CK-041.
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let server = serve(move |mut env: Environment| {
        let runs = Arc::clone(&counted);
        async move {
            env.on_sending_headers(move |_| {
                runs.fetch_add(1, Ordering::SeqCst);
                Ok(())
            })?;
            env.response_mut().flush().await?;
            env.response_mut().write("more").await?;
            env.response_mut().flush().await?;
            Ok(env)
        }
    })
    .await;
    server.get("/").await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_last_registered_runs_first() {
    // CK-039.
    let server = serve(async |mut env: Environment| -> Answer {
        for number in ["1", "2", "3"] {
            env.on_sending_headers(move |env| {
                env.response_mut().headers_mut()?.append("x-order", number)
            })?;
        }
        Ok(env)
    })
    .await;
    assert_eq!(server.get("/").await.all("x-order"), ["3", "2", "1"]);
}

#[tokio::test]
async fn to_register_after_the_start_is_an_error() {
    // CK-040.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().flush().await?;
        let late = env.on_sending_headers(|_| Ok(())).is_err();
        env.response_mut().write(late.to_string()).await?;
        Ok(env)
    })
    .await;
    assert_eq!(server.get("/").await.text(), "true");
}

#[tokio::test]
async fn a_callback_that_fails_or_panics_gives_500() {
    // OWIN-118.
    let server = serve(async |mut env: Environment| -> Answer {
        let panics = env.request().query_string() == "panic";
        env.response_mut().set_status(StatusCode::CREATED)?;
        env.response_mut().headers_mut()?.set("x", "1")?;
        env.on_sending_headers(move |_| {
            assert!(!panics, "on purpose");
            Err(Error::app("on purpose"))
        })?;
        if env.request().path() == "/pushed" {
            env.response_mut().write("body").await?;
            env.response_mut().flush().await?;
        }
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    for target in ["/pushed?error", "/whole?error", "/pushed?panic", "/whole?panic"] {
        let response = client.get(target).await;
        assert_eq!(
            (response.status, response.field("x"), response.text()),
            (500, None, ""),
            "{target}"
        );
    }
}

#[tokio::test]
async fn the_end_of_a_call_whose_client_went_is_told_as_such() {
    let (told, mut outcomes) = seen();
    let server = serve(move |mut env: Environment| {
        let told = told.clone();
        async move {
            told.send(None).unwrap();
            env.on_completed(move |outcome| told.send(Some(outcome)).unwrap_or_default())?;
            env.request().cancelled().clone().cancelled().await;
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(outcomes.next("the call").await, None);
    client.reset();
    assert_eq!(outcomes.next("the outcome").await, Some(Outcome::Cancelled));
}

#[tokio::test]
async fn the_end_of_a_call_is_told_with_its_outcome() {
    let (told, mut outcomes) = seen();
    let server = serve(move |mut env: Environment| {
        let told = told.clone();
        async move {
            env.on_completed(move |outcome| told.send(outcome).unwrap_or_default())?;
            if env.request().path() == "/fail" {
                return Err(Error::app("on purpose"));
            }
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    client.get("/").await;
    assert_eq!(outcomes.next("the outcome").await, Outcome::Completed);
    client.get("/fail").await;
    assert_eq!(outcomes.next("the outcome").await, Outcome::Failed);
    assert_eq!(outcomes.rest().len(), 0);
}
