//! Responses: out of an environment, and into it.

use std::error::Error as StdError;

use bytes::Buf;
use http::{HeaderMap, Response, StatusCode};
use http_body::Body;
use owin_core::body::Whole;
use owin_core::features::ReasonPhrase;
use owin_core::{Environment, Error, ResponseState, keys};

use crate::entries::RESPONSE_EXTENSIONS;
use crate::foreign;

/// Takes the response out of an environment: what the app left in it, for a foreign layer.
///
/// Status, phrase, fields, the body that was handed over whole, and the extensions are moved; the
/// phrase is an extension, [`ReasonPhrase`]. What was pushed is not part of it, capture it:
/// [`ResponseBody::capture`](owin_core::ResponseBody::capture). A decision to take the connection
/// over stays in the environment, and so do trailer fields (`server.ResponseTrailers`). The head of
/// a response that has started is copied, for it cannot change any more.
///
/// ```
/// use owin_core::Environment;
/// use owin_http::take_response;
///
/// let mut env = Environment::new();
/// env.response_mut().set_status(http::StatusCode::CREATED)?;
/// env.response_mut().set_body("made");
/// let response = take_response(&mut env);
/// assert_eq!(response.status(), 201);
/// assert_eq!(response.into_body().length(), Some(4));
/// # Ok::<_, owin_core::Error>(())
/// ```
#[must_use]
pub fn take_response(env: &mut Environment) -> Response<Whole> {
    let mut response = Response::new(env.response_mut().take_body());
    *response.status_mut() = env.response().status();
    if env.get(RESPONSE_EXTENSIONS).is_some() {
        *response.extensions_mut() =
            env.remove(RESPONSE_EXTENSIONS).ok().flatten().unwrap_or_default();
    }
    if let Some(phrase) = env.get(keys::RESPONSE_REASON_PHRASE).cloned() {
        response.extensions_mut().insert(phrase);
    }
    *response.headers_mut() = take_headers(env);
    response
}

fn take_headers(env: &mut Environment) -> HeaderMap {
    if env.response_state() != ResponseState::Open {
        return env.response().headers().map().clone();
    }
    let mut response = env.response_mut();
    response.headers_mut().map(|headers| std::mem::take(headers.map_mut())).unwrap_or_default()
}

/// Puts a foreign response into an environment, in place of the one that is there.
///
/// Fields, extensions and body are moved: bytes that are at hand stay bytes, any other body is
/// pulled by the server. Trailer fields come out of the body. Any other status than 101 forgets a
/// decision to take the connection over.
///
/// # Errors
///
/// Where the response has started.
///
/// ```
/// use owin_core::Environment;
/// use owin_http::put_response;
///
/// let mut env = Environment::new();
/// let response = http::Response::builder().status(404).header("x-why", "gone");
/// put_response(&mut env, response.body(String::from("gone"))?)?;
/// assert_eq!(env.response().status(), 404);
/// assert_eq!(env.response().headers().text("x-why"), Some("gone"));
/// # Ok::<_, owin_core::Error>(())
/// ```
pub fn put_response<B>(env: &mut Environment, response: Response<B>) -> Result<(), Error>
where
    B: Body<Data: Buf, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    let (mut parts, body) = response.into_parts();
    let before = env.response_mut().headers_mut()?.set_map(parts.headers);
    env.request_mut().headers_mut().keep_memory(before);
    if env.response().status() != parts.status {
        env.response_mut().set_status(parts.status)?;
    }
    let has_extensions = !parts.extensions.is_empty();
    match if has_extensions { parts.extensions.remove::<ReasonPhrase>() } else { None } {
        Some(phrase) => drop(env.set(keys::RESPONSE_REASON_PHRASE, phrase)?),
        None if env.get(keys::RESPONSE_REASON_PHRASE).is_some() => {
            drop(env.remove(keys::RESPONSE_REASON_PHRASE)?);
        }
        None => {}
    }
    if !parts.extensions.is_empty() {
        env.set(RESPONSE_EXTENSIONS, parts.extensions)?;
    } else if env.get(RESPONSE_EXTENSIONS).is_some() {
        env.remove(RESPONSE_EXTENSIONS)?;
    }
    if parts.status != StatusCode::SWITCHING_PROTOCOLS {
        drop(env.take_upgrade_decision());
    }
    env.response_mut().set_body(foreign::whole(body));
    Ok(())
}
