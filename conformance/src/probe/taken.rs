//! Connections that the app takes over (`opaque.Upgrade`).

use owin_core::upgrade::OpaqueUpgrade;
use owin_core::{Dictionary, Environment, Error, keys};

use super::fates::Told;
use super::query::parameter;

/// Takes the connection over where the server offers it and the query does not forbid it, writes
/// `ready` and a line feed, and then writes back what it reads, to the end. With `end` it ends after
/// the line; with `fail` it fails there.
pub(super) fn over(env: &mut Environment, query: &str, told: Told) -> Result<(), Error> {
    let offered = env.feature::<&OpaqueUpgrade>().cloned();
    let offered = offered.filter(|_| parameter(query, "refuse").is_none());
    let Some(upgrade) = offered else {
        env.response_mut().set_body("plain\n");
        return Ok(());
    };
    env.response_mut().headers_mut()?.set("x-probe", "taken over")?;
    let (ends, fails) = (parameter(query, "end").is_some(), parameter(query, "fail").is_some());
    upgrade.accept(env, None, async move |mut env| {
        let echoed = echo(&mut env, ends, fails).await;
        drop(told);
        echoed
    })
}

async fn echo(env: &mut Dictionary, ends: bool, fails: bool) -> Result<(), Error> {
    let absent = || Error::server("there is no stream").with_key(keys::OPAQUE_STREAM.name());
    let mut stream = env.remove(keys::OPAQUE_STREAM)?.ok_or_else(absent)?;
    stream.write_all(b"ready\n").await?;
    stream.flush().await?;
    if fails {
        return Err(Error::app("the probe was told to fail"));
    }
    if ends {
        return stream.shutdown().await;
    }
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let length = stream.read(&mut bytes).await?;
        if length == 0 {
            break;
        }
        stream.write_all(bytes.get(..length).unwrap_or_default()).await?;
        stream.flush().await?;
    }
    stream.shutdown().await
}
