//! The body of a request: fed, read, broken off, limited.

use http::Version;
use http_body::Body as _;
use owin_core::testing::TestHost;
use owin_core::{App, Environment, Error, ErrorKind, Event, RequestBody};

use crate::support::{Answer, Notes, connect};

/// Reads all chunks and joins them by `|`; the error, where there is one, comes last.
async fn chunks(body: &mut RequestBody) -> String {
    let mut told = Vec::new();
    loop {
        match body.chunk().await {
            Ok(Some(chunk)) => told.push(String::from_utf8_lossy(&chunk).into_owned()),
            Ok(None) => break,
            Err(error) => {
                told.push(error.to_string());
                break;
            }
        }
    }
    told.join("|")
}

#[tokio::test]
async fn an_empty_body_is_at_its_end() {
    // OWIN-011, OWIN-049.
    let mut body = RequestBody::empty();
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));
    assert_eq!(chunks(&mut body).await, "");
    assert!(body.trailers().is_none());
}

#[tokio::test]
async fn what_is_sent_arrives_in_order_and_ends() {
    // OWIN-047.
    let (mut sender, mut body) = RequestBody::channel();
    let feed = async {
        for piece in ["one", "", "two", "three"] {
            sender.send(piece).await?;
        }
        sender.finish();
        Ok::<_, Error>(())
    };
    let (seen, fed) = tokio::join!(chunks(&mut body), feed);
    assert_eq!((seen.as_str(), fed.is_ok()), ("one|two|three", true));
    assert!(body.is_end_stream());
}

#[tokio::test]
async fn a_sender_knows_when_the_reader_asks() {
    // OWIN-051: what a server sends 100 (Continue) for.
    let (mut sender, mut body) = RequestBody::channel();
    let asked = {
        let mut ready = Box::pin(sender.ready());
        assert!(futures_poll(ready.as_mut()).is_pending(), "nobody has read yet");
        let mut chunk = Box::pin(body.chunk());
        assert!(futures_poll(chunk.as_mut()).is_pending());
        futures_poll(ready.as_mut())
    };
    assert_eq!(asked, std::task::Poll::Ready(true));
}

fn futures_poll<F: Future>(future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
    future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

#[tokio::test]
async fn a_body_that_breaks_off_is_an_error_and_no_end() {
    // OWIN-064, DF-17.
    let (mut sender, mut body) = RequestBody::channel();
    let feed = async {
        sender.send("half").await.unwrap();
        drop(sender);
    };
    let (seen, ()) = tokio::join!(chunks(&mut body), feed);
    assert_eq!(seen, "half|the body of the request broke off");
}

#[tokio::test]
async fn a_body_that_broke_off_never_looks_whole() {
    // OWIN-064: whoever swallows the first error must not take the rest for the end.
    let (sender, mut body) = RequestBody::channel();
    sender.abort(Error::peer("too slow").with_status(http::StatusCode::REQUEST_TIMEOUT));
    for _ in 0..3 {
        let error = body.chunk().await.unwrap_err();
        assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Peer, 408));
        assert!(!body.is_end_stream());
    }
}

#[tokio::test]
async fn what_was_sent_before_an_abort_still_arrives() {
    let (mut sender, mut body) = RequestBody::channel();
    let mut first = Box::pin(body.chunk());
    assert!(futures_poll(first.as_mut()).is_pending());
    sender.send("half").await.unwrap();
    sender.abort(Error::peer("too slow"));
    assert_eq!(first.await.unwrap().unwrap(), "half");
    assert_eq!(body.chunk().await.unwrap_err().to_string(), "too slow");
}

#[tokio::test]
async fn a_sender_is_told_that_nobody_reads() {
    // OWIN-062.
    let (mut sender, body) = RequestBody::channel();
    drop(body);
    assert!(!sender.ready().await);
    assert_eq!(sender.send("x").await.unwrap_err().kind(), ErrorKind::App);
    assert!(sender.finish_with(http::HeaderMap::new()).await.is_err());
}

#[tokio::test]
async fn a_body_within_the_limit_is_read_to_its_end() {
    for (text, max_bytes) in [("", 0), ("hello", 5), ("hello", 6)] {
        let mut body = RequestBody::from(owin_core::body::Whole::from(text));
        assert_eq!(body.read_to_end(max_bytes).await.unwrap(), text);
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_answered_with_413() {
    let host = TestHost::new(async |mut env: Environment| -> Answer {
        let _body = env.request_mut().body_mut().read_to_end(4).await?;
        Ok(env)
    });
    let error = host.post("/").body("hello").send().await.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Peer, 413));
}

#[tokio::test]
async fn the_limit_counts_all_pieces_together() {
    let (mut sender, mut body) = RequestBody::channel();
    let feed = async {
        for piece in ["123", "456"] {
            sender.send(piece).await?;
        }
        sender.finish();
        Ok::<_, Error>(())
    };
    let (read, _fed) = tokio::join!(body.read_to_end(5), feed);
    assert_eq!(read.unwrap_err().status(), 413);
}

#[tokio::test]
async fn a_failed_read_that_the_app_lets_escape_is_the_peers_fault() {
    // OWIN-065.
    let host = TestHost::new(async |mut env: Environment| -> Answer {
        while env.request_mut().body_mut().chunk().await?.is_some() {}
        Ok(env)
    });
    let (sender, request) = host.post("/").stream();
    drop(sender);
    assert_eq!(request.send().await.unwrap_err().status(), 400);
}

#[tokio::test]
async fn a_middleware_can_replace_the_body() {
    let notes = Notes::default();
    let noted = notes.clone();
    let host = TestHost::new(move |mut env: Environment| {
        let noted = noted.clone();
        async move {
            let mut inner = env.request_mut().take_body();
            assert!(env.request_mut().body_mut().chunk().await?.is_none(), "it was taken");
            let upper = inner.read_to_end(100).await?.to_ascii_uppercase();
            let before =
                env.request_mut().set_body(RequestBody::from(owin_core::body::Whole::from(upper)));
            assert!(before.is_end_stream());
            noted.add(chunks(env.request_mut().body_mut()).await);
            Ok(env)
        }
    });
    let _response = host.post("/").body("quiet").send().await.unwrap();
    assert_eq!(notes.all(), "QUIET");
}

/// The events of a call with a body of five bytes, which come as soon as the app reads.
async fn fed(app: impl App, fields: &[(&str, &str)], protocol: Version) -> String {
    let mut call = connect(app);
    let mut env = call.prepare();
    env.request_mut().set_protocol(protocol);
    for (name, value) in fields {
        env.request_mut().headers_mut().append(*name, *value).unwrap();
    }
    let mut sender = call.start_fed(env, 5);
    let feed = async {
        if sender.send("hello").await.is_ok() {
            sender.finish();
        }
        std::future::pending::<()>().await;
    };
    let events = async {
        let mut told = Vec::new();
        loop {
            match call.event().await {
                Event::Continue => told.push("Continue".to_owned()),
                Event::Head => told.push("Head".to_owned()),
                Event::Data(data) => told.push(String::from_utf8_lossy(&data).into_owned()),
                Event::End => return told.join(" "),
                _ => {}
            }
        }
    };
    tokio::select! {
        biased;
        told = events => told,
        () = feed => unreachable!(),
    }
}

async fn echo(mut env: Environment) -> Answer {
    let body = env.request_mut().body_mut().read_to_end(10).await?;
    env.response_mut().set_body(body);
    Ok(env)
}

#[tokio::test]
async fn a_client_that_waits_is_asked_once_when_the_app_reads() {
    // OWIN-050, OWIN-053.
    let waits = [("expect", "100-Continue")];
    assert_eq!(fed(echo, &waits, Version::HTTP_11).await, "Continue Head hello");
    assert_eq!(fed(echo, &[], Version::HTTP_11).await, "Head hello");
    assert_eq!(fed(echo, &waits, Version::HTTP_10).await, "Head hello");
}

#[tokio::test]
async fn a_client_that_waits_is_asked_where_another_task_of_the_app_reads() {
    let app = async |env: Environment| -> Answer { tokio::spawn(echo(env)).await.unwrap() };
    let mut call = connect(app);
    let mut env = call.prepare();
    env.request_mut().headers_mut().set("expect", "100-continue").unwrap();
    let mut sender = call.start_fed(env, 5);
    assert!(matches!(call.event().await, Event::Continue));
    let feed = async {
        sender.send("hello").await.unwrap();
        sender.finish();
    };
    let (event, ()) = tokio::join!(call.event(), feed);
    assert!(matches!(event, Event::Head));
}

#[tokio::test]
async fn a_client_that_waits_is_not_asked_for_a_body_that_nobody_reads_before_the_answer() {
    // OWIN-051.
    let waits = [("expect", "100-continue")];
    let unread = async |env: Environment| -> Answer { Ok(env) };
    assert_eq!(fed(unread, &waits, Version::HTTP_11).await, "Head");
    let late = async |mut env: Environment| -> Answer {
        env.response_mut().flush().await?;
        let body = env.request_mut().body_mut().read_to_end(10).await?;
        env.response_mut().write(body).await?;
        Ok(env)
    };
    assert_eq!(fed(late, &waits, Version::HTTP_11).await, "Head hello");
}
