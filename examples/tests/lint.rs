//! The example apps keep the contract, on every server that is in the process.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use examples::apps::{hello, plaintext};
use owin_core::lint::Violations;
use owin_core::testing::{TestHost, TestRequest};
use owin_core::{App, AppExt, Lint};

fn linted(app: impl App) -> (TestHost, Violations) {
    let (lint, violations) = Lint::recording();
    (TestHost::new(app.with(lint)), violations)
}

async fn silent(request: TestRequest, violations: &Violations) -> u16 {
    let mut response = request.send().await.unwrap();
    response.bytes().await.unwrap();
    let said: Vec<String> = violations.take().iter().map(ToString::to_string).collect();
    assert!(said.is_empty(), "{said:?}");
    response.status().as_u16()
}

#[tokio::test]
async fn hello_passes_in_silence() {
    let (host, violations) = linted(hello);
    assert_eq!(silent(host.get("/"), &violations).await, 200);
    assert_eq!(silent(host.get("/env?a=b"), &violations).await, 200);
    assert_eq!(silent(host.get("/nowhere"), &violations).await, 404);
    assert_eq!(silent(host.get("/echo"), &violations).await, 405);
    let head = host.request(owin_core::http::Method::HEAD, "/");
    assert_eq!(silent(head, &violations).await, 200);
    assert_eq!(silent(host.post("/echo").body("abc"), &violations).await, 200);
}

#[tokio::test]
async fn a_streamed_echo_passes_in_silence() {
    let (host, violations) = linted(hello);
    let (mut sender, request) = host.post("/echo").stream();
    let fed = async move {
        sender.send("abc").await.unwrap();
        sender.send("def").await.unwrap();
        sender.finish();
    };
    let (status, ()) = tokio::join!(silent(request, &violations), fed);
    assert_eq!(status, 200);
}

#[tokio::test]
async fn plaintext_passes_in_silence() {
    let (host, violations) = linted(plaintext);
    assert_eq!(silent(host.get("/"), &violations).await, 200);
}
