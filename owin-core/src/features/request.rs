//! The request half of the environment.

use http::{Method, StatusCode, Version as Protocol};

use crate::features::Feature;
use crate::headers::Headers;
use crate::headers::framing;
use crate::{BodyLength, CallCancelled, Environment, Error, keys, path};

/// The request of a call, as the keys `owin.Request…` tell it.
///
/// ```
/// use owin_core::Environment;
///
/// let env = Environment::new();
/// assert_eq!(env.request().method(), http::Method::GET);
/// assert_eq!(env.request().path(), "/");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Request<'a>(&'a Environment);

impl<'a> Feature<'a> for Request<'a> {
    fn of(env: &'a Environment) -> Option<Self> {
        Some(Self(env))
    }
}

impl<'a> Request<'a> {
    /// The method token (`owin.RequestMethod`).
    #[must_use]
    pub fn method(self) -> &'a Method {
        self.0.inner.slots.request_method.get().unwrap_or(&Method::GET)
    }

    /// `http` or `https` (`owin.RequestScheme`).
    #[must_use]
    pub fn scheme(self) -> &'a str {
        text(self.0.inner.slots.request_scheme.get())
    }

    /// Where the application is mounted (`owin.RequestPathBase`).
    #[must_use]
    pub fn path_base(self) -> &'a str {
        text(self.0.inner.slots.request_path_base.get())
    }

    /// The path below the base, decoded (`owin.RequestPath`).
    #[must_use]
    pub fn path(self) -> &'a str {
        text(self.0.inner.slots.request_path.get())
    }

    /// The query, still encoded, without `?` (`owin.RequestQueryString`).
    #[must_use]
    pub fn query_string(self) -> &'a str {
        text(self.0.inner.slots.request_query_string.get())
    }

    /// The protocol of the request (`owin.RequestProtocol`).
    #[must_use]
    pub fn protocol(self) -> Protocol {
        self.0.inner.slots.request_protocol.get().copied().unwrap_or(Protocol::HTTP_11)
    }

    /// The field lines (`owin.RequestHeaders`).
    #[must_use]
    pub fn headers(self) -> &'a Headers {
        self.0.inner.slots.request_headers.get().unwrap_or(Headers::none())
    }

    /// The `Host` field; empty where the client may leave it out and the server knew none.
    #[must_use]
    pub fn host(self) -> &'a str {
        self.headers().text("host").unwrap_or_default()
    }

    /// The target as it was sent (`server.RawTarget`); `None` where the server does not tell.
    #[must_use]
    pub fn raw_target(self) -> Option<&'a str> {
        self.0.get(keys::SERVER_RAW_TARGET)
    }

    /// The id of the call (`owin.RequestId`); an empty one counts as absent.
    #[must_use]
    pub fn id(self) -> Option<&'a str> {
        self.0.get(keys::REQUEST_ID).filter(|id| !id.is_empty())
    }

    /// Tells whether the call was cancelled (`owin.CallCancelled`).
    #[must_use]
    pub fn cancelled(self) -> &'a CallCancelled {
        const NEVER: &CallCancelled = &CallCancelled::never();
        self.0.inner.slots.call_cancelled.get().unwrap_or(NEVER)
    }

    /// How long the body is, by its framing fields (RFC 9112 §6.3): `Unknown` where it is chunked.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Peer`](crate::ErrorKind::Peer), to be answered with 400 or 501, where two readers
    /// could disagree: a length that is not one decimal number, a length beside chunks, a transfer
    /// coding other than `chunked`.
    pub fn body_length(self) -> Result<BodyLength, Error> {
        framing::body_length(self.headers(), self.protocol())
    }

    /// How many bytes the body has, for servers that decode no chunks.
    ///
    /// # Errors
    ///
    /// As for [`body_length`](Self::body_length), and with the status 411 where the body is chunked
    /// (RFC 9110 §15.5.12).
    pub fn content_length(self) -> Result<u64, Error> {
        match self.body_length()? {
            BodyLength::Known(length) => Ok(length),
            BodyLength::None => Ok(0),
            BodyLength::Unknown => Err(Error::peer("a body without Content-Length is not taken")
                .with_status(StatusCode::LENGTH_REQUIRED)),
        }
    }

    /// Whether the client lets the connection stay for another request (RFC 9112 §9.3).
    #[must_use]
    pub fn keeps_alive(self) -> bool {
        let has = |option: &str| {
            self.headers().list("connection").any(|named| named.eq_ignore_ascii_case(option))
        };
        !has("close") && (self.protocol() >= Protocol::HTTP_11 || has("keep-alive"))
    }

    /// Whether the client waits for a `100` before it sends the body (RFC 9110 §10.1.1); one that
    /// speaks HTTP/1.0 never does.
    #[must_use]
    pub fn expects_continue(self) -> bool {
        let is_such = |option: &str| option.eq_ignore_ascii_case("100-continue");
        self.protocol() >= Protocol::HTTP_11 && self.headers().list("expect").any(is_such)
    }

    /// The URL of the request, rebuilt from scheme, host, base, path and query (OWIN 1.0 §5.4).
    #[must_use]
    pub fn url(self) -> String {
        path::url(self.scheme(), self.host(), self.path_base(), self.path(), self.query_string())
    }
}

fn text(value: Option<&String>) -> &str {
    value.map_or("", String::as_str)
}

impl Environment {
    /// The request half.
    #[inline]
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        Request(self)
    }
}
