//! An app that shows what a server carries; the tests ask it through web servers.

use std::path::PathBuf;
use std::time::Duration;

use owin_core::http::StatusCode;
use owin_core::lint::Party;
use owin_core::{AppExt as _, BoxApp, Environment, Error, Lint, keys};

/// How much is written at once where much is written.
const PIECE: usize = 64 * 1024;

/// The app.
pub(crate) fn app() -> BoxApp {
    let app = async |mut env: Environment| -> Result<Environment, Error> {
        let path = env.request().path().to_owned();
        match path.trim_start_matches('/') {
            "echo" => echo(env).await,
            "back" => back(env).await,
            "count" => count(env).await,
            "give" => give(env).await,
            "parts" => parts(env).await,
            "wait" => wait(env).await,
            "fail" => Err(Error::app("the app was asked to fail")),
            "break" => break_off(env).await,
            "missing" => {
                env.response_mut().set_status(StatusCode::NOT_FOUND)?;
                Ok(env)
            }
            "take" => take(env).await,
            _ => facts(env),
        }
    };
    // A server that breaks a rule of the contract is told of where the notes are; the app itself is
    // asked to fail.
    let lint = Lint::new().with_report(|violation| {
        if violation.rule().party() == Party::Server {
            note("violation", &violation.to_string());
        }
    });
    app.with(lint).boxed()
}

/// Tells what the environment holds, a line for each.
fn facts(mut env: Environment) -> Result<Environment, Error> {
    let request = env.request();
    let mut text = format!("method {}\n", request.method());
    text += &format!("protocol {:?}\nscheme {}\n", request.protocol(), request.scheme());
    text += &format!("base {:?}\npath {:?}\n", request.path_base(), request.path());
    text += &format!("query {}\nraw {:?}\n", request.query_string(), request.raw_target());
    for (name, value) in request.headers().lines() {
        text += &format!("field {name}: {}\n", String::from_utf8_lossy(value));
    }
    let remote = env.get(keys::SERVER_REMOTE_IP_ADDRESS);
    text += &format!("remote {remote:?} {}\n", env.get(keys::SERVER_REMOTE_PORT).is_some());
    text += &format!("local {:?}\n", env.get(keys::SERVER_LOCAL_IP_ADDRESS));
    if let Some(user) = env.get(keys::REQUEST_USER) {
        text += &format!("user {} by {}\n", user.name(), user.scheme());
    }
    let mut response = env.response_mut();
    let headers = response.headers_mut()?;
    headers.append("set-cookie", "a=1")?;
    headers.append("set-cookie", "b=2")?;
    headers.set("content-type", "text/plain; charset=utf-8")?;
    env.response_mut().set_body(text);
    Ok(env)
}

/// Sends the body back while it comes.
async fn echo(mut env: Environment) -> Result<Environment, Error> {
    while let Some(chunk) = env.request_mut().body_mut().chunk().await? {
        env.response_mut().write_bytes(chunk).await?;
    }
    Ok(env)
}

/// Sends the body back once it is there.
async fn back(mut env: Environment) -> Result<Environment, Error> {
    let body = env.request_mut().body_mut().read_to_end(16 << 20).await?;
    env.response_mut().set_body(body);
    Ok(env)
}

/// Counts the bytes of the body, and tells how much memory that took.
async fn count(mut env: Environment) -> Result<Environment, Error> {
    let mut count = 0;
    while let Some(chunk) = env.request_mut().body_mut().chunk().await? {
        count += chunk.len();
    }
    env.response_mut().set_body(format!("{count} bytes, {} KiB\n", peak_kib()));
    Ok(env)
}

/// Reads the body, and notes how that ended.
async fn take(mut env: Environment) -> Result<Environment, Error> {
    note("taking", "");
    let read = loop {
        match env.request_mut().body_mut().chunk().await {
            Ok(Some(_)) => {}
            end => break end,
        }
    };
    let reason = env.request().cancelled().reason();
    note(
        "taken",
        &match read {
            Ok(_) => "whole".to_owned(),
            Err(error) => format!("broke off: {error}, {reason:?}"),
        },
    );
    Ok(env)
}

/// Writes as many bytes as the query says, and notes how many were taken.
async fn give(mut env: Environment) -> Result<Environment, Error> {
    let mut left: usize = env.request().query_string().parse().unwrap_or(0);
    let piece = vec![b'x'; PIECE];
    let mut given = 0;
    while left > 0 {
        let count = left.min(PIECE);
        let piece = piece.get(..count).unwrap_or_default();
        env.response_mut().write(piece).await?;
        left -= count;
        given += count;
        if given % (PIECE * 16) == 0 || left == 0 {
            note("given", &format!("{given} bytes, {} KiB\n", peak_kib()));
        }
    }
    Ok(env)
}

/// Writes one part, and another after as many milliseconds as the query says.
async fn parts(mut env: Environment) -> Result<Environment, Error> {
    let pause = env.request().query_string().parse().unwrap_or(0);
    env.response_mut().write("first\n").await?;
    env.response_mut().flush().await?;
    tokio::time::sleep(Duration::from_millis(pause)).await;
    env.response_mut().write("second\n").await?;
    Ok(env)
}

/// Begins to answer, then waits until nobody wants the answer, and notes why.
async fn wait(mut env: Environment) -> Result<Environment, Error> {
    let cancelled = env.request().cancelled().clone();
    env.response_mut().write("waiting\n").await?;
    env.response_mut().flush().await?;
    note("waiting", "");
    let reason = cancelled.cancelled().await;
    note("cancelled", &format!("{reason:?}"));
    Ok(env)
}

/// Fails in the middle of a response, the length of which it says where the query is one.
async fn break_off(mut env: Environment) -> Result<Environment, Error> {
    let length = env.request().query_string().to_owned();
    if !length.is_empty() {
        env.response_mut().headers_mut()?.set("content-length", length)?;
    }
    env.response_mut().write("a part of it").await?;
    env.response_mut().flush().await?;
    // So that a web server has passed it on before it learns that no more comes.
    tokio::time::sleep(Duration::from_millis(200)).await;
    Err(Error::app("the app was asked to fail in the middle"))
}

/// Leaves a note in the folder that the tests look into, where there is one.
fn note(name: &str, text: &str) {
    if let Some(folder) = std::env::var_os("OWIN_NOTES") {
        let path = PathBuf::from(folder).join(name);
        let written = std::fs::write(path.with_extension("new"), text)
            .and_then(|()| std::fs::rename(path.with_extension("new"), &path));
        drop(written);
    }
}

/// The most memory that this process ever had, where the system tells.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
