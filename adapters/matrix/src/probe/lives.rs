//! Paths about how long an answer lives: step by step, and until the client goes.

use owin_core::http::StatusCode;
use owin_core::{Environment, Error};

use crate::probe::notes::{Notes, Waited};
use crate::probe::{is_asked, number, text};

/// `/probe/steps`: writes and flushes `step K`, then waits for the mark `saw-K`.
pub(super) async fn steps(mut env: Environment, notes: &Notes) -> Result<Environment, Error> {
    let count = number(&env, "n", 3)?;
    for step in 1..=count {
        env.response_mut().write(format!("step {step}\n")).await?;
        env.response_mut().flush().await?;
        notes.note(format!("flushed {step}"))?;
        if notes.marked(&format!("saw-{step}")).await != Waited::Marked {
            return Err(Error::peer(format!("nobody said that step {step} was seen")));
        }
    }
    notes.note(format!("ended {count}"))?;
    Ok(env)
}

/// `/probe/wait`: reads the body, then waits for the token or for the mark `release`. With
/// `started=1` the response has started before.
pub(super) async fn wait(mut env: Environment, notes: &Notes) -> Result<Environment, Error> {
    let token = env.request().cancelled().clone();
    let watched = notes.watch("release", token.clone());
    if is_asked(&env, "started") {
        env.response_mut().write("the answer has started\n").await?;
        env.response_mut().flush().await?;
    }
    notes.note("waiting")?;
    loop {
        match env.request_mut().body_mut().chunk().await {
            Ok(Some(_)) => notes.note("read")?,
            Ok(None) => break,
            Err(error) => {
                notes.note(format!("failed {:?}", error.kind()))?;
                break;
            }
        }
    }
    tokio::select! {
        reason = token.cancelled() => notes.note(format!("woke {reason:?}"))?,
        _ = watched => {}
    }
    if is_asked(&env, "started") {
        return Ok(env);
    }
    text(env, StatusCode::OK, "nobody went away\n")
}
