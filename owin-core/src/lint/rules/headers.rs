//! Rules about the field lines of a request.

use http::{HeaderName, HeaderValue};

use super::declare;
use crate::address::is_host_and_port;
use crate::lint::judge::Judge;
use crate::{Environment, Headers};

declare! {
    NAMES_ARE_TOKENS: "OWIN-034", Must, Server, Some("owin.RequestHeaders"), "OWIN 1.0 §3.3",
        "field names that are tokens, and values without control characters",
        "refuse such a request with 400 before the app sees it";
    HOST: "OWIN-092", Must, Server, Some("owin.RequestHeaders"), "OWIN 1.0 §5.2",
        "a Host field",
        "refuse an HTTP/1.1 request without Host; give an HTTP/1.0 one the local endpoint";
    HOST_IS_HOST: "OWIN-093", Must, Server, Some("owin.RequestHeaders"), "OWIN 1.0 §5.2",
        "a Host field that is a name or an address, with or without a port",
        "refuse the request with 400";
    HOST_IS_NOT_BLANK: "OWIN-097", Must, Server, Some("owin.RequestHeaders"), "OWIN 1.0 §5.2",
        "a Host field that is not blank",
        "refuse the request with 400, or put the local endpoint in";
}

pub(super) fn at_entry(env: &Environment, judge: &Judge) {
    let headers = env.request().headers();
    if let Some(line) = illegal_line(headers) {
        judge.found(&NAMES_ARE_TOKENS, line);
    }
    match headers.bytes("host").map(String::from_utf8_lossy) {
        None => judge.found(&HOST, "none"),
        Some(host) if host.trim().is_empty() => judge.found(&HOST_IS_NOT_BLANK, "a blank one"),
        Some(host) if !is_host_and_port(&host) => judge.found(&HOST_IS_HOST, format!("{host:?}")),
        Some(_) => {}
    }
}

/// The first line that a map of fields would leave out; only raw lines can hold one.
fn illegal_line(headers: &Headers) -> Option<String> {
    let mut lines = headers.lines();
    let (name, value) = lines.find(|(name, value)| {
        HeaderName::from_bytes(name.as_bytes()).is_err() || HeaderValue::from_bytes(value).is_err()
    })?;
    Some(format!("{name:?}: {:?}", String::from_utf8_lossy(value)))
}
