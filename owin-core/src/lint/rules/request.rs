//! Rules about the request line and who asks.

use super::declare;
use crate::lint::judge::Judge;
use crate::lint::memory::Startup;
use crate::{Environment, keys};

declare! {
    USER_IS_SOMEBODY: "OWIN-023", Must, Middleware, Some("owin.RequestUser"), "OWIN 1.0.1 §3.2.1",
        "a user with a name, or no user at all",
        "leave the key out where the request is anonymous";
    SCHEME: "OWIN-091", Must, Server, Some("owin.RequestScheme"), "OWIN 1.0 §5.1",
        "http or https",
        "set the scheme that the client most likely used; never leave it empty";
    QUERY_IS_ENCODED: "OWIN-110", Must, Server, Some("owin.RequestQueryString"), "OWIN 1.0 §5.5",
        "the query as it was sent, still encoded",
        "do not decode the query; who reads it does";
    SAME_VERSION: "OWIN-121", Text, Server, Some("owin.Version"), "OWIN 1.0 §7",
        "the version of the start-up properties",
        "announce one version and set the same in every call";
}

pub(super) fn at_entry(env: &Environment, startup: &Startup, judge: &Judge) {
    let request = env.request();
    if !matches!(request.scheme(), "http" | "https") {
        judge.found(&SCHEME, format!("{:?}", request.scheme()));
    }
    if !request.query_string().bytes().all(may_stand_in_a_target) {
        judge.found(&QUERY_IS_ENCODED, format!("{:?}", request.query_string()));
    }
    if env.get(keys::REQUEST_USER).is_some_and(|user| user.name().is_empty()) {
        judge.found(&USER_IS_SOMEBODY, "a user without a name");
    }
    if let (Some(announced), Some(seen)) = (startup.version, env.get(keys::OWIN_VERSION))
        && announced != *seen
    {
        judge.found(&SAME_VERSION, format!("{seen} after {announced} was announced"));
    }
}

/// The bytes that a request target is made of; `#` would begin a fragment, which is never sent.
fn may_stand_in_a_target(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'#'
}
