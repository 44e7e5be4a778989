//! Requests: into an environment, and out of it.

use std::error::Error as StdError;

use bytes::Buf;
use http::Request;
use http::header::HOST;
use http_body::Body;
use owin_core::{Environment, Error, RequestBody};

use crate::entries::{OriginalUri, PathBase, REQUEST_EXTENSIONS, REQUEST_URI};
use crate::{foreign, target};

/// Puts a foreign request into an environment.
///
/// Fields and body are moved, not copied; the extensions go to [`REQUEST_EXTENSIONS`]. Over HTTP/2
/// a request has no `Host` field: one is made of the URI, and [`take_request`] takes it out again. A
/// [`PathBase`] among the extensions becomes the path base. What is in the environment besides the
/// request stays.
///
/// # Errors
///
/// [`ErrorKind::Peer`](owin_core::ErrorKind::Peer), to be answered with its status, where the
/// contract has no place for the request: an HTTP/1.1 request without exactly one legal `Host`, over
/// HTTP/2 a `Host` that is not the URI's, a target that is none or does not belong to the method, `%00` in
/// the path. The environment is then half filled and of no use.
///
/// ```
/// use owin_core::Environment;
/// use owin_http::put_request;
///
/// let request = http::Request::post("/caf%C3%A9?q=1").header("host", "example.org");
/// let mut env = Environment::new();
/// put_request(&mut env, request.body(String::from("hello"))?)?;
/// assert_eq!(env.request().path(), "/café");
/// assert_eq!(env.request().url(), "http://example.org/caf%C3%A9?q=1");
/// # Ok::<_, owin_core::Error>(())
/// ```
pub fn put_request<B>(env: &mut Environment, request: Request<B>) -> Result<(), Error>
where
    B: Body<Data: Buf, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    put(env, request, &mut Vec::new())
}

/// The same, where a `Host` that is known to be legal is not checked again.
pub(crate) fn put<B>(
    env: &mut Environment,
    request: Request<B>,
    known_host: &mut Vec<u8>,
) -> Result<(), Error>
where
    B: Body<Data: Buf, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    let (mut parts, body) = request.into_parts();
    env.request_mut().set_method(parts.method);
    env.request_mut().set_protocol(parts.version);
    if !parts.extensions.is_empty()
        && let Some(PathBase(base)) = parts.extensions.remove()
    {
        env.request_mut().set_path_base(&base);
    }
    target::put(env, &parts.uri)?;
    let added_host = target::settle_host(env, &parts.uri, &mut parts.headers, known_host)?;
    env.request_mut().set_fields(parts.headers);
    if added_host.is_some() || parts.uri.authority().is_some() {
        env.set(REQUEST_URI, OriginalUri { uri: parts.uri, added_host })?;
    } else if env.get(REQUEST_URI).is_some() {
        env.remove(REQUEST_URI)?;
    }
    if !parts.extensions.is_empty() {
        env.set(REQUEST_EXTENSIONS, parts.extensions)?;
    } else if env.get(REQUEST_EXTENSIONS).is_some() {
        env.remove(REQUEST_EXTENSIONS)?;
    }
    match foreign::request_body(body) {
        Some(body) => drop(env.request_mut().set_body(body)),
        None => env.request_mut().clear_body(),
    }
    Ok(())
}

/// Takes the request out of an environment, for a foreign service.
///
/// Body and extensions are moved, all else is copied: whoever is outside may still want to know who
/// asked for what. The URI is the one that was
/// [put in](put_request) as long as path, query, scheme and host say the same; else it is built from
/// them. It begins below the path base, which is an extension: [`PathBase`]. Over HTTP/2 it names
/// scheme and host, over HTTP/1.x it does not.
///
/// ```
/// use owin_core::Environment;
/// use owin_http::{PathBase, take_request};
///
/// let mut env = Environment::new();
/// env.request_mut().set_target("/shop/a%2Fb?q")?;
/// env.request_mut().set_path_base("/shop");
/// env.request_mut().set_path("/a%2Fb");
/// let request = take_request(&mut env);
/// assert_eq!(request.uri(), "/a%2Fb?q");
/// assert_eq!(request.extensions().get(), Some(&PathBase("/shop".into())));
/// # Ok::<_, owin_core::Error>(())
/// ```
#[must_use]
pub fn take_request(env: &mut Environment) -> Request<RequestBody> {
    let original = env.get(REQUEST_URI).cloned();
    let uri = target::of(env, original.as_ref());
    let mut request = Request::new(env.request_mut().take_body());
    *request.uri_mut() = uri;
    *request.method_mut() = env.request().method().clone();
    *request.version_mut() = env.request().protocol();
    if env.get(REQUEST_EXTENSIONS).is_some() {
        *request.extensions_mut() =
            env.remove(REQUEST_EXTENSIONS).ok().flatten().unwrap_or_default();
    }
    if !env.request().path_base().is_empty() {
        let base = PathBase(env.request().path_base().to_owned());
        request.extensions_mut().insert(base);
    }
    let mut headers = env.request_mut().headers_mut().copy_map();
    let added = original.and_then(|original| original.added_host);
    if added.is_some_and(|added| headers.get(HOST) == Some(&added)) {
        headers.remove(HOST);
    }
    *request.headers_mut() = headers;
    request
}
