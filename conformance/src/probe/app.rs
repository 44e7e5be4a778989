//! The reference of the probe contract, as an app.

use std::path::PathBuf;
use std::sync::Arc;

use owin_core::http::StatusCode;
use owin_core::{BoxApp, Environment, Error};
use serde_json::{Value, json};

use super::query::parameter;
use super::{CONTRACT, Limits, State, echo, facts, reply, taken, websocket};
use crate::check::Feature;

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
    app_without([])
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
    // What becomes of a call stays with its process.
    hosting(State::in_folder(&folder.into()), &[Feature::Cancel])
}

/// As [`app`], and it tells these limits of its server.
#[must_use]
pub fn app_with(limits: Limits) -> BoxApp {
    hosting(State { limits, ..State::here() }, &[])
}

/// The same, for a server that cannot do these and has no way to say so: nothing in an environment
/// tells beforehand whether trailer fields come through.
#[must_use]
pub fn app_without(features: impl IntoIterator<Item = Feature>) -> BoxApp {
    let without: Vec<Feature> = features.into_iter().collect();
    hosting(State::here(), &without)
}

fn hosting(state: State, without: &[Feature]) -> BoxApp {
    let (state, without): (_, Arc<[Feature]>) = (Arc::new(state), without.into());
    BoxApp::new(move |env: Environment| answer(env, state.clone(), without.clone()))
}

async fn answer(
    mut env: Environment,
    state: Arc<State>,
    without: Arc<[Feature]>,
) -> Result<Environment, Error> {
    let request = env.request();
    let name = request.path().strip_prefix("/.probe/").unwrap_or_default();
    let name = name.split('/').next().unwrap_or_default().to_owned();
    let query = request.query_string().to_owned();
    let nonce = parameter(&query, "nonce").unwrap_or_default();
    if !matches!(name.as_str(), "count" | "version" | "fate" | "release") {
        state.calls.add(&nonce)?;
    }
    match name.as_str() {
        "version" => {
            let mut features = facts::features(&env);
            features.retain(|name| !without.iter().any(|feature| feature.name() == *name));
            let limits = state.limits.to_json();
            let said = json!({
                "probe": CONTRACT, "app": NAME, "features": features, "limits": limits
            });
            say(&mut env, &said)?;
        }
        "count" => say(&mut env, &json!({ "count": state.calls.of(&nonce) }))?,
        "fate" => say(&mut env, &state.fates.of(&nonce))?,
        "release" => state.gates.open(&nonce),
        "echo" => {
            let seen = echo::seen(&mut env).await?;
            say(&mut env, &seen)?;
        }
        "websocket" => websocket::echo(&mut env)?,
        "environment" => {
            let facts = facts::environment(&mut env)?;
            say(&mut env, &facts)?;
        }
        "connection" => {
            let facts = facts::connection(&env);
            say(&mut env, &facts)?;
        }
        _ => return acts(env, (&name, &query), &nonce, &state).await,
    }
    Ok(env)
}

/// The paths that act on the response; what becomes of the call is kept.
async fn acts(
    mut env: Environment,
    (name, query): (&str, &str),
    nonce: &str,
    state: &State,
) -> Result<Environment, Error> {
    let told = state.fates.begin(nonce, env.request().cancelled().clone());
    match name {
        "reply" => reply::shaped(&mut env, query, state, &told).await?,
        "unread" => env.response_mut().set_body("unread\n"),
        "fail" => fail(&mut env, query).await?,
        "upgrade" => taken::over(&mut env, query, told)?,
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

/// Fails, after a piece of the body where `chunk` has one: by an error, or by a panic.
async fn fail(env: &mut Environment, query: &str) -> Result<(), Error> {
    env.response_mut().headers_mut()?.set("x-before", "the failure")?;
    if let Some(chunk) = parameter(query, "chunk") {
        env.response_mut().write(chunk).await?;
        env.response_mut().flush().await?;
    }
    if parameter(query, "panic").is_some() {
        // As a panic, but without its lines on the standard error.
        std::panic::resume_unwind(Box::new("the probe was told to panic"));
    }
    Err(Error::app("the probe was told to fail"))
}
