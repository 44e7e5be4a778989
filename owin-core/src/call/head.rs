//! The head of a response, as the server sends it.

use bytes::BufMut;
use http::header::{HeaderName, HeaderValue};
use http::{Method, StatusCode};

use crate::features::ReasonPhrase;
use crate::headers::may_concern_server;
use crate::{Environment, Error, Headers, keys};

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
    pub(super) headers: &'a Headers,
    pub(super) said: Said,
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
        Self {
            status,
            reason: None,
            headers: Headers::none(),
            said: Said::default(),
            length: BodyLength::Known(0),
            has_body: true,
        }
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

    /// The phrase that the app chose, where it chose one.
    #[must_use]
    pub fn own_reason_phrase(&self) -> Option<&'a str> {
        self.reason
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
        self.said.wants_close
    }

    /// Whether the application says itself when the response was made (`Date`).
    #[must_use]
    pub fn has_date(&self) -> bool {
        self.said.has_date
    }

    /// Whether the application says itself what serves it (`Server`).
    #[must_use]
    pub fn has_server(&self) -> bool {
        self.said.has_server
    }

    /// The fields to be sent besides those that the server writes itself, for servers that have such
    /// types too. A server that writes bytes takes [`lines`](Self::lines).
    pub fn fields(&self) -> impl Iterator<Item = (&'a HeaderName, &'a HeaderValue)> {
        self.headers.map().iter().filter(|(name, _)| !belongs_to_server(name.as_str().as_bytes()))
    }

    /// The same fields as bytes, names in lower case.
    pub fn lines(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.headers.checked_lines().filter(|(name, _)| !belongs_to_server(name))
    }

    /// Writes the status line as HTTP/1.x has it (RFC 9112 §4).
    ///
    /// ```
    /// use owin_core::{Head, http::StatusCode};
    ///
    /// let mut out = Vec::new();
    /// Head::refusal(StatusCode::NOT_FOUND).write_status_line(&mut out);
    /// assert_eq!(out, b"HTTP/1.1 404 Not Found\r\n");
    /// ```
    #[inline]
    pub fn write_status_line(&self, out: &mut impl BufMut) {
        if self.status == StatusCode::OK && self.reason.is_none() {
            // Most are this one.
            out.put_slice(b"HTTP/1.1 200 OK\r\n");
        } else {
            self.write_other_status_line(out);
        }
    }

    #[inline(never)]
    fn write_other_status_line(&self, out: &mut impl BufMut) {
        out.put_slice(b"HTTP/1.1 ");
        out.put_slice(self.status.as_str().as_bytes());
        out.put_slice(b" ");
        out.put_slice(self.reason_phrase().as_bytes());
        out.put_slice(b"\r\n");
    }

    /// Writes the fields as HTTP/1.x and CGI have them, a line each, with `content-length` where the
    /// length is known.
    ///
    /// ```
    /// use owin_core::{Head, http::StatusCode};
    ///
    /// let mut out = Vec::new();
    /// Head::refusal(StatusCode::BAD_REQUEST).write_fields(&mut out);
    /// assert_eq!(out, b"content-length: 0\r\n");
    /// ```
    #[inline]
    pub fn write_fields(&self, out: &mut impl BufMut) {
        match self.headers.checked_block() {
            Some(block) if !self.said.has_servers_fields => out.put_slice(block),
            _ => self.write_lines(out),
        }
        if let BodyLength::Known(length) = self.length {
            out.put_slice(b"content-length: ");
            put_decimal(out, length);
            out.put_slice(b"\r\n");
        }
    }

    /// The fields one by one, where some must not be written or they lie in a map.
    #[cold]
    fn write_lines(&self, out: &mut impl BufMut) {
        self.lines().for_each(|(name, value)| put_line(out, name, value));
    }

    /// The whole head as HTTP/1.x has it, for servers that need no better way: status line, fields,
    /// `connection: close` where the connection does not stay, the empty line.
    #[must_use]
    pub fn to_http1(&self, stays: bool) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_status_line(&mut out);
        self.write_fields(&mut out);
        out.extend_from_slice(if stays { b"\r\n" } else { b"connection: close\r\n\r\n" });
        out
    }

    /// The value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'a HeaderValue> {
        if self.headers.contains(name) { self.headers.get(name) } else { None }
    }
}

fn put_line(out: &mut impl BufMut, name: &[u8], value: &[u8]) {
    out.put_slice(name);
    out.put_slice(b": ");
    out.put_slice(value);
    out.put_slice(b"\r\n");
}

/// The usual number is short, and written where it stands.
#[inline]
fn put_decimal(out: &mut impl BufMut, number: u64) {
    if number < 100 { put_below_hundred(out, number) } else { put_long_decimal(out, number) }
}

/// Two digits at a time.
#[inline(never)]
fn put_long_decimal(out: &mut impl BufMut, number: u64) {
    if number < 100 {
        return put_below_hundred(out, number);
    }
    put_long_decimal(out, number / 100);
    out.put_slice(&[last_digit(number / 10), last_digit(number)]);
}

#[inline]
fn put_below_hundred(out: &mut impl BufMut, number: u64) {
    if number < 10 {
        out.put_slice(&[last_digit(number)]);
    } else {
        out.put_slice(&[last_digit(number / 10), last_digit(number)]);
    }
}

#[inline]
fn last_digit(number: u64) -> u8 {
    u8::try_from(number % 10).map_or(b'0', |digit| b'0' + digit)
}

/// What the fields of a response say to the server itself, found in one pass.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Said {
    /// The `Content-Length`.
    pub(super) declared: Option<u64>,
    wants_close: bool,
    has_date: bool,
    has_server: bool,
    /// Some field is not to be sent as it is: the server writes it, or nobody.
    has_servers_fields: bool,
}

impl Said {
    /// # Errors
    ///
    /// Where the `Content-Length` is no number, or there are several that differ.
    pub(super) fn by(headers: &Headers) -> Result<Self, Error> {
        let mut said = Self::default();
        headers.each_checked_line(|name, value| {
            if may_concern_server(name) { said.take(name, value) } else { Ok(()) }
        })?;
        Ok(said)
    }

    pub(super) fn has_servers_fields(&self) -> bool {
        self.has_servers_fields
    }

    fn take(&mut self, name: &[u8], value: &[u8]) -> Result<(), Error> {
        self.has_servers_fields |= belongs_to_server(name);
        match name {
            b"date" => self.has_date = true,
            b"server" => self.has_server = true,
            b"content-length" => declare(&mut self.declared, value)?,
            b"connection" => {
                let mut options = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
                self.wants_close |= options.any(|option| option.eq_ignore_ascii_case(b"close"));
            }
            _ => {}
        }
        Ok(())
    }
}

/// The fields about the framing or the connection, which are the server's alone.
pub(super) const SERVERS_FIELDS: [&str; 7] = [
    "connection",
    "content-length",
    "keep-alive",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Says whether a field is one of them.
fn belongs_to_server(name: &[u8]) -> bool {
    may_concern_server(name) && SERVERS_FIELDS.iter().any(|own| own.as_bytes() == name)
}

/// A head that was copied out of the environment, since the application still has that.
#[derive(Debug)]
pub(crate) struct Published {
    pub(super) status: StatusCode,
    pub(super) reason: Option<ReasonPhrase>,
    pub(super) headers: Headers,
    pub(super) said: Said,
}

impl Published {
    pub(super) fn of(env: &Environment) -> Result<Self, Error> {
        let status = checked(env.response().status())?;
        let headers = env.response().headers();
        let said = Said::by(headers)?;
        let reason = env.get(keys::RESPONSE_REASON_PHRASE).cloned();
        Ok(Self { status, reason, headers: headers.clone(), said })
    }
}

/// The status of a response that is no upgrade.
#[inline]
pub(super) fn checked(status: StatusCode) -> Result<StatusCode, Error> {
    if status.is_informational() { Err(informational(status)) } else { Ok(status) }
}

#[cold]
fn informational(status: StatusCode) -> Error {
    Error::app(format!("{status} is not the status of a final response"))
        .with_key(keys::RESPONSE_STATUS_CODE.name())
}

/// What the application says in `Content-Length`.
///
/// # Errors
///
/// Where that is no number, or several that differ.
pub(crate) fn declared_length(env: &Environment) -> Result<Option<u64>, Error> {
    let mut declared = None;
    for (name, value) in env.response().headers().checked_lines() {
        if name == b"content-length" {
            declare(&mut declared, value)?;
        }
    }
    Ok(declared)
}

/// Takes one `Content-Length`.
fn declare(declared: &mut Option<u64>, value: &[u8]) -> Result<(), Error> {
    let is_digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).ok().filter(|_| is_digits);
    let length = text.and_then(|text| text.parse::<u64>().ok());
    if length.is_none() || declared.is_some_and(|other| Some(other) != length) {
        return Err(Error::app("the Content-Length is not one number"));
    }
    *declared = length;
    Ok(())
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
