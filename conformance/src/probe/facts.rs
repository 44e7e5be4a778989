//! What the environment of a call has, as JSON.

use owin_core::features::{Connection, User};
use owin_core::{Environment, Error, Value as Own, keys};
use serde_json::{Map, Value, json};

/// What the app leaves behind in an environment; the next one must not have it.
const MARK: &str = "probe.Mark";

/// Says what the environment has: its keys with the types of their values, those whose text is
/// empty, and the values of a few. Then it leaves a mark and a user in it.
pub(super) fn environment(env: &mut Environment) -> Result<Value, Error> {
    let named = |(name, value): (&str, owin_core::ValueRef<'_>)| {
        (name.to_owned(), Value::from(value.type_name()))
    };
    let types: Map<String, Value> = env.iter().map(named).collect();
    let is_empty = |value: owin_core::ValueRef<'_>| value.as_str().is_some_and(str::is_empty);
    let empty = env.iter().filter(|(_, value)| is_empty(*value));
    let empty: Vec<&str> = empty.map(|(name, _)| name).collect();
    let seen = json!({
        "keys": types,
        "empty": empty,
        "version": env.get(keys::OWIN_VERSION).map(ToString::to_string),
        "id": env.get(keys::REQUEST_ID),
        "cancelled": env.request().cancelled().is_cancelled(),
        "capabilities": capabilities(env),
    });
    env.set_value(MARK, Own::new("left by the probe".to_owned()))?;
    env.set(keys::REQUEST_USER, User::new("probe", "none"))?;
    Ok(seen)
}

/// The capabilities; a value that is no text by its type.
fn capabilities(env: &Environment) -> Option<Map<String, Value>> {
    let text = |value: owin_core::ValueRef<'_>| {
        Value::from(value.as_str().unwrap_or_else(|| value.type_name()))
    };
    let said = env.get(keys::SERVER_CAPABILITIES)?;
    Some(said.iter().map(|(name, value)| (name.to_owned(), text(value))).collect())
}

/// Says who is at the ends of the connection.
pub(super) fn connection(env: &Environment) -> Value {
    json!({
        "remote_ip": env.get(keys::SERVER_REMOTE_IP_ADDRESS),
        "remote_port": env.get(keys::SERVER_REMOTE_PORT),
        "local_ip": env.get(keys::SERVER_LOCAL_IP_ADDRESS),
        "local_port": env.get(keys::SERVER_LOCAL_PORT),
        "is_local": env.feature::<Connection<'_>>().and_then(Connection::is_local),
    })
}

/// What the server can do, as its environment says, in the names of the manifest.
pub(super) fn features(env: &Environment) -> Vec<&'static str> {
    let said = env.get(keys::SERVER_CAPABILITIES);
    let announces = |name: &str| said.is_some_and(|said| said.contains(name));
    let claims = [
        ("steps", true),
        ("environment", true),
        ("cancel", true),
        ("addresses", env.get(keys::SERVER_REMOTE_IP_ADDRESS).is_some()),
        ("callbacks", env.get(keys::SERVER_ON_SENDING_HEADERS).is_some()),
        ("sendfile", announces(keys::SENDFILE_VERSION.name())),
        ("opaque", announces(keys::OPAQUE_VERSION.name())),
        ("websocket", super::websocket::is_offered(env)),
        ("trailers", true),
    ];
    claims.into_iter().filter(|(_, is_claimed)| *is_claimed).map(|(name, _)| name).collect()
}
