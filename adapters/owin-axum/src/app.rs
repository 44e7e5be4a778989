//! An axum `Router` as an app.

use std::fmt;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::{ConnectInfo, OriginalUri};
use http::{Extensions, StatusCode, Uri};
use owin_core::features::Connection;
use owin_core::{App, Environment, Error, Middleware as _};
use owin_http::{REQUEST_EXTENSIONS, REQUEST_URI};
use owin_hyper::{OfferUpgrade, OfferUpgradeApp};
use owin_tower::ServiceApp;

use crate::place::FromTheRoot;

/// Makes an app of a `Router`, with what axum's extractors look for.
///
/// `ConnectInfo<SocketAddr>` is the client's address, where the server says it; `OriginalUri` has the
/// path base in front; `WebSocketUpgrade` works where the server offers `opaque.Upgrade`. All else
/// is as [`owin_tower::app`](owin_tower::app()) has it.
///
/// ```
/// use axum::{Router, extract::Path, routing::get};
/// use owin_core::{AppExt, Error, testing::TestHost};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let hello = async |Path(name): Path<String>| format!("hello {name}");
/// let router = Router::new().route("/hello/{name}", get(hello));
/// let host = TestHost::new(owin_axum::app(router));
/// let mut answer = host.get("/hello/owin").send().await?;
/// assert_eq!(answer.text().await?, "hello owin");
/// # Ok(())
/// # }
/// ```
pub fn app(router: Router) -> RouterApp {
    RouterApp(OfferUpgrade.wrap(Facts(owin_tower::app(router))))
}

/// An axum `Router` as an app; made by [`app`](app()).
#[derive(Clone)]
#[must_use]
pub struct RouterApp(OfferUpgradeApp<Facts>);

/// The router, with the facts of the call among the extensions of its requests.
#[derive(Clone, Debug)]
struct Facts(ServiceApp<Router>);

impl App for RouterApp {
    async fn call(&self, env: Environment) -> Result<Environment, Error> {
        self.0.call(env).await
    }
}

impl App for Facts {
    async fn call(&self, mut env: Environment) -> Result<Environment, Error> {
        let (remote, whole) = (remote(&env), whole(&env));
        if remote.is_some() || whole.is_some() {
            let mut extensions = match env.get(REQUEST_EXTENSIONS) {
                Some(_) => env.remove(REQUEST_EXTENSIONS)?.unwrap_or_default(),
                None => Extensions::new(),
            };
            if let Some(remote) = remote {
                let _before = extensions.insert(ConnectInfo(remote));
            }
            if let Some(whole) = whole {
                let _before = extensions.insert(OriginalUri(whole));
                let _before = extensions.insert(FromTheRoot);
            }
            env.set(REQUEST_EXTENSIONS, extensions).map(drop)?;
        }
        let mut env = self.0.call(env).await?;
        forget_length(&mut env);
        Ok(env)
    }
}

/// axum says of every response how long its body is, also of a 304, which has none: there the field
/// would be the length of what the client has already (RFC 9110 §8.6). hyper drops it too.
fn forget_length(env: &mut Environment) {
    let is_unsaid = env.response().status() == StatusCode::NOT_MODIFIED
        && env.response().headers().get("content-length").is_some_and(|length| length == "0");
    if is_unsaid {
        let _zero = env.response_mut().headers_mut().map(|fields| fields.remove("content-length"));
    }
}

/// The client's address. A middleware may have said that it is another one than the connection's.
fn remote(env: &Environment) -> Option<SocketAddr> {
    let connection = env.feature::<Connection<'_>>()?;
    Some(SocketAddr::new(connection.remote_ip()?, connection.remote_port()?))
}

/// The URI from the root on; `None` where the router finds it so by itself.
fn whole(env: &Environment) -> Option<Uri> {
    let request = env.request();
    if request.path_base().is_empty() {
        return None;
    }
    let sent = env.get(REQUEST_URI).map(|original| original.uri().clone());
    sent.or_else(|| Uri::try_from(request.raw_target()?).ok())
}

impl fmt::Debug for RouterApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RouterApp")
    }
}
