//! Layers that may be there or not, that choose between services, or hide their types.

use http::{Request, Response};
use owin_core::{AppExt as _, RequestBody};
use owin_tower::{AppService, Body, BoxError, app, as_layer, layer};
use tower::balance::p2c::Balance;
use tower::buffer::{Buffer, BufferLayer};
use tower::builder::ServiceBuilder;
use tower::discover::ServiceList;
use tower::layer::{layer_fn, util::Stack};
use tower::load::Constant;
use tower::spawn_ready::SpawnReadyLayer;
use tower::steer::Steer;
use tower::util::{
    BoxCloneServiceLayer, BoxCloneSyncServiceLayer, BoxLayer, MapRequestLayer, option_layer,
};
use tower_http::ServiceBuilderExt as _;
use tower_http::services::{Redirect, ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::apps::tell;
use crate::client::get;
use crate::site::{Answer, inside, on_each_server};

type Asked = Request<RequestBody>;
type Named = SetResponseHeaderLayer<http::HeaderValue>;

/// Sets a field of the response to that word.
fn named(word: &'static str) -> Named {
    let name = http::HeaderName::from_static("x-name");
    SetResponseHeaderLayer::overriding(name, http::HeaderValue::from_static(word))
}

#[tokio::test]
async fn a_layer_may_be_there_or_not() {
    for (chosen, seen) in [(Some(named("there")), Some("there")), (None, None)] {
        on_each_server(
            || inside(tell).with(layer(option_layer(chosen.clone()))),
            async |site| {
                assert_eq!(site.get("/").await.field("x-name"), seen);
                site.went_through();
            },
        )
        .await;
    }
}

#[tokio::test]
async fn a_stack_of_a_builder_is_one_layer() {
    let stack = || {
        let layers = ServiceBuilder::new()
            .layer(named("outer"))
            .layer(Stack::new(named("inmost"), named("inner")))
            .set_x_request_id(tower_http::request_id::MakeRequestUuid)
            .propagate_x_request_id()
            .trace_for_http()
            .catch_panic();
        layer(layers)
    };
    on_each_server(
        || inside(tell).with(stack()),
        async |site| {
            let reply = site.get("/").await;
            assert_eq!(reply.field("x-name"), Some("outer"));
            assert_eq!(reply.field("x-request-id").unwrap().len(), 36);
            site.went_through();
        },
    )
    .await;
}

/// A boxed service that is not `Sync` stands behind a queue; one that is stands by itself.
#[tokio::test]
async fn boxed_layers_are_layers() {
    let sync = || {
        let boxed: BoxCloneSyncServiceLayer<AppService, Asked, Response<Body>, BoxError> =
            BoxCloneSyncServiceLayer::new(
                ServiceBuilder::new().map_err(BoxError::from).layer(named("boxed")),
            );
        layer(boxed)
    };
    let cloned = || {
        let boxed: BoxCloneServiceLayer<AppService, Asked, Response<Body>, BoxError> =
            BoxCloneServiceLayer::new(
                ServiceBuilder::new().map_err(BoxError::from).layer(named("boxed")),
            );
        layer(ServiceBuilder::new().layer(BufferLayer::new(4)).layer(boxed))
    };
    let unshared = || {
        let boxed: BoxLayer<AppService, Asked, Response<Body>, BoxError> =
            BoxLayer::new(ServiceBuilder::new().map_err(BoxError::from).layer(named("boxed")));
        layer(ServiceBuilder::new().layer(BufferLayer::new(4)).layer(boxed))
    };
    let visit = async |site: &crate::site::Site| {
        assert_eq!(site.get("/").await.field("x-name"), Some("boxed"));
        site.went_through();
    };
    on_each_server(|| inside(tell).with(sync()), visit).await;
    on_each_server(|| inside(tell).with(cloned()), visit).await;
    on_each_server(|| inside(tell).with(unshared()), visit).await;
}

#[tokio::test]
async fn one_of_several_services_is_chosen_by_the_request() {
    let steer = || {
        layer_fn(|inner: AppService| {
            let word = |word| ServiceBuilder::new().layer(named(word)).service(inner.clone());
            let pick = |request: &Asked, _: &[_]| usize::from(request.uri().path() == "/b");
            Steer::new([word("first"), word("second")], pick)
        })
    };
    on_each_server(
        || inside(tell).with(layer(steer())),
        async |site| {
            for (target, name) in [("/a", "first"), ("/b", "second")] {
                assert_eq!(site.send(get(target)).await.field("x-name"), Some(name));
                site.went_through();
            }
        },
    )
    .await;
}

/// Both services lead to the same app; each call goes to one of them, in a task of the queue's.
#[tokio::test]
async fn calls_are_balanced_between_services() {
    let balance = || {
        layer_fn(|inner: AppService| {
            let word = |word| ServiceBuilder::new().layer(named(word)).service(inner.clone());
            let both = ["first", "second"].map(|name| Constant::new(word(name), 1_u32));
            Buffer::new(Balance::new(ServiceList::new::<Asked>(both)), 8)
        })
    };
    on_each_server(
        || inside(tell).with(layer(balance())),
        async |site| {
            for _ in 0..8 {
                let reply = site.get("/").await;
                assert!(matches!(reply.field("x-name"), Some("first" | "second")), "{reply:?}");
            }
            site.all_went_through(8);
        },
    )
    .await;
}

/// Getting ready happens in a task of its own; the call does not.
#[tokio::test]
async fn a_service_that_gets_ready_elsewhere_is_called_here() {
    let stack = || {
        let ready = ServiceBuilder::new().layer(SpawnReadyLayer::new());
        layer(ServiceBuilder::new().buffer(4).layer(ready.concurrency_limit(1)))
    };
    on_each_server(
        || inside(tell).with(stack()),
        async |site| {
            for _ in 0..3 {
                assert!(site.get("/there").await.text().starts_with("GET /there"));
            }
            site.all_went_through(3);
        },
    )
    .await;
}

/// A middleware of ours among tower's layers, which are a middleware of ours.
#[tokio::test]
async fn middlewares_and_layers_mix() {
    let ours = owin_core::from_fn(
        async |env: owin_core::Environment, next: owin_core::middleware::Next| -> Answer {
            let mut env = next.run(env).await?;
            env.response_mut().headers_mut()?.set("x-ours", "yes")?;
            Ok(env)
        },
    );
    let stack = || {
        layer(
            ServiceBuilder::new()
                .layer(named("outer"))
                .layer(as_layer(ours))
                .layer(MapRequestLayer::new(|request: Asked| request)),
        )
    };
    on_each_server(
        || inside(tell).with(stack()),
        async |site| {
            let reply = site.get("/").await;
            assert_eq!(
                (reply.field("x-name"), reply.field("x-ours")),
                (Some("outer"), Some("yes"))
            );
            site.went_through();
        },
    )
    .await;
}

#[tokio::test]
async fn services_stand_where_an_app_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.txt");
    std::fs::write(&path, "from a file").unwrap();
    on_each_server(
        || inside(app(ServeDir::new(folder.path()))).with(layer(named("dir"))),
        async |site| {
            let reply = site.get("/page.txt").await;
            assert_eq!((reply.text(), reply.field("x-name")), ("from a file", Some("dir")));
            assert_eq!(site.get("/none.txt").await.status, 404);
            site.all_went_through(2);
        },
    )
    .await;
    on_each_server(
        || inside(app(ServeFile::new(&path))).with(layer(named("file"))),
        async |site| {
            assert_eq!(site.get("/any").await.text(), "from a file");
            site.went_through();
        },
    )
    .await;
    on_each_server(
        || {
            let there = Redirect::<String>::permanent("/there".parse().unwrap());
            inside(app(there))
        },
        async |site| {
            let reply = site.get("/").await;
            assert_eq!((reply.status.as_u16(), reply.field("location")), (308, Some("/there")));
            site.went_through();
        },
    )
    .await;
}
