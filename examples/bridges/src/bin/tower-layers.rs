//! tower-http's layers around an OWIN app, on a server that is not hyper.
//!
//! `curl -i http://localhost:5000/`, with `-H 'accept-encoding: gzip'`, with `-H 'origin: http://a'`,
//! `/slow`, `/panic`, `/private` with and without `-H 'authorization: Bearer secret'`, and
//! `--data-binary @a-large-file http://localhost:5000/count`.

use std::process::ExitCode;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderName, StatusCode};
use owin_core::{App, AppExt as _, Environment, Error, RequestBody, from_fn, middleware::Next};
use owin_tower::Body;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use tower_http::validate_request::ValidateRequestHeaderLayer;

/// What `/slow` takes, and how long anybody waits for it.
const SLOW: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(1);

/// The largest body that `/count` counts.
const LARGEST: usize = 64 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

async fn shop(mut env: Environment) -> Result<Environment, Error> {
    match env.request().path() {
        "/" => env.response_mut().set_body("Hello from behind nine layers.\n".repeat(8)),
        "/count" => {
            let mut count = 0;
            while let Some(chunk) = env.request_mut().body_mut().chunk().await? {
                count += chunk.len();
            }
            env.response_mut().set_body(format!("{count} bytes\n"));
        }
        "/slow" => tokio::time::sleep(SLOW).await,
        "/private" => env.response_mut().set_body("the secret\n"),
        "/panic" => broken()?,
        _ => env.response_mut().set_status(StatusCode::NOT_FOUND)?,
    }
    Ok(env)
}

/// What no app should do, and some do.
#[expect(clippy::panic, reason = "the layer that catches it is to be seen")]
fn broken() -> Result<(), Error> {
    panic!("the shop burns")
}

/// Lets those into `/private` who have the token, and all into the rest.
#[expect(clippy::result_large_err, reason = "the layer wants it so")]
fn knows_the_secret(request: &mut http::Request<RequestBody>) -> Result<(), http::Response<Body>> {
    let said = request.headers().get(AUTHORIZATION);
    if request.uri().path() != "/private" || said.is_some_and(|said| said == "Bearer secret") {
        return Ok(());
    }
    let mut refusal = http::Response::new(Body::default());
    *refusal.status_mut() = StatusCode::UNAUTHORIZED;
    Err(refusal)
}

/// The middlewares, the innermost first; ours and tower's mix as one likes.
fn app() -> impl App {
    let outer = ServiceBuilder::new()
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(TraceLayer::new_for_http())
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(CatchPanicLayer::new())
        .layer(CorsLayer::permissive());
    let inner = ServiceBuilder::new()
        .layer(CompressionLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, PATIENCE))
        .layer(RequestBodyLimitLayer::new(LARGEST));
    shop.with(owin_tower::layer(ValidateRequestHeaderLayer::custom(knows_the_secret)))
        .with(owin_tower::layer(inner))
        .with(from_fn(async |env: Environment, next: Next| -> Result<Environment, Error> {
            let mut env = next.run(env).await?;
            env.response_mut().headers_mut()?.set("x-ours", "between the layers")?;
            Ok(env)
        }))
        .with(owin_tower::layer(outer))
}

fn main() -> ExitCode {
    owin_host::program("tower-layers", examples_bridges::servers(), async |host| {
        host.start(|_| Ok(app().boxed())).await?.run_until_signal().await
    })
}
