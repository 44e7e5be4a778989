//! What fails, and what a client sees of it.

use std::io::ErrorKind;

use owin_core::{Environment, Error};
use tokio::io::AsyncReadExt;

use crate::support::{Answer, serve, serve_blindly, sockets_are_found, soon};

/// Fails in the way that the path says.
async fn failing(mut env: Environment) -> Answer {
    let path = env.request().path().to_owned();
    env.response_mut().headers_mut()?.set("x-secret", "1")?;
    if path.contains("after") {
        if path.contains("length") {
            env.response_mut().headers_mut()?.set("content-length", "100")?;
        }
        env.response_mut().write("begun").await?;
        env.response_mut().flush().await?;
    }
    assert!(!path.contains("panic"), "on purpose");
    if path.contains("fail") { Err(Error::app("on purpose")) } else { Ok(env) }
}

#[tokio::test]
async fn what_fails_before_the_start_is_a_500_with_none_of_the_headers() {
    let server = serve(failing).await;
    let mut client = server.connect().await;
    for target in ["/fail", "/panic", "/fail"] {
        let answer = client.get(target).await;
        assert_eq!((answer.status, answer.field("x-secret")), (500, None), "{target}");
    }
    assert_eq!(client.get("/").await.status, 200, "the connection stays");
}

#[tokio::test]
async fn a_body_that_breaks_off_ends_with_the_connection() {
    if !sockets_are_found() {
        return;
    }
    let server = serve(failing).await;
    for target in ["/after/fail", "/after/panic", "/length/after/fail"] {
        let mut client = server.connect().await;
        let get = |target| format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n");
        client.send(get(target) + &get("/")).await;
        assert_eq!(client.head().await.status, 200);
        if target.contains("length") {
            assert_eq!(client.exactly(5).await, b"begun");
        } else {
            assert_eq!(client.chunk().await.unwrap(), b"begun");
        }
        client.is_closed().await;
    }
}

#[tokio::test]
async fn a_body_is_reset_where_the_end_of_the_connection_would_be_its_end() {
    if !sockets_are_found() {
        return;
    }
    let server = serve(failing).await;
    let mut client = server.connect().await;
    client.send("GET /after/fail HTTP/1.0\r\n\r\n").await;
    let ended = soon("the end", client.stream.read_to_end(&mut Vec::new())).await;
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn chunks_that_break_off_unseen_end_in_what_no_reader_takes() {
    let server = serve_blindly(failing).await;
    for target in ["/after/fail", "/after/panic"] {
        let mut client = server.connect().await;
        let both =
            format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
        client.send(both).await;
        assert_eq!(client.head().await.status, 200);
        assert_eq!(client.chunk().await.unwrap(), b"begun");
        assert_eq!(client.line().await, "FFFFFFFFFFFFFFFFF", "more than any reader takes");
        assert!(client.is_silent().await, "nothing may look like the rest");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_unseen_never_gets_its_length() {
    let server = serve_blindly(failing).await;
    let mut client = server.connect().await;
    let both =
        "GET /length/after/fail HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n";
    client.send(both).await;
    assert_eq!(client.head().await.field("content-length"), Some("100"));
    assert_eq!(client.exactly(5).await, b"begun");
    assert!(client.is_silent().await, "what was pipelined behind it is not answered");
}

#[tokio::test]
async fn a_body_that_breaks_off_ends_early_where_the_connection_closes() {
    let server = serve(failing).await;
    for target in ["/after/fail", "/length/after/fail"] {
        let mut client = server.connect().await;
        client.send(format!("GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")).await;
        let mut all = String::new();
        soon("the end", client.stream.read_to_string(&mut all)).await.unwrap();
        assert!(all.ends_with("begun") || all.ends_with("begun\r\n"), "no last chunk: {all}");
    }
}

#[tokio::test]
async fn a_wrong_length_is_the_apps_error() {
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().headers_mut()?.set("content-length", "3")?;
        env.response_mut().set_body("four");
        Ok(env)
    })
    .await;
    assert_eq!(server.get("/").await.status, 500);
}
