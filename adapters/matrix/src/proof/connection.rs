//! What an app learns of the connection, and files that the server sends.

use std::fs;

use serde_json::Value;

use super::streaming::same;
use crate::client::tls::standard;
use crate::client::{Answer, Request, http1};
use crate::evidence::Evidence;
use crate::pattern;
use crate::servers::Target;

/// How long the file is.
const FILE_BYTES: u64 = 1 << 20;

/// A file comes whole, and a range of it.
pub(super) async fn file(target: &Target) -> Result<(), Evidence> {
    let page = target.page("file")?;
    fs::write(page.file(), pattern::bytes(0, FILE_BYTES))?;
    for (query, from, count) in [("", 0, FILE_BYTES), ("&offset=1000&count=70001", 1_000, 70_001)] {
        let mut talk = target.open(&Request::get(page.target("file", query))).await?;
        talk.answer.head_of(200).await?;
        let mut seen = Vec::new();
        while let Some(data) = talk.answer.data().await? {
            seen.extend_from_slice(&data);
        }
        same(&seen.len().to_string(), &count.to_string())?;
        if !pattern::is_right(from, &seen) {
            return Err(Evidence::new("other bytes came than are in the file"));
        }
    }
    Ok(())
}

/// The app knows the address of the client's socket.
pub(super) async fn client_address(target: &Target) -> Result<(), Evidence> {
    let request = Request::get("/probe/facts");
    let mut talk = target.open(&request).await?;
    let (local, told) = (talk.local, answer(&mut talk.answer).await?);
    let remote = told.get("remote").unwrap_or(&Value::Null);
    let ip = remote.get("ip").and_then(Value::as_str).unwrap_or("no address");
    let port = remote.get("port").and_then(Value::as_u64);
    if ip != local.ip().to_string() {
        return Err(Evidence::new(format!("the app knows {ip}")));
    }
    if port != Some(u64::from(local.port())) {
        return Err(Evidence::new(
            port.map_or("the app knows no port", |_| "it knows another port"),
        ));
    }
    Ok(())
}

/// The app knows what the handshake agreed on.
pub(super) async fn tls_facts(target: &Target) -> Result<(), Evidence> {
    let tls = target.tls.clone()?;
    let (mut talk, agreed) = http1::open_tls(&tls, &Request::get("/probe/facts")).await?;
    let told = answer(&mut talk.answer).await?;
    let fact = |of: &Value, name: &str| {
        of.get(name).and_then(Value::as_str).unwrap_or("nothing").to_owned()
    };
    let handshake = told.get("tls").unwrap_or(&Value::Null);
    if handshake.is_null() {
        return Err(Evidence::new("the app knows nothing of the handshake"));
    }
    same(&fact(&told, "scheme"), "https")?;
    same(&fact(handshake, "protocol"), &agreed.protocol)?;
    same(&standard(&fact(handshake, "cipher_suite")), &agreed.cipher_suite)
}

/// The facts of a call over a connection of its own.
pub(crate) async fn facts(target: &Target) -> Result<Value, Evidence> {
    answer(&mut target.open(&Request::get("/probe/facts")).await?.answer).await
}

async fn answer(answer: &mut Answer) -> Result<Value, Evidence> {
    answer.head_of(200).await?;
    let text = answer.text(65_536).await?;
    serde_json::from_str(&text).map_err(|error| Evidence::new(format!("no JSON: {error}")))
}
