//! What goes out.

use owin_core::http::{HeaderName, StatusCode};
use owin_core::{AppExt, Environment, Error, Lint, keys};
use tokio::sync::Semaphore;

use crate::support::{Answer, echo, hello, serve, tell};

#[tokio::test]
async fn hello_comes_with_its_length_and_a_date() {
    let server = serve(hello("hello")).await;
    let answer = server.get("/").await;
    assert_eq!((answer.line.as_str(), answer.text().as_str()), ("HTTP/1.1 200 OK", "hello"));
    assert_eq!(answer.field("content-length"), Some("5"));
    assert!(answer.field("date").is_some_and(|date| date.ends_with(" GMT")), "{answer:?}");
}

#[tokio::test]
async fn a_flush_is_seen_before_the_end() {
    static GATE: Semaphore = Semaphore::const_new(0);
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().write("first").await?;
        env.response_mut().flush().await?;
        GATE.acquire().await.unwrap().forget();
        env.response_mut().write("second").await?;
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(client.head().await.field("transfer-encoding"), Some("chunked"));
    assert_eq!(client.chunk().await.unwrap(), b"first");
    GATE.add_permits(1);
    assert_eq!(client.chunk().await.unwrap(), b"second");
    assert_eq!(client.chunk().await, None);
}

#[tokio::test]
async fn what_was_pushed_goes_out_while_the_app_waits_for_something_else() {
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().write(vec![b'x'; 10_000]).await?;
        std::future::pending::<()>().await;
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.head().await;
    assert_eq!(client.chunk().await.unwrap().len(), 10_000);
}

#[tokio::test]
async fn head_204_and_304_have_no_body() {
    let server = serve(async |mut env: Environment| -> Answer {
        let status = env.request().path().trim_start_matches('/').parse().unwrap_or(200);
        env.response_mut().set_status(StatusCode::from_u16(status).unwrap())?;
        if status == 200 {
            env.response_mut().set_body("a body");
        }
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let head = client.head().await;
    assert_eq!((head.status, head.field("content-length")), (200, Some("6")));
    for status in ["204", "304"] {
        let answer = client.get(&format!("/{status}")).await;
        assert_eq!(answer.status.to_string(), status);
        assert_eq!(answer.field("content-length"), None, "{answer:?}");
        assert_eq!(answer.field("transfer-encoding"), None, "{answer:?}");
    }
    assert_eq!(client.get("/").await.text(), "a body", "nothing was left over");
}

#[tokio::test]
async fn trailers_follow_the_last_chunk() {
    let server = serve(async |mut env: Environment| -> Answer {
        let mut trailers = owin_core::Headers::new();
        trailers.set("x-sum", "7")?;
        env.set(keys::SERVER_RESPONSE_TRAILERS, trailers)?;
        env.response_mut().write("body").await?;
        env.response_mut().flush().await?;
        Ok(env)
    })
    .await;
    let answer = server.get("/").await;
    assert_eq!((answer.text().as_str(), answer.trailers), ("body", vec!["x-sum: 7".to_owned()]));
}

#[tokio::test]
async fn a_reason_and_fields_beyond_ascii_go_out_as_they_are() {
    let server = serve(async |mut env: Environment| -> Answer {
        env.set(
            keys::RESPONSE_REASON_PHRASE,
            owin_core::features::ReasonPhrase::from_static("Fine"),
        )?;
        env.response_mut().headers_mut()?.set("x-name", "caf\u{e9}")?;
        Ok(env)
    })
    .await;
    let answer = server.get("/").await;
    assert_eq!(answer.line, "HTTP/1.1 200 Fine");
    assert_eq!(answer.field("x-name"), Some("caf\u{e9}"));
}

#[tokio::test]
async fn framing_is_the_servers_alone() {
    let server = serve(async |mut env: Environment| -> Answer {
        for (name, value) in [("transfer-encoding", "gzip"), ("keep-alive", "9")] {
            env.response_mut().headers_mut()?.set(HeaderName::from_static(name), value)?;
        }
        env.response_mut().set_body("body");
        Ok(env)
    })
    .await;
    let answer = server.get("/").await;
    assert_eq!(answer.field("transfer-encoding"), None);
    assert_eq!(answer.field("keep-alive"), None);
    assert_eq!(answer.text(), "body");
}

#[tokio::test]
async fn http_10_gets_no_chunks() {
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().write("some").await?;
        env.response_mut().flush().await?;
        env.response_mut().write(" more").await?;
        Ok(env)
    })
    .await;
    let closing = server.answer_to("GET / HTTP/1.0\r\n\r\n").await;
    assert_eq!(closing.field("transfer-encoding"), None);
    assert_eq!(closing.field("content-length"), None, "the end of the connection tells");
    assert_eq!(closing.text(), "some more");
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").await;
        let kept = client.response().await;
        assert_eq!(kept.field("content-length"), Some("9"), "it was collected");
        assert_eq!(kept.field("connection"), Some("keep-alive"));
        assert_eq!(kept.text(), "some more");
    }
}

#[tokio::test]
async fn too_much_to_be_collected_is_an_error_and_not_a_part() {
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().flush().await?;
        for _ in 0..40 {
            env.response_mut().write(vec![b'x'; 65_536]).await?;
        }
        Ok(env)
    })
    .await;
    let request = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    let answer = server.answer_to(request).await;
    assert_eq!((answer.status, answer.field("connection")), (500, Some("close")));
}

#[tokio::test]
async fn the_app_knows_the_connection_and_the_server() {
    let server = serve(tell(|env| {
        let keys = [keys::SERVER_REMOTE_IP_ADDRESS, keys::SERVER_LOCAL_IP_ADDRESS];
        let addresses = keys.map(|key| env.get(key).unwrap_or("none").to_owned());
        let capabilities = env.get(keys::SERVER_CAPABILITIES).unwrap();
        let name = capabilities.get(keys::SERVER_NAME).unwrap();
        let absent = env.get(keys::OPAQUE_UPGRADE).is_none()
            && env.get(keys::SENDFILE_SEND_ASYNC).is_none()
            && env.get(keys::SSL_HANDSHAKE).is_none();
        format!("{addresses:?} {name} {absent}")
    }))
    .await;
    let answer = server.get("/").await;
    assert_eq!(answer.text(), r#"["127.0.0.1", "127.0.0.1"] tiny-http true"#);
}

#[tokio::test]
async fn no_rule_of_the_contract_is_broken() {
    let (lint, violations) = Lint::recording();
    let server = serve(echo.with(lint)).await;
    let mut client = server.connect().await;
    for request in [
        "GET /a%20b?c HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET http://other/ HTTP/1.0\r\n\r\n",
    ] {
        client.send(request).await;
        assert_eq!(client.response().await.status, 200, "{request:?}");
    }
    let said: Vec<String> = violations.take().iter().map(ToString::to_string).collect();
    assert!(said.is_empty(), "{said:?}");
}

#[tokio::test]
async fn an_upgrade_is_not_offered() {
    let server = serve(async |env: Environment| -> Answer {
        match env.get(keys::OPAQUE_UPGRADE) {
            Some(_) => Err(Error::app("it is offered")),
            None => Ok(env),
        }
    })
    .await;
    let request = "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";
    let answer = server.answer_to(request).await;
    assert_eq!((answer.status, answer.field("connection")), (200, Some("close")));
}
