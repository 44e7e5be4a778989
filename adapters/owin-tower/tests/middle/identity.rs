//! The environment goes round a layer and is the same behind it.

use http_body_util::BodyExt as _;
use owin_core::{AppExt as _, Environment};
use owin_tower::{BoxError, layer};
use tower::ServiceBuilder;
use tower::util::{MapRequestLayer, MapResponseLayer};

use crate::support::{Answer, get, host, inner};

#[tokio::test]
async fn five_layers_that_do_nothing_change_nothing() {
    let nothing = || MapRequestLayer::new(|request: http::Request<_>| request);
    let five = ServiceBuilder::new()
        .layer(nothing())
        .layer(nothing())
        .layer(nothing())
        .layer(nothing())
        .layer(nothing());
    let (host, seen) = host(inner.with(layer(five)));
    for _ in 0..3 {
        let mut response = get(&host, "/there?q").await;
        assert_eq!(response.text().await.unwrap(), "/there set outside");
        let outside = seen.get().unwrap();
        assert_eq!(outside.inside.as_deref(), Some("set inside"));
        assert_eq!(outside.agent.as_deref(), Some("test"));
        assert_eq!(response.headers().text("x-address"), Some(&*outside.address.to_string()));
        assert_eq!(response.content_length(), Some(18));
    }
}

#[tokio::test]
async fn a_layer_in_a_layer_in_a_layer_leaves_it_the_same() {
    let nothing = || layer(MapRequestLayer::new(|request: http::Request<_>| request));
    let (host, seen) = host(inner.with(nothing()).with(nothing()).with(nothing()));
    let mut response = get(&host, "/there").await;
    assert_eq!(response.text().await.unwrap(), "/there set outside");
    let outside = seen.get().unwrap();
    assert_eq!(response.headers().text("x-address"), Some(&*outside.address.to_string()));
}

#[tokio::test]
async fn a_layer_that_makes_a_new_request_and_a_new_response_loses_no_key() {
    let layers = ServiceBuilder::new()
        .layer(MapRequestLayer::new(|_old: http::Request<_>| {
            let new = http::Request::get("/new").header("host", "h");
            new.body(http_body_util::Empty::<bytes::Bytes>::new()).unwrap()
        }))
        .layer(MapResponseLayer::new(|_old| {
            http::Response::builder().status(202).body(String::from("another")).unwrap()
        }));
    let (host, seen) = host(inner.with(layer(layers)));
    let mut response = get(&host, "/old").await;
    assert_eq!((response.status().as_u16(), &*response.text().await.unwrap()), (202, "another"));
    assert!(!response.headers().contains("x-address"));
    let outside = seen.get().unwrap();
    assert_eq!((outside.inside.as_deref(), &*outside.path), (Some("set inside"), "/new"));
}

#[tokio::test]
async fn a_layer_that_wraps_both_bodies_sees_all_bytes() {
    async fn echo(mut env: Environment) -> Answer {
        let all = env.request_mut().body_mut().read_to_end(1 << 20).await?;
        env.response_mut().set_body(all);
        Ok(env)
    }
    let layers = ServiceBuilder::new()
        .map_request(|request: http::Request<owin_core::RequestBody>| {
            request.map(|body| {
                body.map_frame(|frame| {
                    frame.map_data(|data| bytes::Bytes::from(data.to_ascii_uppercase()))
                })
            })
        })
        .map_response(|response: http::Response<owin_tower::Body>| {
            response.map(|body| body.map_err(BoxError::from).boxed_unsync())
        });
    let (host, _seen) = host(echo.with(layer(layers)));
    let mut response = host.post("/").body("small").send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "SMALL");
}
