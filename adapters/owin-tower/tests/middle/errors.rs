//! Errors and panics, through a layer.

use owin_core::{AppExt as _, Environment, Error, ErrorKind};
use owin_tower::layer;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

use crate::support::{Answer, get, host};

async fn failing(_env: Environment) -> Answer {
    Err(Error::peer("on purpose").with_status(http::StatusCode::CONFLICT))
}

async fn panicking(_env: Environment) -> Answer {
    panic!("on purpose")
}

#[tokio::test]
async fn an_error_keeps_its_fault_and_its_status_through_a_layer() {
    let boxed = ServiceBuilder::new().map_err(owin_tower::BoxError::from);
    let (host, seen) = host(failing.with(layer(boxed)));
    let error = host.get("/").send().await.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::Peer, 409));
    assert_eq!(seen.get(), None);
}

#[tokio::test]
async fn an_error_of_a_layer_is_the_apps_and_keeps_its_source() {
    let odd = ServiceBuilder::new().map_err(|_ours: Error| std::io::Error::other("odd"));
    let app = failing.with(layer(odd)).boxed();
    let error = owin_core::App::call(&app, Environment::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::App);
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "odd");
}

#[tokio::test]
async fn a_layer_can_catch_a_panic_and_the_environment_is_still_there() {
    let (host, seen) = host(panicking.with(layer(CatchPanicLayer::new())));
    for _ in 0..2 {
        let mut response = get(&host, "/there").await;
        assert_eq!(response.status(), 500);
        assert_eq!(response.text().await.unwrap(), "Service panicked");
        assert_eq!(seen.get().unwrap().path, "/there");
    }
}

#[tokio::test]
async fn a_panic_that_nobody_catches_passes_on_to_the_server() {
    let nothing = ServiceBuilder::new().map_request(|request: http::Request<_>| request);
    let (host, seen) = host(panicking.with(layer(nothing)));
    assert!(host.get("/").send().await.unwrap_err().to_string().contains("panicked"));
    assert_eq!(seen.get(), None);
}
