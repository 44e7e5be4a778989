//! Apps that fail, before the response has started and after.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use owin_core::features::Outcome;
use owin_core::{Environment, Error};

use crate::support::{app, serve};

#[tokio::test]
async fn an_app_that_fails_before_the_start_gives_500_with_none_of_its_headers() {
    let served =
        serve(app(async |mut env: Environment| {
            env.response_mut().headers_mut()?.set("x-secret", "1")?;
            env.response_mut().write("half").await?;
            match env.request().path() {
                "/panic" => panic!("on purpose"),
                "/peer" => Err(Error::peer("too much")
                    .with_status(owin_core::http::StatusCode::PAYLOAD_TOO_LARGE)),
                _ => Err(Error::app("on purpose")),
            }
        }))
        .await;
    let mut client = served.connect().await;
    for (path, status) in [("/error", 500), ("/panic", 500), ("/peer", 413), ("/error", 500)] {
        let answer = client.get(path).await;
        assert_eq!((answer.status, answer.field("x-secret"), answer.text()), (status, None, ""));
    }
    served.stop().await;
}

#[tokio::test]
async fn an_app_that_fails_after_the_start_breaks_the_response_off() {
    let served = serve(app(async |mut env: Environment| {
        if env.request().path() == "/length" {
            env.response_mut().headers_mut()?.set("content-length", "100")?;
        }
        env.response_mut().write("begun").await?;
        env.response_mut().flush().await?;
        env.response_mut().write(" and sent").await?;
        match env.request().path() {
            "/panic" => panic!("on purpose"),
            "/length" => Ok(env),
            _ => Err(Error::app("on purpose")),
        }
    }))
    .await;
    for path in ["/error", "/panic", "/length"] {
        let mut client = served.connect().await;
        client.send(format!("GET {path} HTTP/1.1\r\nhost: h\r\n\r\n")).await;
        assert_eq!(client.head().await.status, 200);
        let rest = String::from_utf8(client.rest().await).unwrap();
        assert!(rest.contains("begun") && !rest.contains("0\r\n\r\n"), "{path}: {rest:?}");
    }
    served.stop().await;
}

#[tokio::test]
async fn a_body_that_ends_with_its_connection_is_broken_off_by_a_reset() {
    let served = serve(app(async |mut env: Environment| {
        env.response_mut().write("begun").await?;
        env.response_mut().flush().await?;
        if env.request().path() == "/whole" { Ok(env) } else { Err(Error::app("on purpose")) }
    }))
    .await;
    for (path, is_whole) in [("/whole", true), ("/broken", false)] {
        let mut client = served.connect().await;
        client.send(format!("GET {path} HTTP/1.0\r\n\r\n")).await;
        client.head().await;
        let mut rest = Vec::new();
        let read = tokio::io::AsyncReadExt::read_to_end(&mut client.reader, &mut rest).await;
        assert_eq!(read.is_ok(), is_whole, "{path}: {read:?}");
    }
    served.stop().await;
}

#[tokio::test]
async fn what_is_registered_for_the_end_of_a_call_hears_how_it_ended() {
    let ends = Arc::new([const { AtomicUsize::new(0) }; 3]);
    let told = Arc::clone(&ends);
    let served = serve(app(move |mut env: Environment| {
        let told = Arc::clone(&told);
        async move {
            env.on_completed(move |outcome: Outcome| {
                let index = match outcome {
                    Outcome::Completed => 0,
                    Outcome::Failed => 1,
                    _ => 2,
                };
                told[index].fetch_add(1, Ordering::SeqCst);
            })?;
            env.response_mut().set_body("done");
            Ok(env)
        }
    }))
    .await;
    let mut client = served.connect().await;
    for _ in 0..3 {
        client.get("/").await;
    }
    assert_eq!(ends[0].load(Ordering::SeqCst), 3);
    assert_eq!(ends[1].load(Ordering::SeqCst) + ends[2].load(Ordering::SeqCst), 0);
    served.stop().await;
}
