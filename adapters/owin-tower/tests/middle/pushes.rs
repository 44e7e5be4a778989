//! Apps that send their response bit by bit, through a layer.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use owin_core::{AppExt as _, CancelReason, Environment, Error, Value, features::TrailersMut};
use owin_tower::layer;
use tower::ServiceBuilder;
use tower::util::MapRequestLayer;
use tower_http::compression::CompressionLayer;

use crate::support::{Answer, INSIDE, get, host};

type Request = http::Request<owin_core::RequestBody>;

/// A layer that passes everything on.
fn nothing() -> MapRequestLayer<fn(Request) -> Request> {
    MapRequestLayer::new(|request| request)
}

/// Pushes three pieces, a flush behind each.
async fn steps(mut env: Environment) -> Answer {
    env.set_value(INSIDE, Value::new("set inside"))?;
    env.response_mut().headers_mut()?.set("x-inner", "yes")?;
    for step in ["one ", "two ", "three "] {
        env.response_mut().write(step).await?;
        env.response_mut().flush().await?;
    }
    env.feature_mut::<TrailersMut<'_>>().unwrap().append("x-sum", "3")?;
    env.response_mut().set_body("rest");
    Ok(env)
}

#[tokio::test]
async fn each_flush_comes_through_before_the_next_piece() {
    let (host, seen) = host(steps.with(layer(nothing())));
    let mut response = get(&host, "/").await;
    assert_eq!(response.headers().text("x-inner"), Some("yes"));
    assert_eq!(seen.get(), None, "the app still runs");
    for step in ["one ", "two ", "three "] {
        assert_eq!(response.chunk().await.unwrap().unwrap(), step);
    }
    assert_eq!(response.chunk().await.unwrap().unwrap(), "rest");
    assert_eq!(response.chunk().await.unwrap(), None);
    assert_eq!(response.trailers().unwrap()["x-sum"], "3");
    assert_eq!(seen.get().unwrap().inside.as_deref(), Some("set inside"));
}

#[tokio::test]
async fn a_layer_that_changes_the_head_of_a_pushed_response_is_heard() {
    let status = ServiceBuilder::new().map_response(|mut response: http::Response<_>| {
        *response.status_mut() = http::StatusCode::ACCEPTED;
        response.headers_mut().remove("x-inner");
        response
    });
    let (host, _seen) = host(steps.with(layer(status)));
    let mut response = get(&host, "/").await;
    assert_eq!((response.status().as_u16(), response.headers().text("x-inner")), (202, None));
    assert_eq!(response.text().await.unwrap(), "one two three rest");
}

#[tokio::test]
async fn two_layers_around_one_another_stream_as_one_does() {
    let (host, seen) = host(steps.with(layer(nothing())).with(layer(nothing())));
    let mut response = get(&host, "/").await;
    assert_eq!(response.chunk().await.unwrap().unwrap(), "one ");
    assert_eq!(response.text().await.unwrap(), "two three rest");
    assert_eq!(seen.get().unwrap().inside.as_deref(), Some("set inside"));
}

#[tokio::test]
async fn a_compressed_stream_ends_where_the_app_does() {
    let (host, seen) = host(steps.with(layer(CompressionLayer::new().compress_when(
        |_: http::StatusCode, _: http::Version, _: &http::HeaderMap, _: &http::Extensions| true,
    ))));
    let response = host.get("/").header("accept-encoding", "gzip").send().await;
    let mut response = response.unwrap();
    assert_eq!(response.headers().text("content-encoding"), Some("gzip"));
    let bytes = response.bytes().await.unwrap();
    assert_eq!(bytes.get(..2), Some(&[0x1f, 0x8b][..]), "it is gzip");
    assert_eq!(seen.get().unwrap().inside.as_deref(), Some("set inside"));
}

#[tokio::test]
async fn a_pushed_response_that_fails_is_broken_off() {
    async fn breaks(mut env: Environment) -> Answer {
        env.response_mut().write("begun").await?;
        env.response_mut().flush().await?;
        Err(Error::app("on purpose"))
    }
    let (host, _seen) = host(breaks.with(layer(nothing())));
    let mut response = get(&host, "/").await;
    assert_eq!(response.chunk().await.unwrap().unwrap(), "begun");
    assert!(response.chunk().await.is_err());
}

/// Passes one piece on, waits for the flush, fails, and never ends.
struct Breaks<B>(B, usize);

impl<B: HttpBody<Data = Bytes, Error = Error> + Unpin> HttpBody for Breaks<B> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.1 == 0 {
            let frame = ready!(Pin::new(&mut self.0).poll_frame(cx));
            self.1 = 1;
            return Poll::Ready(frame);
        }
        self.1 += 1;
        if self.1 == 3 {
            return Poll::Ready(Some(Err(Error::app("the layer gives up"))));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

#[tokio::test]
async fn a_layer_that_fails_in_the_middle_breaks_off_though_the_app_goes_on() {
    async fn stalls(mut env: Environment) -> Answer {
        env.response_mut().write("begun").await?;
        env.response_mut().flush().await?;
        std::future::pending::<()>().await;
        Ok(env)
    }
    let breaks =
        ServiceBuilder::new().map_response(|response: http::Response<owin_tower::Body>| {
            response.map(|body| Breaks(body, 0))
        });
    let (host, _seen) = host(stalls.with(layer(breaks)));
    let mut response = get(&host, "/").await;
    assert_eq!(response.chunk().await.unwrap().unwrap(), "begun");
    let broken = tokio::time::timeout(std::time::Duration::from_secs(5), response.chunk()).await;
    assert_eq!(broken.unwrap().unwrap_err().to_string(), "the layer gives up");
}

#[tokio::test]
async fn an_app_behind_a_layer_hears_that_the_client_has_gone_and_may_tidy_up() {
    let heard = Arc::new(Mutex::new(None));
    let told = Arc::clone(&heard);
    let waits = move |mut env: Environment| {
        let told = Arc::clone(&told);
        async move {
            env.response_mut().write("begun").await?;
            let _not_taken = env.response_mut().flush().await;
            let reason = env.request().cancelled().clone().cancelled().await;
            tokio::task::yield_now().await;
            *told.lock().unwrap() = Some(reason);
            Ok(env)
        }
    };
    let (host, _seen) = host(waits.with(layer(nothing())));
    let mut response = get(&host, "/").await;
    assert_eq!(response.chunk().await.unwrap().unwrap(), "begun");
    response.cancel(CancelReason::PeerReset);
    assert!(response.chunk().await.is_err());
    assert_eq!(*heard.lock().unwrap(), Some(CancelReason::PeerReset));
}
