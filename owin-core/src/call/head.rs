//! The head of a response, as the server sends it.

use std::sync::OnceLock;

use http::header::{CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};

use crate::features::ReasonPhrase;
use crate::{Environment, Error, keys};

/// How long the body of a response is, and so how it is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyLength {
    /// The response has no body and no length: 204, 1xx, or a 304 or an answer to `HEAD` of which
    /// nobody knows the length.
    None,
    /// So many bytes: send `Content-Length`.
    Known(u64),
    /// Known at the end only: send it in chunks, or close at the end.
    Unknown,
}

/// The head of a response. Framing is the server's: [`fields`](Self::fields) leaves out
/// `Content-Length`, `Transfer-Encoding` and all that belongs to the connection (RFC 9110 §7.6.1).
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    pub(super) status: StatusCode,
    pub(super) reason: Option<&'a str>,
    pub(super) headers: &'a HeaderMap,
    pub(super) length: BodyLength,
    pub(super) has_body: bool,
}

impl Head<'static> {
    /// The head that answers a message which never reaches an app: the status and no body.
    ///
    /// ```
    /// use owin_core::{Error, Head};
    ///
    /// let error = Error::peer("the head is malformed");
    /// let sent = Head::refusal(error.status()).to_http1(false);
    /// assert!(sent.starts_with(b"HTTP/1.1 400 Bad Request\r\n"));
    /// ```
    #[must_use]
    pub fn refusal(status: StatusCode) -> Self {
        static NONE: OnceLock<HeaderMap> = OnceLock::new();
        let headers = NONE.get_or_init(HeaderMap::new);
        Self { status, reason: None, headers, length: BodyLength::Known(0), has_body: true }
    }
}

impl<'a> Head<'a> {
    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The phrase behind the status; empty for a status that RFC 9110 does not name.
    #[must_use]
    pub fn reason_phrase(&self) -> &'a str {
        self.reason.or_else(|| self.status.canonical_reason()).unwrap_or_default()
    }

    /// How long the body is.
    #[must_use]
    pub fn length(&self) -> BodyLength {
        self.length
    }

    /// Whether bytes follow the head: not for `HEAD`, 204 and 304, whatever the length says.
    #[must_use]
    pub fn has_body(&self) -> bool {
        self.has_body
    }

    /// Whether the application asks for the connection to be closed after this response.
    #[must_use]
    pub fn wants_close(&self) -> bool {
        let options = self.headers.get_all(CONNECTION).iter().filter_map(|v| v.to_str().ok());
        options.flat_map(|v| v.split(',')).any(|option| option.trim().eq_ignore_ascii_case("close"))
    }

    /// The fields to be sent besides those that the server writes itself.
    pub fn fields(&self) -> impl Iterator<Item = (&'a HeaderName, &'a HeaderValue)> {
        self.headers.iter().filter(|(name, _)| !belongs_to_the_connection(name))
    }

    /// Writes the fields as HTTP/1.x and CGI have them, a line each, with `content-length` where the
    /// length is known.
    pub fn write_fields(&self, out: &mut Vec<u8>) {
        let mut line = |name: &str, value: &[u8]| {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value);
            out.extend_from_slice(b"\r\n");
        };
        self.fields().for_each(|(name, value)| line(name.as_str(), value.as_bytes()));
        if let BodyLength::Known(length) = self.length {
            line("content-length", length.to_string().as_bytes());
        }
    }

    /// The whole head as HTTP/1.x has it, for servers that need no better way: status line, fields,
    /// `connection: close` where the connection does not stay, the empty line.
    #[must_use]
    pub fn to_http1(&self, stays: bool) -> Vec<u8> {
        let (status, reason) = (self.status.as_str(), self.reason_phrase());
        let mut out = format!("HTTP/1.1 {status} {reason}\r\n").into_bytes();
        self.write_fields(&mut out);
        out.extend_from_slice(if stays { b"\r\n" } else { b"connection: close\r\n\r\n" });
        out
    }

    /// The value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'a HeaderValue> {
        self.headers.get(name)
    }
}

fn belongs_to_the_connection(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "content-length"
            | "keep-alive"
            | "proxy-connection"
            | "te"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// A head that was copied out of the environment, since the application still has that.
#[derive(Debug)]
pub(crate) struct Published {
    pub(super) status: StatusCode,
    pub(super) reason: Option<ReasonPhrase>,
    pub(super) headers: HeaderMap,
    pub(super) declared: Option<u64>,
}

impl Published {
    pub(super) fn of(env: &Environment) -> Result<Self, Error> {
        let status = checked_status(env)?;
        let declared = declared_length(env)?;
        let reason = env.get(keys::RESPONSE_REASON_PHRASE).cloned();
        Ok(Self { status, reason, headers: env.response().headers().map().clone(), declared })
    }
}

/// The status of a response that is no upgrade.
pub(super) fn checked_status(env: &Environment) -> Result<StatusCode, Error> {
    let status = env.response().status();
    if status.is_informational() {
        return Err(Error::app(format!("{status} is not the status of a final response"))
            .with_key(keys::RESPONSE_STATUS_CODE.name()));
    }
    Ok(status)
}

/// What the application says in `Content-Length`.
///
/// # Errors
///
/// Where that is no number, or several that differ.
pub(crate) fn declared_length(env: &Environment) -> Result<Option<u64>, Error> {
    let mut declared = None;
    for line in env.response().headers().map().get_all(CONTENT_LENGTH) {
        let text = line.to_str().unwrap_or_default();
        let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let length = text.parse::<u64>().ok().filter(|_| is_digits);
        let wrong = || Error::app("the Content-Length is not one number");
        let length = length.ok_or_else(wrong)?;
        if declared.is_some_and(|other| other != length) {
            return Err(wrong());
        }
        declared = Some(length);
    }
    Ok(declared)
}

/// How much of a response the request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Head and body.
    All,
    /// The head alone, by `HEAD`.
    Head,
}

impl Asked {
    pub(super) fn by(method: &Method) -> Self {
        if *method == Method::HEAD { Self::Head } else { Self::All }
    }

    /// Whether a response with that status has a body (RFC 9110 §6.4.1).
    pub(super) fn may_have_body(self, status: StatusCode) -> bool {
        self == Self::All
            && !status.is_informational()
            && status != StatusCode::NO_CONTENT
            && status != StatusCode::NOT_MODIFIED
    }

    /// How the body is framed, from what the application declared and what is known of it.
    pub(super) fn length(
        self,
        status: StatusCode,
        declared: Option<u64>,
        known: Option<u64>,
    ) -> BodyLength {
        if status == StatusCode::NO_CONTENT || status.is_informational() {
            return BodyLength::None;
        }
        if let Some(declared) = declared {
            return BodyLength::Known(declared);
        }
        if self.may_have_body(status) {
            return known.map_or(BodyLength::Unknown, BodyLength::Known);
        }
        // Of a body that is not sent only a length that the application means is told: an empty body
        // of a `HEAD` or a 304 says nothing about that of a `GET`.
        known.filter(|known| *known > 0).map_or(BodyLength::None, BodyLength::Known)
    }
}

/// Whether a response to that method with that status has a body.
pub(crate) fn may_have_body(method: &Method, status: StatusCode) -> bool {
    Asked::by(method).may_have_body(status)
}
