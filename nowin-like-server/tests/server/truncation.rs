//! Apps that fail after the response has started: the client can tell.

use owin_core::{Environment, Error};

use crate::support::{Answer, serve};

/// Starts a response, then fails as the path says.
async fn failing(mut env: Environment) -> Answer {
    let (path, query) = (env.request().path().to_owned(), env.request().query_string().to_owned());
    if !query.is_empty() {
        env.response_mut().headers_mut()?.set("content-length", query)?;
    }
    env.response_mut().write("eleven byte").await?;
    env.response_mut().flush().await?;
    match path.as_str() {
        "/error" => Err(Error::app("on purpose")),
        "/panic" => panic!("on purpose"),
        "/write-then-error" => {
            env.response_mut().write("more").await?;
            Err(Error::app("on purpose"))
        }
        "/body" => {
            let (mut sender, body) = owin_core::RequestBody::channel();
            tokio::spawn(async move {
                sender.send("begun").await?;
                sender.abort(Error::app("on purpose"));
                Ok::<_, Error>(())
            });
            env.response_mut().set_body(owin_core::body::Whole::stream(body));
            Ok(env)
        }
        _ => Ok(env),
    }
}

#[tokio::test]
async fn chunks_have_no_last_one() {
    // OWIN-072, OWIN-117, DF-19.
    let server = serve(failing).await;
    for path in ["/error", "/panic", "/write-then-error", "/body"] {
        let all = server.all(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        assert!(all.contains("\r\n\r\nb\r\neleven byte\r\n"), "{path}: {all}");
        assert!(!all.contains("\r\n0\r\n"), "{path}: {all}");
        assert_eq!(all.matches("HTTP/1.1").count(), 1);
    }
}

#[tokio::test]
async fn a_known_length_is_not_reached() {
    // OWIN-072, OWIN-117, DF-12, DF-19.
    let server = serve(failing).await;
    for target in ["/error?20", "/panic?20", "/short?20"] {
        let all = server.all(format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        assert!(all.contains("content-length: 20\r\n"));
        assert!(all.ends_with("\r\n\r\neleven byte"), "{target}: {all}");
    }
}

#[tokio::test]
async fn a_body_up_to_the_end_of_the_connection_ends_with_a_reset() {
    // OWIN-072, OWIN-117: an orderly end would look whole to a client of HTTP/1.0.
    let server = serve(failing).await;
    for path in ["/error", "/panic", "/body"] {
        let mut client = server.connect().await;
        client.send(format!("GET {path} HTTP/1.0\r\n\r\n")).await;
        let end = client.try_rest().await;
        assert!(end.is_err(), "{path}: {end:?}");
    }
    // And its twin, which is whole.
    let all = server.all("GET /fine HTTP/1.0\r\n\r\n").await;
    assert!(all.ends_with("\r\n\r\neleven byte"), "{all}");
}

#[tokio::test]
async fn a_broken_response_is_followed_by_no_other() {
    // OWIN-117.
    let server = serve(failing).await;
    let request = "GET /error HTTP/1.1\r\nHost: h\r\n\r\nGET /fine HTTP/1.1\r\nHost: h\r\n\r\n";
    let mut client = server.connect().await;
    client.send(request).await;
    let mut seen = client.try_rest().await.unwrap_or_default();
    assert_eq!(seen.matches("HTTP/1.1").count(), 1, "{seen}");
    seen = server.all("GET /fine HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert!(seen.ends_with("\r\n0\r\n\r\n"));
}

#[tokio::test]
async fn more_bytes_than_the_length_are_never_sent() {
    // DF-13.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().headers_mut()?.set("content-length", "5")?;
        env.response_mut().write("hello").await?;
        env.response_mut().flush().await?;
        let refused = env.response_mut().write("world").await;
        if env.request().path() == "/propagated" { refused.map(|()| env) } else { Ok(env) }
    })
    .await;
    for path in ["/ignored", "/propagated"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        let all = server.all(request).await;
        assert!(all.ends_with("\r\n\r\nhello"), "{path}: {all}");
    }
}

#[tokio::test]
async fn a_whole_body_longer_than_its_length_is_cut_at_it() {
    // DF-13.
    let server = serve(async |mut env: Environment| -> Answer {
        env.response_mut().headers_mut()?.set("content-length", "5")?;
        let (mut sender, body) = owin_core::RequestBody::channel();
        tokio::spawn(async move {
            for text in ["hello", "world"] {
                sender.send(text).await?;
            }
            sender.finish();
            Ok::<_, Error>(())
        });
        env.response_mut().set_body(owin_core::body::Whole::stream(body));
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n".repeat(2)).await;
    let all = client.try_rest().await.unwrap_or_default();
    assert!(!all.contains("world"), "{all}");
    assert!(all.matches("HTTP/1.1").count() <= 1, "{all}");
}
