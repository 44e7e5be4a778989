//! Time-outs: of the call, of the request's body, of the response's body.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::channel::Channel;
use owin_core::{AppExt as _, Error};
use owin_tower::layer;
use tower::timeout::error::Elapsed;
use tower_http::timeout::{
    RequestBodyDeadlineLayer, RequestBodyTimeoutLayer, ResponseBodyDeadlineLayer,
    ResponseBodyTimeoutLayer, TimeoutError, TimeoutLayer,
};

use crate::apps::{echo, silent, stalls, tell};
use crate::client::{chunk, get, request};
use crate::site::{Site, inside, on_each_server};

/// Short enough for a test, long enough for an answer that is at hand.
const SHORT: Duration = Duration::from_millis(100);
/// Longer than any test.
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_call_that_takes_too_long_gets_the_status_of_the_layer() {
    let stack = |time| layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, time));
    on_each_server(
        || inside(silent).with(stack(SHORT)),
        async |site| {
            assert_eq!(site.get("/").await.status, 504);
            // The app was called, and what it set is still there.
            site.went_through();
        },
    )
    .await;
    on_each_server(
        || inside(tell).with(stack(LONG)),
        async |site| {
            assert_eq!(site.get("/").await.status, 200);
            site.went_through();
        },
    )
    .await;
}

#[tokio::test]
async fn towers_own_time_out_is_500_or_what_the_user_chose() {
    let plain = || layer(tower::timeout::TimeoutLayer::new(SHORT));
    on_each_server(
        || inside(silent).with(plain()),
        async |site| {
            assert_eq!(site.get("/").await.status, 500);
            site.failed(500);
        },
    )
    .await;
    let slow = || Error::app("too slow").with_status(StatusCode::GATEWAY_TIMEOUT);
    let chosen = || plain().map_error(move |error| error.is::<Elapsed>().then(slow));
    on_each_server(
        || inside(silent).with(chosen()),
        async |site| {
            assert_eq!(site.get("/").await.status, 504);
            site.failed(504);
        },
    )
    .await;
    on_each_server(
        || {
            inside(silent).with(
                owin_tower::environment_layer(tower::timeout::TimeoutLayer::new(SHORT))
                    .map_error(move |error| error.is::<Elapsed>().then(slow)),
            )
        },
        async |site| {
            assert_eq!(site.get("/").await.status, 504);
            site.failed(504);
        },
    )
    .await;
}

/// Sends a part of a body and then nothing for as long as the answer takes; or, to a server that
/// cannot answer before, until the call is over.
async fn stall(site: &Site) -> u16 {
    let (mut sender, body) = Channel::<Bytes>::new(4);
    // So much that no server takes it in before it calls the app.
    let half = Bytes::from(vec![b'x'; 40_000]);
    sender.send_data(half.clone()).await.unwrap();
    let asked = request("POST", "/").header("content-length", "80000").body(body).unwrap();
    let rest = async {
        if !site.stack.is_duplex {
            site.has_seen_a_call().await;
            sender.send_data(half).await.unwrap();
        }
        sender
    };
    let (answer, _held) = tokio::join!(site.open(asked), rest);
    answer.head.status.as_u16()
}

fn late(error: &(dyn std::error::Error + 'static)) -> Option<Error> {
    let late = || Error::peer("too slow").with_status(StatusCode::REQUEST_TIMEOUT);
    error.is::<TimeoutError>().then(late)
}

#[tokio::test]
async fn a_request_that_comes_too_slowly_is_400_or_what_the_user_chose() {
    on_each_server(
        || inside(echo).with(layer(RequestBodyTimeoutLayer::new(SHORT))),
        async |site| {
            assert_eq!(stall(site).await, 400);
            site.failed(400);
        },
    )
    .await;
    on_each_server(
        || inside(echo).with(layer(RequestBodyTimeoutLayer::new(SHORT)).map_error(late)),
        async |site| {
            assert_eq!(stall(site).await, 408);
            site.failed(408);
            let reply = site.send(crate::client::post("at once")).await;
            assert_eq!(reply.text(), "at once");
            site.went_through();
        },
    )
    .await;
}

#[tokio::test]
async fn a_request_that_takes_too_long_as_a_whole_is_given_up() {
    on_each_server(
        || inside(echo).with(layer(RequestBodyDeadlineLayer::new(SHORT)).map_error(late)),
        async |site| {
            assert_eq!(stall(site).await, 408);
            site.failed(408);
        },
    )
    .await;
}

/// The client has seen the head: all that is left is to break off.
async fn is_broken_off(site: &Site) {
    let mut answer = site.open(get("/")).await;
    assert_eq!(answer.head.status, 200);
    let body = &mut answer.body;
    assert_eq!(chunk(body).await.unwrap().unwrap(), "begun");
    assert!(chunk(body).await.unwrap().is_err());
    site.failed(500);
}

#[tokio::test]
async fn a_response_that_stalls_is_broken_off() {
    on_each_server(
        || inside(stalls).with(layer(ResponseBodyTimeoutLayer::new(SHORT))),
        is_broken_off,
    )
    .await;
}

#[tokio::test]
async fn a_response_that_takes_too_long_as_a_whole_is_broken_off() {
    on_each_server(
        || inside(stalls).with(layer(ResponseBodyDeadlineLayer::new(SHORT))),
        is_broken_off,
    )
    .await;
}
