//! A URI into an environment, and the way back (RFC 9112 §3.2, RFC 9113 §8.3.1).

use http::header::{HOST, HeaderValue, InvalidHeaderValue};
use http::{HeaderMap, Method, Uri, Version};
use owin_core::address::is_host_and_port;
use owin_core::features::Request;
use owin_core::path::{Target, decode, url};
use owin_core::{Environment, Error, keys};

use crate::entries::OriginalUri;

/// Sets path, query, raw target and scheme from the URI of a request whose method and protocol are
/// there already.
///
/// # Errors
///
/// 400 where the target does not belong to the method, or is none.
pub(crate) fn put(env: &mut Environment, uri: &Uri) -> Result<(), Error> {
    let is_connect = *env.request().method() == Method::CONNECT;
    let is_line = env.request().protocol() < Version::HTTP_2;
    let written = uri.path_and_query().map_or("/", |target| target.as_str());
    if written == "*" && *env.request().method() != Method::OPTIONS {
        return Err(Error::peer("the target * belongs to OPTIONS alone"));
    }
    match (uri.scheme_str(), uri.authority()) {
        (None, None) if is_connect => Err(Error::peer("CONNECT without a host and port")),
        (None, None) => put_below_base(env, written),
        (None, Some(authority)) if is_connect => env.request_mut().set_target(authority.as_str()),
        (None, Some(_)) => Err(Error::peer("only CONNECT has a host and port as its target")),
        (Some(_), _) if is_line && is_connect => {
            Err(Error::peer("CONNECT has a host and port as its target"))
        }
        (Some(_), _) if is_line => env.request_mut().set_target(&uri.to_string()),
        (Some(scheme), _) => {
            env.request_mut().set_scheme(scheme);
            put_below_base(env, written)
        }
    }
}

/// Sets a target in origin form. In the middle of a pipeline it begins below the path base, and the
/// raw target stays where it still says the same.
fn put_below_base(env: &mut Environment, target: &str) -> Result<(), Error> {
    if env.request().path_base().is_empty() {
        env.request_mut().set_target(target)
    } else {
        put_target_below_base(env, target)
    }
}

fn put_target_below_base(env: &mut Environment, target: &str) -> Result<(), Error> {
    let before = env.request().raw_target().map(str::to_owned);
    env.request_mut().set_target(target)?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let stays = before.filter(|before| {
        let sent = Target::parse(before).ok().filter(|sent| sent.query() == query);
        let base = env.request().path_base();
        sent.is_some_and(|sent| below(sent.path(), base, env.request().path()) == Some(path))
    });
    if let Some(before) = stays {
        env.set(keys::SERVER_RAW_TARGET, before)?;
    }
    Ok(())
}

/// Sees to it that the app finds exactly one `Host` (RFC 9112 §3.2, OWIN 1.0 §5.2); returns the one
/// that was added. The one that was legal last is known, and not checked again.
///
/// # Errors
///
/// 400 where there is none, more than one, or an illegal one, or another than the URI says, unless the
/// URI was the target in absolute form: then it says the host.
pub(crate) fn settle_host(
    env: &Environment,
    uri: &Uri,
    headers: &mut HeaderMap,
    known_host: &mut Vec<u8>,
) -> Result<Option<HeaderValue>, Error> {
    let authority = uri.authority().map(|authority| authority.as_str());
    if !authority.is_none_or(is_host_and_port) {
        return Err(Error::peer("the host of the target is not legal"));
    }
    let protocol = env.request().protocol();
    // Most send it first: to look there is shorter than to hash the name.
    let host = headers.iter().find(|(name, _)| **name == HOST).map(|(_, host)| host);
    // Where no field stands twice, neither does this one.
    if headers.len() != headers.keys_len() && headers.get_all(HOST).iter().count() > 1 {
        return Err(Error::peer("there is more than one Host"));
    }
    if let Some(host) = host.filter(|host| !host.is_empty()) {
        check_host(host, known_host)?;
        if let Some(authority) = authority.filter(|it| !is_same_host(it, host)) {
            let is_absolute = protocol < Version::HTTP_2 && uri.scheme().is_some();
            replace_host(headers, authority, is_absolute)?;
        }
        return Ok(None);
    }
    if protocol == Version::HTTP_11 || (host.is_some() && protocol > Version::HTTP_11) {
        return Err(Error::peer("there is no Host"));
    }
    let local = env.connection().and_then(|connection| connection.local());
    let made = match (authority, local) {
        (Some(authority), _) => HeaderValue::from_str(authority),
        (None, _) if protocol > Version::HTTP_11 => {
            return Err(Error::peer("there is neither an authority nor a Host"));
        }
        (None, Some(local)) => HeaderValue::from_str(&local.to_string()),
        (None, None) => return Ok(None),
    };
    let made = made.map_err(not_legal)?;
    headers.insert(HOST, made.clone());
    Ok(Some(made))
}

fn check_host(host: &HeaderValue, known: &mut Vec<u8>) -> Result<(), Error> {
    let bytes = host.as_bytes();
    if bytes != known.as_slice() {
        if !host.to_str().is_ok_and(is_host_and_port) {
            return Err(Error::peer("the Host is not legal"));
        }
        known.clear();
        known.extend_from_slice(bytes);
    }
    Ok(())
}

fn is_same_host(authority: &str, host: &HeaderValue) -> bool {
    authority.as_bytes().eq_ignore_ascii_case(host.as_bytes())
}

/// The host of a target in absolute form counts, and not that of the field (RFC 9112 §3.2.2). Two
/// names of one host are an attack elsewhere: in HTTP/2 (RFC 9113 §8.3.1), and for a tunnel.
#[cold]
fn replace_host(headers: &mut HeaderMap, authority: &str, may: bool) -> Result<(), Error> {
    if !may {
        return Err(Error::peer("Host and target name different hosts"));
    }
    let host = HeaderValue::from_str(authority).map_err(not_legal)?;
    headers.insert(HOST, host);
    Ok(())
}

fn not_legal(error: InvalidHeaderValue) -> Error {
    Error::peer("the Host is not legal").with_source(error)
}

/// The URI of the request in an environment, without the path base.
pub(crate) fn of(env: &Environment, original: Option<&OriginalUri>) -> Uri {
    let request = env.request();
    if let Some(original) = original.filter(|original| is_still(&original.uri, request)) {
        return original.uri.clone();
    }
    if request.protocol() >= Version::HTTP_2
        && let Some(absolute) = absolute(request)
    {
        return absolute;
    }
    let target = match sent(request) {
        // The same without a copy of it.
        Some("/") => return Uri::default(),
        target => target.and_then(|target| Uri::try_from(target).ok()),
    };
    target.or_else(|| Uri::try_from(encoded(request)).ok()).unwrap_or_default()
}

fn absolute(request: Request<'_>) -> Option<Uri> {
    let build = |target: &str| {
        let builder = Uri::builder().scheme(request.scheme()).authority(request.host());
        builder.path_and_query(target).build().ok()
    };
    sent(request).and_then(build).or_else(|| build(&encoded(request)))
}

/// Says whether a URI tells the same as the environment.
fn is_still(uri: &Uri, request: Request<'_>) -> bool {
    let path = if uri.path().starts_with('/') { uri.path() } else { "/" };
    request.path_base().is_empty()
        && is_path(path, request.path())
        && uri.query().unwrap_or_default() == request.query_string()
        && uri.scheme_str().is_none_or(|scheme| scheme.eq_ignore_ascii_case(request.scheme()))
        && uri.authority().is_none_or(|it| it.as_str().eq_ignore_ascii_case(request.host()))
}

/// The target as it was sent, from the path base on, where the environment still says the same.
fn sent(request: Request<'_>) -> Option<&str> {
    let raw = request.raw_target()?;
    if is_path_alone(raw, request) {
        return Some(raw);
    }
    if raw.starts_with('/') {
        let (path, query) = raw.split_once('?').unwrap_or((raw, ""));
        let rest = below(path, request.path_base(), request.path())?;
        let is_same = query == request.query_string();
        return raw
            .get(path.len() - rest.len()..)
            .filter(|target| is_same && !rest.is_empty() && !target.is_empty());
    }
    let has_none = request.path() == "/" && request.query_string().is_empty();
    let is_special = match Target::parse(raw).ok()? {
        Target::Asterisk => *request.method() == Method::OPTIONS,
        Target::Authority(_) => *request.method() == Method::CONNECT,
        _ => false,
    };
    (has_none && is_special && request.path_base().is_empty()).then_some(raw)
}

/// Says whether a target is nothing but a path that stands in the environment as it was sent: most are.
fn is_path_alone(raw: &str, request: Request<'_>) -> bool {
    let is_sent = raw.starts_with('/') && raw == request.path();
    is_sent
        && request.query_string().is_empty()
        && request.path_base().is_empty()
        && !raw.bytes().any(|byte| matches!(byte, b'%' | b'.' | b'?'))
}

/// What of a path that was sent comes behind a base, where base and rest are those that were
/// decoded.
fn below<'a>(sent: &'a str, base: &str, path: &str) -> Option<&'a str> {
    if base.is_empty() {
        return is_path(sent, path).then_some(sent);
    }
    let starts = sent.match_indices('/').map(|(at, _)| at).skip(1).chain([sent.len()]);
    let mut parts = starts.filter_map(|at| sent.split_at_checked(at));
    parts.find(|(front, rest)| is_path(front, base) && is_path(rest, path)).map(|(_, rest)| rest)
}

/// Says whether a path that was sent is that path, decoded.
fn is_path(sent: &str, path: &str) -> bool {
    if !sent.bytes().any(|byte| matches!(byte, b'%' | b'.')) {
        return sent == path;
    }
    decode(sent).is_ok_and(|decoded| decoded == path)
}

/// Path and query, encoded anew.
fn encoded(request: Request<'_>) -> String {
    let path = if request.path().is_empty() { "/" } else { request.path() };
    let mut target = url("", "", "", path, "").split_off("://".len());
    for (at, byte) in request.query_string().bytes().enumerate() {
        target.push_str(if at == 0 { "?" } else { "" });
        match byte {
            b'"' | b'#' | b'<' | b'>' => target.push_str(&format!("%{byte:02X}")),
            b'!'..=b'~' => target.push(char::from(byte)),
            _ => target.push_str(&format!("%{byte:02X}")),
        }
    }
    target
}
