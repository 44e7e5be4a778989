//! What the environment knows, as JSON.

use owin_core::features::{ClientCertificate, Connection, TlsHandshake};
use owin_core::{Environment, Error, keys};
use serde_json::{Value, json};

use crate::probe::{PATHS, VERSION};

/// `/probe`: the version and the paths.
pub(super) fn version(env: Environment) -> Result<Environment, Error> {
    let paths = PATHS.map(|(path, what)| json!({ "path": path, "what": what }));
    answer(env, &json!({ "version": VERSION, "paths": paths }))
}

/// `/probe/facts`: the addresses, TLS, the protocol, the capabilities, the names of all keys.
pub(super) fn facts(env: Environment) -> Result<Environment, Error> {
    let connection = env.feature::<Connection<'_>>();
    let ip = |ip: Option<std::net::IpAddr>| ip.map(|ip| ip.to_string());
    let said = env.get(keys::SERVER_CAPABILITIES);
    let told = json!({
        "protocol": format!("{:?}", env.request().protocol()),
        "scheme": env.request().scheme(),
        "connection": connection.and_then(Connection::id),
        "remote": {
            "ip": ip(connection.and_then(Connection::remote_ip)),
            "port": connection.and_then(Connection::remote_port),
        },
        "local": {
            "ip": ip(connection.and_then(Connection::local_ip)),
            "port": connection.and_then(Connection::local_port),
        },
        "is_local": connection.and_then(Connection::is_local),
        "tls": tls(&env),
        "server": said.and_then(|said| said.get(keys::SERVER_NAME)),
        "capabilities": said.map(|said| said.iter().map(|(name, _)| name).collect::<Vec<_>>()),
        "keys": env.iter().map(|(name, _)| name).collect::<Vec<_>>(),
    });
    answer(env, &told)
}

fn tls(env: &Environment) -> Value {
    let certificates = env.feature::<&ClientCertificate>().map(|client| client.chain().len());
    env.feature::<&TlsHandshake>().map_or(Value::Null, |tls| {
        json!({
            "protocol": tls.protocol(),
            "cipher_suite": tls.cipher_suite(),
            "server_name": tls.server_name(),
            "application_protocol": tls.application_protocol(),
            "client_certificates": certificates,
        })
    })
}

fn answer(mut env: Environment, told: &Value) -> Result<Environment, Error> {
    env.response_mut().headers_mut()?.set("content-type", "application/json")?;
    env.response_mut().set_body(told.to_string());
    Ok(env)
}
