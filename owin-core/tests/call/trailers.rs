//! Trailer fields, both ways.

use http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt as _, Full};
use owin_core::body::Whole;
use owin_core::features::{Trailers, TrailersMut};
use owin_core::testing::TestHost;
use owin_core::{BodyLength, Environment, Headers, keys};

use crate::support::{Answer, Notes, serve};

fn checksum() -> HeaderMap {
    HeaderMap::from_iter([(http::HeaderName::from_static("x-sum"), HeaderValue::from_static("7"))])
}

#[tokio::test]
async fn trailers_of_the_environment_follow_the_body() {
    let sent = serve(async |mut env: Environment| -> Answer {
        env.response_mut().set_body("hello");
        env.feature_mut::<TrailersMut<'_>>().unwrap().append("x-sum", "7")?;
        Ok(env)
    })
    .await;
    assert_eq!(sent.events(), "Head Data Trailers End");
    assert_eq!(sent.length, Some(BodyLength::Unknown), "they need chunks");
    assert_eq!(sent.trailers, Some(checksum()));
}

#[tokio::test]
async fn trailers_can_be_set_after_the_start() {
    let sent = serve(async |mut env: Environment| -> Answer {
        env.response_mut().write("hello").await?;
        env.response_mut().flush().await?;
        env.set(keys::SERVER_RESPONSE_TRAILERS, Headers::from(checksum()))?;
        Ok(env)
    })
    .await;
    assert_eq!((sent.text(), sent.trailers.as_ref()), ("hello", Some(&checksum())));
}

#[tokio::test]
async fn trailers_of_a_body_that_was_handed_over_are_sent() {
    let sent = serve(async |mut env: Environment| -> Answer {
        let body = Full::new(bytes::Bytes::from_static(b"hello"));
        let trailers = async { Some(Ok(checksum())) };
        env.response_mut().set_body(Whole::stream(body.with_trailers(trailers)));
        Ok(env)
    })
    .await;
    assert_eq!((sent.text(), sent.trailers.as_ref()), ("hello", Some(&checksum())));
}

#[tokio::test]
async fn trailers_of_a_body_that_was_pushed_further_are_sent() {
    let sent = serve(async |mut env: Environment| -> Answer {
        let body = Full::new(bytes::Bytes::from_static(b"hello"));
        let trailers = async { Some(Ok(checksum())) };
        env.response_mut().set_body(Whole::stream(body.with_trailers(trailers)));
        env.response_mut().write(", world").await?;
        Ok(env)
    })
    .await;
    assert_eq!((sent.text(), sent.trailers.as_ref()), ("hello, world", Some(&checksum())));
}

#[tokio::test]
async fn a_response_without_a_body_has_no_trailers() {
    let sent = serve(async |mut env: Environment| -> Answer {
        env.response_mut().set_status(http::StatusCode::NO_CONTENT)?;
        env.set(keys::SERVER_RESPONSE_TRAILERS, Headers::from(checksum()))?;
        Ok(env)
    })
    .await;
    assert_eq!((sent.events().as_str(), sent.length), ("Head End", Some(BodyLength::None)));
}

#[tokio::test]
async fn trailers_of_the_request_are_visible_after_its_end_and_not_before() {
    // OWIN-048.
    let notes = Notes::default();
    let noted = notes.clone();
    let host = TestHost::new(move |mut env: Environment| {
        let noted = noted.clone();
        async move {
            let told = |env: &Environment| {
                let by_key = env.get(keys::SERVER_REQUEST_TRAILERS).and_then(|t| t.text("x-sum"));
                let face = env.feature::<Trailers<'_>>().and_then(Trailers::of_request);
                assert_eq!(by_key, face.and_then(|t| t.text("x-sum")));
                assert_eq!(by_key.is_some(), env.contains("server.RequestTrailers"));
                by_key.unwrap_or("none").to_owned()
            };
            noted.add(told(&env));
            let body = env.request_mut().body_mut().read_to_end(100).await?;
            noted.add(String::from_utf8_lossy(&body));
            noted.add(told(&env));
            Ok(env)
        }
    });
    let (mut sender, request) = host.post("/").stream();
    let feed = async {
        sender.send("hello").await?;
        sender.finish_with(checksum()).await
    };
    let (response, fed) = tokio::join!(request.send(), feed);
    assert_eq!((response.unwrap().status().as_u16(), fed.is_ok()), (200, true));
    assert_eq!(notes.all(), "none hello 7");
}
