//! axum, as `axum::serve` runs it.

use std::io;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use axum::routing::get;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

pub(super) async fn serve() -> io::Result<()> {
    let listener = TcpListener::from_std(super::listen()?)?;
    let listener = listener.tap_io(|stream| {
        let _kept_as_it_was = stream.set_nodelay(true);
    });
    let app = get(async || answer()).post(async |_: Bytes| answer());
    axum::serve(listener, Router::new().route("/", app)).await
}

const fn answer() -> ([(HeaderName, HeaderValue); 1], &'static str) {
    ([(CONTENT_TYPE, HeaderValue::from_static("text/plain"))], super::BODY)
}
