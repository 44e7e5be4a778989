//! Fields that a server takes out of a head, in place of copying them.

use http::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderValue};
use owin_core::features::Outcome;
use owin_core::{App, Environment, Error, Event};

use crate::support::connect;

/// The fields that are taken out of the head of an app's response, asked by a server that has maps,
/// or by one that has lines.
async fn taken(app: impl App, has_maps: bool) -> HeaderMap {
    let mut call = connect(app);
    let mut fields = HeaderMap::new();
    for _again in 0..2 {
        let mut env = call.prepare();
        if has_maps {
            env.request_mut().set_fields(HeaderMap::from_iter([(ETAG, HeaderValue::from(1))]));
        } else {
            env.request_mut().headers_mut().raw_mut().push("etag", b"1");
        }
        call.start(env);
        while !matches!(call.event().await, Event::Head | Event::Upgrade) {}
        let mut expected = HeaderMap::new();
        for (name, value) in call.head().fields() {
            expected.append(name, value.clone());
        }
        fields.clear();
        call.take_fields(&mut fields);
        assert_eq!(fields, expected);
        assert_eq!(call.head().fields().count(), 0, "they are gone");
        while !matches!(call.event().await, Event::End) {}
        call.complete(Outcome::Completed);
    }
    fields
}

/// An app that sets some fields, one of them the server's, and then starts the response or not.
fn setting(starts: bool) -> impl App {
    move |mut env: Environment| async move {
        let mut response = env.response_mut();
        let headers = response.headers_mut()?;
        headers.set(CONTENT_TYPE, "text/plain")?;
        headers.append("set-cookie", "a=1")?;
        headers.append("set-cookie", "b=2")?;
        headers.set("connection", "close")?;
        headers.set("transfer-encoding", "chunked")?;
        if starts {
            response.flush().await?;
        }
        Ok(env)
    }
}

#[tokio::test]
async fn those_of_the_app_are_taken_and_none_of_the_servers() {
    for (starts, has_maps) in [(false, false), (false, true), (true, false), (true, true)] {
        let fields = taken(setting(starts), has_maps).await;
        assert_eq!(fields.len(), 3, "{starts} {has_maps}");
        assert_eq!(fields[CONTENT_TYPE], "text/plain");
        assert!(fields.get_all("set-cookie").iter().eq(["a=1", "b=2"]));
    }
}

#[tokio::test]
async fn of_an_app_that_fails_there_are_none() {
    let failing = |mut env: Environment| async move {
        env.response_mut().headers_mut()?.set(CONTENT_TYPE, "text/plain")?;
        Err::<Environment, _>(Error::app("no"))
    };
    assert!(taken(failing, true).await.is_empty());
    assert!(taken(failing, false).await.is_empty());
}

#[tokio::test]
async fn the_fields_of_a_request_never_turn_up_in_the_response() {
    let silent = |env: Environment| async move { Ok::<_, Error>(env) };
    assert!(taken(silent, true).await.is_empty());
    assert!(taken(silent, false).await.is_empty());
}
