//! An OWIN app inside an axum router, which `axum::serve` runs.
//!
//! `curl http://localhost:5000/` is axum's own; `curl http://localhost:5000/owin/`, `/owin/env` and
//! `--data hello http://localhost:5000/owin/echo` are the app's, with `/owin` as its path base.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;

use axum::Router;
use axum::routing::get;
use examples::apps::hello;
use owin_core::BoxApp;
use tokio::net::TcpListener;

/// Where the program listens, unless its first argument says otherwise.
const ADDRESS: &str = "127.0.0.1:5000";

fn router() -> Router {
    Router::new()
        .route("/", get(async || "Hello from axum; the app is below /owin.\n"))
        .nest_service("/owin", owin_axum::mount(BoxApp::new(hello)))
}

async fn serve(address: &str) -> std::io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    writeln!(std::io::stdout(), "listening on http://{}", listener.local_addr()?)?;
    axum::serve(listener, router().into_make_service_with_connect_info::<SocketAddr>()).await
}

#[tokio::main]
async fn main() -> ExitCode {
    let address = std::env::args().nth(1).unwrap_or_else(|| ADDRESS.to_owned());
    if let Err(error) = serve(&address).await {
        let _unwritable = writeln!(std::io::stderr(), "mount-in-axum: {address}: {error}");
        return ExitCode::from(2);
    }
    ExitCode::SUCCESS
}
