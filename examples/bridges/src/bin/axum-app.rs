//! An axum router on any server: `--server nowin`, `tiny-http`, `fastcgi` behind nginx, or another.
//!
//! `curl http://localhost:5000/hello/Ada?times=2`, `curl --json '{"a":1,"b":2}' http://localhost:5000/sum`,
//! `curl -N http://localhost:5000/ticks`.

use std::convert::Infallible;
use std::process::ExitCode;
use std::time::Duration;

use axum::extract::{Path, Query};
use axum::response::sse::{Event, Sse};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::{Stream, StreamExt as _, stream};
use owin_core::AppExt as _;

/// How long there is between two events of `/ticks`.
const TICK: Duration = Duration::from_millis(100);

#[derive(serde::Deserialize)]
struct Times {
    times: Option<usize>,
}

#[derive(serde::Deserialize)]
struct Terms {
    a: i64,
    b: i64,
}

/// Nothing in here knows of OWIN.
fn router() -> Router {
    Router::new()
        .route("/hello/{name}", get(hello))
        .route("/sum", post(async |Json(Terms { a, b }): Json<Terms>| Json(a.saturating_add(b))))
        .route("/ticks", get(ticks))
}

async fn hello(Path(name): Path<String>, Query(Times { times }): Query<Times>) -> String {
    format!("Hello, {name}!\n").repeat(times.unwrap_or(1).min(100))
}

async fn ticks() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(stream::iter(1..=3).then(async |tick| {
        tokio::time::sleep(TICK).await;
        Ok(Event::default().data(tick.to_string()))
    }))
}

fn main() -> ExitCode {
    owin_host::program("axum-app", examples_bridges::servers(), async |host| {
        let app = owin_axum::app(router()).boxed();
        host.start(|_| Ok(app)).await?.run_until_signal().await
    })
}
