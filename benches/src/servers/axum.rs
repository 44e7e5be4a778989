//! axum, as `axum::serve` runs it.

use std::io;

use axum::Router;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::routing::get;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

pub(super) async fn serve() -> io::Result<()> {
    let listener = TcpListener::from_std(super::listen()?)?;
    let listener = listener.tap_io(|stream| {
        let _kept_as_it_was = stream.set_nodelay(true);
    });
    let answer = ([(CONTENT_TYPE, HeaderValue::from_static("text/plain"))], super::BODY);
    axum::serve(listener, Router::new().route("/", get(async move || answer))).await
}
