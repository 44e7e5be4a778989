//! A connection that an app has taken over, by a clock that the test moves.

use owin_core::upgrade::OpaqueUpgrade;
use owin_core::{Environment, Error, keys};
use tokio::io::AsyncWriteExt;
use tokio::time::{Duration, sleep, timeout};

use super::{Answer, EVER, Wire};
use crate::Limits;

const ASK: &str = "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";

/// Sends each byte back, and ends at an exclamation mark.
async fn echo(mut env: Environment) -> Answer {
    let upgrade = env.feature::<&OpaqueUpgrade>().cloned();
    let upgrade = upgrade.ok_or_else(|| Error::app("not offered"))?;
    env.response_mut().headers_mut()?.set("date", "now")?;
    upgrade.accept(&mut env, None, async |mut own| {
        let mut stream = own.remove(keys::OPAQUE_STREAM)?.unwrap();
        let mut byte = [0];
        while stream.read(&mut byte).await? == 1 && byte != *b"!" {
            stream.write_all(&byte).await?;
        }
        Ok(())
    })?;
    Ok(env)
}

const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\ndate: now\r\nconnection: upgrade\r\n\
    upgrade: x\r\n\r\n";

#[tokio::test(start_paused = true)]
async fn no_time_and_no_size_of_http_limits_it() {
    // OP-023.
    let limits = Limits { body_bytes: Some(0), drain_bytes: 0, ..Limits::default() };
    let mut wire = Wire::within(limits, echo, 1_024);
    assert_eq!(wire.ask(ASK, SWITCH.len()).await, SWITCH);
    for _ in 0..3 {
        sleep(Duration::from_secs(100_000)).await;
        let bytes = "x".repeat(1_000);
        assert_eq!(wire.ask(&bytes, 1_000).await, bytes);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_close_is_let_go_once_the_app_has_ended() {
    // OP-020.
    let mut wire = Wire::of(echo, 1_024);
    assert_eq!(wire.ask(&format!("{ASK}bye"), SWITCH.len() + 3).await, format!("{SWITCH}bye"));
    wire.send("!").await;
    assert_eq!(wire.rest().await, "");
    assert_eq!(wire.seconds(), 0.0);
    wire.client.write_all(b"more").await.unwrap();
    assert!(timeout(EVER, &mut wire.driver).await.unwrap().unwrap().is_none());
    assert!((2.0..2.1).contains(&wire.seconds()), "{}", wire.seconds());
}
