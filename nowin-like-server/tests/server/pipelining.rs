//! Requests that do not wait for the answer before.

use std::sync::Arc;

use owin_core::Environment;
use tokio::sync::Notify;

use crate::support::{Answer, pattern, post, post_chunked, seen, serve, tell};

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    // HT-19.
    let server = serve(async |mut env: Environment| -> Answer {
        let body = env.request_mut().body_mut().read_to_end(10_000).await?;
        let told = format!("{} {}", env.request().path(), body.len());
        env.response_mut().set_body(told);
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    let mut all = Vec::new();
    for number in 0..50 {
        let body = pattern(number * 7);
        let request = if number % 2 == 0 { post("/even", &body) } else { post_chunked(&body, 5) };
        all.extend_from_slice(&request);
    }
    client.send(all).await;
    for number in 0..50 {
        let path = if number % 2 == 0 { "/even" } else { "/" };
        assert_eq!(client.response().await.text(), format!("{path} {}", number * 7));
    }
}

#[tokio::test]
async fn a_slow_first_request_holds_the_others_back() {
    // HT-19.
    let (told, mut calls) = seen();
    let go_on = Arc::new(Notify::new());
    let wait = Arc::clone(&go_on);
    let server = serve(move |mut env: Environment| {
        let (told, wait) = (told.clone(), Arc::clone(&wait));
        async move {
            let path = env.request().path().to_owned();
            told.send(path.clone()).unwrap();
            if path == "/slow" {
                wait.notified().await;
            }
            env.response_mut().set_body(path);
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    let requests =
        ["/slow", "/fast", "/last"].map(|path| format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n"));
    client.send(requests.concat()).await;
    assert_eq!(calls.next("the first call").await, "/slow");
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(calls.rest(), [""; 0], "the calls of a connection come one after the other");
    go_on.notify_one();
    for path in ["/slow", "/fast", "/last"] {
        assert_eq!(client.response().await.text(), path);
    }
}

#[tokio::test]
async fn a_slow_second_request_does_not_hold_the_first_answer_back() {
    // HT-19.
    let go_on = Arc::new(Notify::new());
    let wait = Arc::clone(&go_on);
    let server = serve(move |mut env: Environment| {
        let wait = Arc::clone(&wait);
        async move {
            let path = env.request().path().to_owned();
            if path == "/slow" {
                wait.notified().await;
            }
            env.response_mut().set_body(path);
            Ok(env)
        }
    })
    .await;
    let mut client = server.connect().await;
    let requests = ["/fast", "/slow"].map(|path| format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n"));
    client.send(requests.concat()).await;
    assert_eq!(client.response().await.text(), "/fast");
    go_on.notify_one();
    assert_eq!(client.response().await.text(), "/slow");
}

#[tokio::test]
async fn an_answer_does_not_wait_for_a_request_that_has_only_begun() {
    // HT-19.
    let server = serve(tell(|env| env.request().path().to_owned())).await;
    let mut client = server.connect().await;
    client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHo").await;
    assert_eq!(client.response().await.text(), "/a");
    client.send("st: h\r\n\r\n").await;
    assert_eq!(client.response().await.text(), "/b");
}

#[tokio::test]
async fn a_second_request_that_breaks_off_leaves_the_first_answer_whole() {
    // HT-19, OWIN-117.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().write("text").await?;
        if env.request().path() == "/broken" {
            env.response_mut().flush().await?;
            return Err(owin_core::Error::app("on purpose"));
        }
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    let requests = ["/fine", "/broken", "/never"]
        .map(|path| format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n"));
    client.send(requests.concat()).await;
    assert_eq!(client.response().await.text(), "text");
    let rest = client.try_rest().await.unwrap_or_default();
    assert!(!rest.contains("\r\n0\r\n") && rest.matches("HTTP/1.1").count() == 1, "{rest}");
}

#[tokio::test]
async fn pipelined_requests_that_nobody_reads_bodies_of_stay_in_step() {
    // HT-19, OWIN-062.
    let server = serve(tell(|env| env.request().raw_target().unwrap_or_default().to_owned())).await;
    let mut client = server.connect().await;
    let inner = b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
    let all = [post("/a", inner), post_chunked(inner, 9), post("/c", inner)].concat();
    client.send(all).await;
    for target in ["/a", "/", "/c"] {
        assert_eq!(client.response().await.text(), target);
    }
}

#[tokio::test]
async fn more_pipelined_requests_than_are_read_ahead_are_all_answered() {
    // HT-19.
    let server = serve(tell(|env| env.request().query_string().to_owned())).await;
    let mut stream = server.connect().await.into_stream();
    let requests: String =
        (0..5_000).map(|number| format!("GET /?{number} HTTP/1.1\r\nHost: h\r\n\r\n")).collect();
    let (mut reader, mut writer) = stream.split();
    let writing = async {
        tokio::io::AsyncWriteExt::write_all(&mut writer, requests.as_bytes()).await.unwrap();
        tokio::io::AsyncWriteExt::shutdown(&mut writer).await.unwrap();
    };
    let mut all = String::new();
    let reading = tokio::io::AsyncReadExt::read_to_string(&mut reader, &mut all);
    let ((), read) =
        crate::support::soon("all answers", async { tokio::join!(writing, reading) }).await;
    assert!(read.is_ok());
    let bodies: Vec<_> = all.split("HTTP/1.1 200 OK").skip(1).collect();
    assert_eq!(bodies.len(), 5_000);
    for (number, body) in bodies.iter().enumerate() {
        assert!(body.ends_with(&format!("\r\n\r\n{number}")), "{number}: {body}");
    }
}
