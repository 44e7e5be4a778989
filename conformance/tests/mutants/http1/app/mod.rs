//! The probe contract on the mutant server, right but for the fault.

mod echo;
mod facts;
mod response;
mod shared;
mod steps;
mod upgrade;

use serde_json::{Value, json};

pub(crate) use self::response::Callback;
use self::response::Response;
pub(crate) use self::shared::Shared;
use super::faults::Fault;
use super::head::{Head, Refused};
use super::server::Connection;

/// What became of a request.
pub(crate) struct Answered {
    pub(crate) keeps: bool,
    pub(crate) has_read: bool,
}

/// Why an app ended otherwise than well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failed {
    /// The app failed, or what it asked for was refused.
    App,
    /// The app panicked.
    Panic,
    /// The body of the request is none, or broke off.
    Read(Refused),
    /// The client has gone.
    Write,
}

/// One call: the request, and what is known of it.
struct Call<'a> {
    head: &'a Head,
    path: String,
    query: &'a str,
    parameters: Vec<(String, String)>,
    /// The body, where it was read before.
    body: Option<Vec<Vec<u8>>>,
    has_read: bool,
    trailers: Vec<(String, Vec<u8>)>,
}

impl Call<'_> {
    fn named(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    fn nonce(&self) -> String {
        self.named("nonce").unwrap_or_default().to_owned()
    }
}

/// Calls the app and writes its answer; `body` is there where it was read before.
pub(crate) fn answer(
    connection: &mut Connection,
    head: &Head,
    body: Option<Vec<Vec<u8>>>,
) -> Result<Answered, Refused> {
    let (path, query) = head.target.split_once('?').unwrap_or((&head.target, ""));
    let parameters = query
        .split('&')
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (name.to_owned(), decoded(value, None)))
        .collect();
    let path = decoded(path, connection.fault());
    let (has_read, trailers) = (body.is_some(), Vec::new());
    let mut call = Call { head, path, query, parameters, body, has_read, trailers };
    let mut response = Response::default();
    let (name, nonce) = (name_of(&call), call.nonce());
    if call.named("wait").is_some() && connection.has(Fault::FewCallsAtOnce) {
        connection.shared().wait_for_room();
    }
    let is_beside = matches!(name.as_str(), "count" | "version" | "fate" | "release");
    if !is_beside {
        let calls = if connection.has(Fault::CalledTwice) { 2 } else { 1 };
        connection.shared().called(&nonce, calls);
        connection.shared().fate(&nonce, |fate| *fate = shared::Fate::default());
    }
    let ended = act(connection, &mut call, &mut response, &name);
    let keeps = match ended {
        Ok(true) => Ok(response.finish(connection, head)),
        Ok(false) => Ok(false),
        Err(failed) => response.failed(connection, head, failed),
    };
    if !is_beside {
        connection.shared().fate(&nonce, |fate| fate.has_ended = true);
    }
    if !is_beside && connection.has(Fault::TokenFiresAfterSuccess) {
        connection.remember(&nonce);
    }
    Ok(Answered { keeps: keeps?, has_read: call.has_read })
}

/// The name of the path of the probe; one below `/plain` is an echo, too.
fn name_of(call: &Call<'_>) -> String {
    let name = call.path.strip_prefix("/.probe/");
    let is_plain = call.path.starts_with("/plain");
    let name = name.and_then(|name| name.split('/').next());
    name.unwrap_or(if is_plain { "echo" } else { "none" }).to_owned()
}

/// Does what the path says; whether there is a response to finish.
fn act(
    connection: &mut Connection,
    call: &mut Call<'_>,
    response: &mut Response,
    name: &str,
) -> Result<bool, Failed> {
    match name {
        "version" => response.say(&version()),
        "count" => response.say(&json!({ "count": connection.shared().count(&call.nonce()) })),
        "fate" => response.say(&connection.shared().told(&call.nonce())),
        "release" => connection.shared().open(&call.nonce()),
        "echo" => {
            let seen = echo::seen(connection, call)?;
            response.say(&seen);
        }
        "environment" => response.say(&facts::environment(connection)),
        "connection" => response.say(&facts::connection(connection)),
        "reply" => steps::shaped(connection, call, response)?,
        "unread" => response.write(b"unread\n"),
        "fail" => fail(connection, call, response)?,
        "upgrade" => return upgrade::taken(connection, call, response),
        _ if call.head.target == "*" && connection.has(Fault::AsteriskFails) => {
            return Err(Failed::App);
        }
        _ if call.head.method == "CONNECT" && connection.has(Fault::TunnelOpened) => {}
        _ => response.status = Some(404),
    }
    Ok(true)
}

/// The features that the mutant claims.
const FEATURES: [&str; 8] =
    ["steps", "environment", "addresses", "callbacks", "cancel", "trailers", "sendfile", "opaque"];

fn version() -> Value {
    json!({ "probe": 1, "app": "a mutant", "features": FEATURES })
}

fn fail(
    connection: &mut Connection,
    call: &Call<'_>,
    response: &mut Response,
) -> Result<(), Failed> {
    response.field("X-Before", "the failure");
    if let Some(chunk) = call.named("chunk") {
        response.write(chunk.as_bytes());
        response.flush(connection, call.head)?;
    } else if call.named("panic").is_some() {
        return Err(Failed::Panic);
    } else if connection.has(Fault::FailureIs200) {
        return Ok(());
    }
    Err(Failed::App)
}

fn decoded(text: &str, fault: Option<Fault>) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).filter(|_| *first == b'%');
        let hex = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        rest = if hex.is_some() { &tail[2..] } else { tail };
        bytes.push(hex.unwrap_or(*first));
        if fault == Some(Fault::OverlongDecoded) && bytes.ends_with(b"\xC0\xAF") {
            bytes.truncate(bytes.len() - 2);
            bytes.push(b'/');
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
