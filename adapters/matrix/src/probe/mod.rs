//! The probe app: it does one small thing on each path, and notes what it sees in a ledger.
//!
//! The paths are those of the table in the page of this crate. They have a [`VERSION`]: a path may
//! be added under it, what a path answers and notes may not change.

mod bodies;
mod facts;
mod lives;
mod notes;
mod upgrades;

use std::path::PathBuf;

use owin_core::http::StatusCode;
use owin_core::middleware::{Map, Middleware};
use owin_core::{App, BoxApp, Environment, Error, NotFound};

use self::notes::Notes;
use crate::ledger::Ledger;

/// The version of the paths.
pub const VERSION: u32 = 1;

/// The paths, each with what it does.
pub const PATHS: [(&str, &str); 12] = [
    ("/probe", "tells the version and the paths"),
    ("/probe/echo", "sends the body of the request back as it comes"),
    ("/probe/count", "counts the bytes of the body, and says whether they were the right ones"),
    ("/probe/bytes", "sends n bytes"),
    ("/probe/steps", "sends n lines, each once the client has seen the one before"),
    ("/probe/wait", "answers only once it is told to, and notes when the token fires"),
    ("/probe/upgrade", "takes the connection over and sends back what comes"),
    ("/probe/websocket", "takes the connection over and sends messages back"),
    ("/probe/trailers", "notes the trailer fields of the request, and sends one"),
    ("/probe/file", "sends the file of the page"),
    ("/probe/facts", "tells what the environment knows of the connection"),
    ("/probe/.probe", "has the paths of the conformance suite below it"),
];

/// Makes the probe app, whose observations go to a ledger in that folder.
///
/// It needs no runtime of a certain kind: where it must wait for time to pass, a thread does.
///
/// ```
/// use owin_adapter_matrix::probe;
/// use owin_core::testing::TestHost;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), owin_core::Error> {
/// let host = TestHost::new(probe::app(std::env::temp_dir()));
/// let mut response = host.post("/probe/echo").body("hello").send().await?;
/// assert_eq!(response.text().await?, "hello");
/// # Ok(())
/// # }
/// ```
pub fn app(ledger: impl Into<PathBuf>) -> impl App + Clone {
    let folder = ledger.into();
    let suite = owin_conformance::probe::app_counting_in(&folder);
    let ledger = Ledger::new(folder);
    move |env: Environment| {
        let (ledger, suite) = (ledger.clone(), suite.clone());
        async move {
            if path(&env).starts_with("/probe/.probe/") {
                return asked_by_the_suite(env, suite).await;
            }
            answer(env, &ledger).await
        }
    }
}

/// The whole path: a server in front may take a part of it off.
fn path(env: &Environment) -> String {
    [env.request().path_base(), env.request().path()].concat()
}

/// The suite is told that its probe is below `/probe`.
async fn asked_by_the_suite(env: Environment, suite: BoxApp) -> Result<Environment, Error> {
    if env.request().path_base() == "/probe" {
        return suite.call(env).await;
    }
    Map::new("/probe", suite)?.wrap(NotFound).call(env).await
}

async fn answer(env: Environment, ledger: &Ledger) -> Result<Environment, Error> {
    let notes = Notes::of(&env, ledger)?;
    match path(&env).as_str() {
        "/probe" => facts::version(env),
        "/probe/echo" => bodies::echo(env, &notes).await,
        "/probe/count" => bodies::count(env, &notes).await,
        "/probe/bytes" => bodies::bytes(env, &notes).await,
        "/probe/steps" => lives::steps(env, &notes).await,
        "/probe/wait" => lives::wait(env, &notes).await,
        "/probe/upgrade" => upgrades::opaque(env, &notes),
        "/probe/websocket" => upgrades::websocket(env, &notes),
        "/probe/trailers" => bodies::trailers(env, &notes).await,
        "/probe/file" => bodies::file(env, &notes).await,
        "/probe/facts" => facts::facts(env),
        _ => text(env, StatusCode::NOT_FOUND, "there is no such path; /probe lists them\n"),
    }
}

/// Answers with a status and a text.
fn text(
    mut env: Environment,
    status: StatusCode,
    text: impl Into<String>,
) -> Result<Environment, Error> {
    env.response_mut().set_status(status)?;
    env.response_mut().headers_mut()?.set("content-type", "text/plain; charset=utf-8")?;
    env.response_mut().set_body(text.into());
    Ok(env)
}

/// Answers that the call offers no such key.
fn not_offered(env: Environment, key: &str) -> Result<Environment, Error> {
    text(env, StatusCode::NOT_IMPLEMENTED, format!("this call offers no {key}\n"))
}

/// A value of the query, as it was sent.
fn query<'a>(env: &'a Environment, name: &str) -> Option<&'a str> {
    let mut pairs = env.request().query_string().split('&');
    pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// A number of the query; `default` where it is not there.
fn number(env: &Environment, name: &str, default: u64) -> Result<u64, Error> {
    let Some(value) = query(env, name) else { return Ok(default) };
    value.parse().map_err(|_| Error::peer(format!("{name} is a number without a sign")))
}

/// Whether the query says `name=1`.
fn is_asked(env: &Environment, name: &str) -> bool {
    query(env, name) == Some("1")
}

#[cfg(test)]
mod tests {
    use owin_core::testing::TestHost;

    use super::*;

    #[tokio::test]
    async fn a_path_that_is_not_there_is_not_found() {
        let host = TestHost::new(app(std::env::temp_dir()));
        assert_eq!(host.get("/probe/nothing").send().await.unwrap().status(), 404);
    }

    #[tokio::test]
    async fn a_nonce_that_leaves_the_folder_is_the_peers_fault() {
        let host = TestHost::new(app(std::env::temp_dir()));
        let error = host.get("/probe/facts?nonce=../a").send().await.unwrap_err();
        assert_eq!(error.status(), 400, "{error}");
    }

    #[tokio::test]
    async fn every_path_is_listed_with_its_version_and_stands_in_the_page() {
        let host = TestHost::new(app(std::env::temp_dir()));
        let mut response = host.get("/probe").send().await.unwrap();
        let told: serde_json::Value =
            serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(told["version"], VERSION);
        let page = include_str!("../../README.md");
        assert!(page.contains(&format!("Version {VERSION} of the paths")));
        for (at, (path, _)) in PATHS.into_iter().enumerate() {
            assert_eq!(told["paths"][at]["path"], path);
            assert!(page.contains(&format!("\n| `{path}")), "{path}");
        }
    }
}
