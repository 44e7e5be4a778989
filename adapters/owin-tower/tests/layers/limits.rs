//! Limits of size, of concurrency and of rate; and queues before them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{LengthLimitError, channel::Channel};
use owin_core::{App, AppExt as _, Environment, Error};
use owin_tower::{TowerLayer, environment_layer, layer};
use tower::ServiceBuilder;
use tower::buffer::BufferLayer;
use tower::limit::{ConcurrencyLimitLayer, GlobalConcurrencyLimitLayer, RateLimitLayer};
use tower::load_shed::{LoadShedLayer, error::Overloaded};
use tower_http::limit::RequestBodyLimitLayer;

use crate::apps::{echo, tell};
use crate::client::{get, post, request};
use crate::site::{inside, on_each_server};

/// A minute: longer than any test.
const LONG: Duration = Duration::from_secs(60);

fn small() -> TowerLayer<RequestBodyLimitLayer> {
    layer(RequestBodyLimitLayer::new(8))
}

#[tokio::test]
async fn a_request_that_says_it_is_too_long_is_answered_by_the_layer() {
    on_each_server(
        || inside(echo).with(small()),
        async |site| {
            let reply = site.send(post("nine long")).await;
            assert_eq!(reply.status, 413);
            site.turned_back();
            assert_eq!(site.send(post("eight ok")).await.text(), "eight ok");
            site.went_through();
        },
    )
    .await;
}

/// The app reads, and the body fails: the peer's fault, unless somebody says more.
#[tokio::test]
async fn a_request_that_turns_out_too_long_fails_as_the_user_chose() {
    let too_long = || Error::peer("too long").with_status(StatusCode::PAYLOAD_TOO_LARGE);
    let chosen =
        move || small().map_error(move |error| error.is::<LengthLimitError>().then(too_long));
    async fn send_long(site: &crate::site::Site) -> Option<u16> {
        if !site.stack.takes_chunks {
            return None;
        }
        let (mut sender, body) = Channel::<Bytes>::new(4);
        for piece in ["five ", "more "] {
            sender.send_data(Bytes::from(piece)).await.unwrap();
        }
        drop(sender);
        let reply = site.send(request("POST", "/").body(body).unwrap()).await;
        Some(reply.status.as_u16())
    }
    on_each_server(
        || inside(echo).with(small()),
        async |site| {
            if let Some(status) = send_long(site).await {
                assert_eq!(status, 400);
                site.failed(400);
            }
        },
    )
    .await;
    on_each_server(
        || inside(echo).with(chosen()),
        async |site| {
            if let Some(status) = send_long(site).await {
                assert_eq!(status, 413);
                site.failed(413);
            }
        },
    )
    .await;
}

/// Counts how many calls are in it at once, and says the most that ever were.
fn crowd() -> (impl App + Clone, Arc<AtomicUsize>) {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let told = Arc::clone(&most);
    let app = move |env: Environment| {
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(30)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(env)
        }
    };
    (app, told)
}

#[tokio::test]
async fn no_more_calls_than_allowed_are_inside_at_once() {
    for (limit, app_and_most) in [(1, crowd()), (2, crowd())] {
        let (app, most) = app_and_most;
        let stack = || layer(ConcurrencyLimitLayer::new(limit));
        on_each_server(
            || inside(app.clone()).with(stack()),
            async |site| {
                let replies =
                    tokio::join!(site.get("/"), site.get("/"), site.get("/"), site.get("/"));
                for reply in [replies.0, replies.1, replies.2, replies.3] {
                    assert_eq!(reply.status, 200);
                }
                site.all_went_through(4);
            },
        )
        .await;
        assert_eq!(most.load(Ordering::SeqCst), limit);
    }
}

/// One layer twice: the inner one finds the place taken by the outer one.
#[tokio::test]
async fn a_global_limit_is_one_for_all_that_have_the_layer() {
    let shed = |limit| {
        let layers = ServiceBuilder::new().layer(LoadShedLayer::new()).layer(limit);
        layer(layers).map_error(full)
    };
    on_each_server(
        || {
            let one = GlobalConcurrencyLimitLayer::new(1);
            inside(tell).with(shed(one.clone())).with(shed(one))
        },
        async |site| {
            assert_eq!(site.get("/").await.status, 503);
            site.failed(503);
        },
    )
    .await;
    on_each_server(
        || {
            let two = GlobalConcurrencyLimitLayer::new(2);
            inside(tell).with(shed(two.clone())).with(shed(two))
        },
        async |site| {
            assert_eq!(site.get("/").await.status, 200);
            site.went_through();
        },
    )
    .await;
}

fn full(error: &(dyn std::error::Error + 'static)) -> Option<Error> {
    let full = || Error::app("too many").with_status(StatusCode::SERVICE_UNAVAILABLE);
    error.is::<Overloaded>().then(full)
}

/// An app that waits for the first of its calls to be joined by another answer.
fn occupied() -> (impl App + Clone, Arc<tokio::sync::Notify>, Arc<tokio::sync::Notify>) {
    let (entered, leave) = <(Arc<tokio::sync::Notify>, Arc<tokio::sync::Notify>)>::default();
    let (tell, wait) = (Arc::clone(&entered), Arc::clone(&leave));
    let app = move |env: Environment| {
        let (tell, wait) = (Arc::clone(&tell), Arc::clone(&wait));
        async move {
            tell.notify_one();
            wait.notified().await;
            Ok(env)
        }
    };
    (app, entered, leave)
}

#[tokio::test]
async fn a_call_too_many_is_turned_away_with_500_or_with_what_the_user_chose() {
    let shed = || ServiceBuilder::new().layer(LoadShedLayer::new()).concurrency_limit(1);
    for status in [500, 503] {
        let (app, entered, leave) = occupied();
        let stack = || match status {
            503 => layer(shed()).map_error(full),
            _ => layer(shed()),
        };
        on_each_server(
            || inside(app.clone()).with(stack()),
            async |site| {
                let first = site.get("/");
                let second = async {
                    entered.notified().await;
                    let reply = site.get("/").await;
                    leave.notify_one();
                    reply
                };
                let (first, second) = tokio::join!(first, second);
                assert_eq!((first.status.as_u16(), second.status.as_u16()), (200, status));
                site.forget();
            },
        )
        .await;
    }
}

#[tokio::test]
async fn the_same_around_the_environment() {
    let (app, entered, leave) = occupied();
    let stack = || {
        let layers = ServiceBuilder::new().load_shed().concurrency_limit(1);
        environment_layer(layers).map_error(full)
    };
    on_each_server(
        || inside(app.clone()).with(stack()),
        async |site| {
            let second = async {
                entered.notified().await;
                let reply = site.get("/").await;
                leave.notify_one();
                reply
            };
            let (first, second) = tokio::join!(site.get("/"), second);
            assert_eq!((first.status.as_u16(), second.status.as_u16()), (200, 503));
            site.forget();
        },
    )
    .await;
}

/// A rate limit cannot be cloned, so a queue is before it; load shedding in between turns away
/// those who would wait.
#[tokio::test]
async fn a_call_too_early_is_turned_away() {
    let stack = || {
        let layers = ServiceBuilder::new()
            .layer(BufferLayer::new(8))
            .layer(LoadShedLayer::new())
            .layer(RateLimitLayer::new(2, LONG));
        layer(layers).map_error(|error| {
            let early = || Error::peer("too early").with_status(StatusCode::TOO_MANY_REQUESTS);
            error.is::<Overloaded>().then(early)
        })
    };
    on_each_server(
        || inside(tell).with(stack()),
        async |site| {
            for target in ["/one", "/two"] {
                assert!(site.send(get(target)).await.text().starts_with(&format!("GET {target}")));
                site.went_through();
            }
            assert_eq!(site.get("/three").await.status, 429);
            site.failed(429);
        },
    )
    .await;
}

/// Many callers, one worker: each gets its own answer and its own keys.
#[tokio::test]
async fn calls_that_queue_up_get_their_own_answers() {
    let stack = || layer(ServiceBuilder::new().layer(BufferLayer::new(2)).concurrency_limit(1));
    on_each_server(
        || inside(tell).with(stack()),
        async |site| {
            let ask = async |target: &str| {
                let reply = site.get(target).await;
                assert_eq!(reply.text().lines().next(), Some(&*format!("GET {target}")));
            };
            tokio::join!(ask("/a"), ask("/b"), ask("/c"), ask("/d"), ask("/e"));
            site.all_went_through(5);
        },
    )
    .await;
}
