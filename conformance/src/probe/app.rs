//! The reference of the probe contract, as an app.

use std::path::PathBuf;
use std::sync::Arc;

use owin_core::http::StatusCode;
use owin_core::{BoxApp, Environment, Error};
use serde_json::{Value, json};

use super::calls::Calls;
use super::query::parameter;
use super::{CONTRACT, echo, reply};

/// What the app is called in its answer to `version`.
const NAME: &str = "owin-conformance";

/// An app that hosts the probe contract; each has counts of its own.
///
/// ```
/// # async fn example() -> Result<(), owin_core::Error> {
/// use owin_core::testing::TestHost;
///
/// let host = TestHost::new(owin_conformance::probe::app());
/// let response = host.get("/.probe/version").send().await?;
/// assert_eq!(response.status(), 200);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn app() -> BoxApp {
    counting(Calls::here())
}

/// The same for a server of several processes, as of CGI: the calls are counted in files of a folder
/// that they share, one for each nonce. Nobody removes them.
///
/// ```
/// # async fn example() -> Result<(), owin_core::Error> {
/// use owin_core::testing::TestHost;
///
/// let folder = std::env::temp_dir();
/// let hosts = [(); 2].map(|()| TestHost::new(owin_conformance::probe::app_counting_in(&folder)));
/// hosts[0].get("/.probe/reply?nonce=example").send().await?;
/// let mut counted = hosts[1].get("/.probe/count?nonce=example").send().await?;
/// assert_eq!(counted.text().await?, r#"{"count":1}"#);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn app_counting_in(folder: impl Into<PathBuf>) -> BoxApp {
    counting(Calls::In(folder.into()))
}

fn counting(calls: Calls) -> BoxApp {
    let calls = Arc::new(calls);
    BoxApp::new(move |env: Environment| answer(env, calls.clone()))
}

async fn answer(mut env: Environment, calls: Arc<Calls>) -> Result<Environment, Error> {
    let request = env.request();
    let name = request.path().strip_prefix("/.probe/").unwrap_or_default();
    let name = name.split('/').next().unwrap_or_default().to_owned();
    let query = request.query_string().to_owned();
    let nonce = parameter(&query, "nonce").unwrap_or_default();
    if !matches!(name.as_str(), "count" | "version") {
        calls.add(&nonce)?;
    }
    match name.as_str() {
        "version" => say(&mut env, &json!({ "probe": CONTRACT, "app": NAME }))?,
        "count" => say(&mut env, &json!({ "count": calls.of(&nonce) }))?,
        "echo" => {
            let seen = echo::seen(&mut env).await?;
            say(&mut env, &seen)?;
        }
        "reply" => reply::shaped(&mut env, &query).await?,
        "unread" => env.response_mut().set_body("unread\n"),
        "fail" => fail(&mut env, &query).await?,
        _ => env.response_mut().set_status(StatusCode::NOT_FOUND)?,
    }
    Ok(env)
}

fn say(env: &mut Environment, value: &Value) -> Result<(), Error> {
    let mut response = env.response_mut();
    response.headers_mut()?.set("content-type", "application/json")?;
    response.set_body(value.to_string());
    Ok(())
}

/// Fails, after a piece of the body where `chunk` has one.
async fn fail(env: &mut Environment, query: &str) -> Result<(), Error> {
    env.response_mut().headers_mut()?.set("x-before", "the failure")?;
    if let Some(chunk) = parameter(query, "chunk") {
        env.response_mut().write(chunk).await?;
        env.response_mut().flush().await?;
    }
    Err(Error::app("the probe was told to fail"))
}
