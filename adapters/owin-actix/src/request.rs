//! A request of actix in an environment.

use std::borrow::Cow;

use actix_http::{RequestHead, Uri};
use owin_core::address::is_host_and_port;
use owin_core::http::{StatusCode, Version};
use owin_core::path::split_base;
use owin_core::{Environment, Error};

use crate::gate::Gate;

/// Fills an environment: method, target, protocol and field lines as actix tells them.
///
/// # Errors
///
/// 400 where the contract has no place for the request.
pub(crate) fn fill(env: &mut Environment, head: &RequestHead) -> Result<(), Error> {
    let protocol = version(head.version);
    let method = head.method.as_str();
    let target = target(method, &head.uri, protocol)?;
    let lines = head.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let authority = authority(head, protocol);
    let own = authority.map(|authority| ("host", authority.as_bytes()));
    env.request_mut().fill(method, &target, protocol, lines.chain(own))?;
    if let Some(scheme) = head.uri.scheme_str() {
        env.request_mut().set_scheme(scheme);
    }
    check_host(env)
}

/// actix has its types from the version of http before.
fn version(version: actix_http::Version) -> Version {
    match version {
        actix_http::Version::HTTP_09 => Version::HTTP_09,
        actix_http::Version::HTTP_10 => Version::HTTP_10,
        actix_http::Version::HTTP_2 => Version::HTTP_2,
        actix_http::Version::HTTP_3 => Version::HTTP_3,
        _ => Version::HTTP_11,
    }
}

/// The target as it was sent, as far as actix tells it (RFC 9112 §3.2).
///
/// # Errors
///
/// 400 where it does not belong to the method.
fn target<'a>(method: &str, uri: &'a Uri, protocol: Version) -> Result<Cow<'a, str>, Error> {
    let is_connect = method == "CONNECT";
    let written = uri.path_and_query().map_or("/", |written| written.as_str());
    match (uri.scheme_str(), uri.authority()) {
        (None, Some(authority)) if is_connect => Ok(Cow::Borrowed(authority.as_str())),
        (None, Some(_)) => Err(Error::peer("only CONNECT has a host and port as its target")),
        _ if is_connect => Err(Error::peer("CONNECT has a host and port as its target")),
        _ if written == "*" && method != "OPTIONS" => {
            Err(Error::peer("the target * belongs to OPTIONS alone"))
        }
        (Some(_), _) if protocol < Version::HTTP_2 => Ok(Cow::Owned(uri.to_string())),
        _ => Ok(Cow::Borrowed(written)),
    }
}

/// What stands in for the `Host` that a request over HTTP/2 has not (RFC 9113 §8.3.1).
fn authority(head: &RequestHead, protocol: Version) -> Option<&str> {
    let is_needed = protocol >= Version::HTTP_2 && !head.headers.contains_key("host");
    head.uri.authority().filter(|_| is_needed).map(|authority| authority.as_str())
}

/// Refuses what has no legal `Host` (RFC 9112 §3.2). HTTP/1.0 need not name one: the start of the call
/// guesses it then (OWIN 1.0 §5.2).
fn check_host(env: &Environment) -> Result<(), Error> {
    let host = env.request().host();
    let is_left_out = host.is_empty() && env.request().protocol() == Version::HTTP_10;
    if is_left_out || is_host_and_port(host) {
        return Ok(());
    }
    Err(Error::peer("the Host is not legal"))
}

/// Splits the path at the base under which the app is mounted, which is decoded.
///
/// # Errors
///
/// 404 where the path is not below it.
pub(crate) fn mount(env: &mut Environment, base: &str) -> Result<(), Error> {
    if base.is_empty() {
        return Ok(());
    }
    let split = split_base(env.request().path(), base);
    let split = split.map(|(base, path)| (base.to_owned(), path.to_owned()));
    let (base, path) = split.ok_or_else(|| {
        Error::peer("there is nothing at that path").with_status(StatusCode::NOT_FOUND)
    })?;
    env.request_mut().set_path_base(&base);
    env.request_mut().set_path(&path);
    Ok(())
}

/// Whether actix takes all that follows the head for bytes that are no requests: a `CONNECT`, or a
/// handshake of `WebSocket`.
pub(crate) fn is_raw(head: &RequestHead) -> bool {
    if head.version > actix_http::Version::HTTP_11 || head.headers.contains_key("transfer-encoding")
    {
        return false;
    }
    let mut upgrades = head.headers.get_all("upgrade");
    let is_web_socket = |value: &[u8]| value.trim_ascii().eq_ignore_ascii_case(b"websocket");
    upgrades.any(|value| is_web_socket(value.as_bytes())) || head.method.as_str() == "CONNECT"
}

/// What of a request is still to come when actix has read its head.
pub(crate) fn rest(head: &RequestHead) -> Gate {
    let length = head.headers.get("content-length").and_then(|length| length.to_str().ok());
    match length.and_then(|length| length.trim().parse::<u64>().ok()) {
        _ if is_raw(head) => Gate::Raw,
        _ if head.headers.contains_key("transfer-encoding") => Gate::Open,
        Some(length) if length > 0 => Gate::Body(length),
        _ => Gate::Closed,
    }
}

/// The protocol that a request asks to go over to (RFC 9110 §7.8): one without a body, for what
/// follows it belongs to the other protocol.
pub(crate) fn wanted_protocol(env: &Environment) -> Option<String> {
    let request = env.request();
    let is_asked =
        request.headers().list("connection").any(|it| it.eq_ignore_ascii_case("upgrade"));
    let has_body = request.headers().contains("transfer-encoding")
        || request.headers().text("content-length").is_some_and(|length| length != "0");
    let may_be = request.protocol() == Version::HTTP_11 && is_asked && !has_body;
    may_be.then(|| request.headers().list("upgrade").next().map(str::to_owned)).flatten()
}
