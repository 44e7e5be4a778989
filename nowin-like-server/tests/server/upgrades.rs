//! Connections that apps take over (Opaque 0.3): to whom it is offered, and how it is said.

use nowin_like_server::{Limits, NowinServer};
use owin_core::middleware::Next;
use owin_core::upgrade::{OpaqueStream, OpaqueUpgrade};
use owin_core::{App, AppExt, CancelReason, Environment, Error, Properties, from_fn, keys};

use crate::support::{Answer, Client, Response, Started, hello, seen, serve, start_built};

pub(crate) const ASK: &str = "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n\
    Upgrade: echo\r\n\r\n";

/// Sends everything back, up to the end.
pub(crate) async fn echo(mut stream: OpaqueStream) -> Result<(), Error> {
    let mut bytes = [0; 4_096];
    loop {
        let count = stream.read(&mut bytes).await?;
        if count == 0 {
            return stream.shutdown().await;
        }
        stream.write_all(bytes.get(..count).unwrap()).await?;
        stream.flush().await?;
    }
}

/// Takes every connection over that is offered, and does this with its bytes.
pub(crate) fn taking<F, Fut>(talk: F) -> impl App
where
    F: Fn(OpaqueStream) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    move |mut env: Environment| {
        let talk = talk.clone();
        async move {
            let Some(upgrade) = env.feature::<&OpaqueUpgrade>().cloned() else {
                env.response_mut().set_body("not offered");
                return Ok(env);
            };
            upgrade.accept(&mut env, None, async move |mut own| {
                talk(own.remove(keys::OPAQUE_STREAM)?.expect("a stream")).await
            })?;
            Ok(env)
        }
    }
}

/// A connection that was taken over.
pub(crate) async fn taken(server: &Started) -> Client {
    let mut client = server.connect().await;
    client.send(ASK).await;
    switched(&mut client).await;
    client
}

pub(crate) async fn switched(client: &mut Client) -> Response {
    let response = client.response_head().await;
    assert_eq!(response.status_line, "HTTP/1.1 101 Switching Protocols");
    response
}

/// The fields of an answer, without those that every answer has.
fn fields(response: &Response) -> Vec<(&str, &str)> {
    let fields = response.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    fields.filter(|(name, _)| !["date", "server"].contains(name)).collect()
}

#[tokio::test]
async fn the_answer_names_the_first_protocol_that_the_client_asked_for() {
    // OP-004, OP-005.
    let server = serve(taking(echo)).await;
    for asked in ["echo", "echo, other", " echo\r\nUpgrade: other"] {
        let mut client = server.connect().await;
        let head = "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, upgrade\r\n";
        client.send(format!("{head}Upgrade: {asked}\r\n\r\n")).await;
        let response = switched(&mut client).await;
        assert_eq!(fields(&response), [("connection", "upgrade"), ("upgrade", "echo")]);
        assert!(response.field("date").is_some() && response.field("server").is_some());
    }
}

#[tokio::test]
async fn the_answer_names_the_protocol_that_the_app_names() {
    let name = from_fn(async |mut env: Environment, next: Next| -> Answer {
        env.response_mut().headers_mut()?.set("Upgrade", "other/2")?;
        next.run(env).await
    });
    let server = serve(taking(echo).with(name)).await;
    let mut client = server.connect().await;
    client.send(ASK).await;
    let response = switched(&mut client).await;
    assert_eq!(fields(&response), [("connection", "upgrade"), ("upgrade", "other/2")]);
}

#[tokio::test]
async fn who_stands_outside_adds_fields_after_the_app_has_accepted() {
    // OP-007, OP-008.
    let add = from_fn(async |env: Environment, next: Next| -> Answer {
        let mut env = next.run(env).await?;
        assert_eq!(env.response().status().as_u16(), 101);
        env.response_mut().headers_mut()?.set("X-Late", "yes")?;
        Ok(env)
    });
    let server = serve(taking(echo).with(add)).await;
    let mut client = server.connect().await;
    client.send(ASK).await;
    assert_eq!(switched(&mut client).await.field("x-late"), Some("yes"));
}

#[tokio::test]
async fn what_may_not_upgrade_is_not_offered_it() {
    // OP-004, CK-021.
    let server = serve(taking(echo)).await;
    for (line, fields) in [
        ("GET / HTTP/1.1", "Upgrade: echo\r\n"),
        ("GET / HTTP/1.1", "Connection: keep-alive\r\nUpgrade: echo\r\n"),
        ("GET / HTTP/1.1", "Connection: upgrade\r\n"),
        ("GET / HTTP/1.1", "Connection: upgrade\r\nUpgrade:\r\n"),
        ("GET / HTTP/1.0", "Connection: upgrade\r\nUpgrade: echo\r\n"),
        ("POST / HTTP/1.1", "Connection: upgrade\r\nUpgrade: echo\r\nContent-Length: 0004\r\n"),
        (
            "POST / HTTP/1.1",
            "Connection: upgrade\r\nUpgrade: echo\r\nTransfer-Encoding: chunked\r\n",
        ),
    ] {
        let body = if fields.contains("chunked") { "4\r\nbody\r\n0\r\n\r\n" } else { "body" };
        let body = if line.starts_with("POST") { body } else { "" };
        let answer = server.answer_to(format!("{line}\r\nHost: h\r\n{fields}\r\n{body}")).await;
        assert_eq!((answer.status, answer.text()), (200, "not offered"), "{line} {fields}");
    }
}

#[tokio::test]
async fn an_offer_that_was_not_taken_is_not_one_to_the_next_request() {
    // OP-001, OP-004: a handle that was kept is of no use either.
    let server = serve(async |mut env: Environment| -> Answer {
        if env.request().path() == "/take" {
            OpaqueUpgrade::new("echo").accept(&mut env, None, async |_| Ok(()))?;
        }
        Ok(env)
    })
    .await;
    let mut client = server.connect().await;
    client.send(ASK).await;
    assert_eq!(client.response().await.status, 200);
    let response = client.get("/take").await;
    assert_eq!((response.status, response.closes()), (500, true));
    client.is_closed().await;
}

#[tokio::test]
async fn an_app_that_fails_after_it_has_accepted_is_answered_with_500() {
    // OP-013.
    let fail = from_fn(async |env: Environment, next: Next| -> Answer {
        drop(next.run(env).await?);
        Err(Error::app("on purpose"))
    });
    let server = serve(taking(echo).with(fail)).await;
    let mut client = server.connect().await;
    client.send(ASK).await;
    assert_eq!(client.response().await.status, 500);
    assert_eq!(client.get("/").await.status, 500, "it goes on as HTTP");
}

#[tokio::test]
async fn the_token_of_the_call_fires_where_the_client_leaves_before_the_switch() {
    // OP-014.
    let (told, mut steps) = seen();
    let hold = from_fn(move |env: Environment, next: Next| {
        let told = told.clone();
        async move {
            let env = next.run(env).await?;
            told.send(None).unwrap();
            told.send(Some(env.request().cancelled().cancelled().await)).unwrap();
            Ok(env)
        }
    });
    let server = serve(taking(async |_| panic!("the callback runs")).with(hold)).await;
    let mut client = server.connect().await;
    client.send(ASK).await;
    assert_eq!(steps.next("the accept").await, None);
    client.reset();
    assert_eq!(steps.next("the token").await, Some(CancelReason::PeerReset));
}

#[tokio::test]
async fn a_server_that_can_upgrade_says_so() {
    // OP-002.
    for (most, said) in [(None, Some("1.0")), (Some(1), Some("1.0")), (Some(0), None)] {
        let mut limits = Limits::edge();
        limits.upgraded_connections = most;
        let server = NowinServer::new().with_limits(limits).unwrap();
        let mut properties = Properties::new();
        properties.listen_on("http://127.0.0.1:0".parse().unwrap());
        let server = start_built(server, properties, |properties| {
            let capabilities = properties.get(keys::SERVER_CAPABILITIES).unwrap();
            assert_eq!(capabilities.get(keys::OPAQUE_VERSION), said);
            Ok(taking(echo).boxed())
        });
        let server = server.await.unwrap();
        let mut client = server.connect().await;
        client.send(ASK).await;
        let offered = client.response_head().await.status == 101;
        assert_eq!(offered, said.is_some(), "{most:?}");
    }
}

#[tokio::test]
async fn without_an_app_that_takes_it_nothing_is_upgraded() {
    // attack 5: for h2c there is a row of the corpus.
    let server = serve(hello("plain")).await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send(ASK).await;
        let response = client.response().await;
        assert_eq!((response.status, response.text()), (200, "plain"));
        assert_eq!(response.field("upgrade"), None);
    }
}
