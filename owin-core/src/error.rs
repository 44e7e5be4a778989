//! What went wrong in a call, and whose fault it was.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use http::StatusCode;

/// Says who is at fault, because that decides the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The application or a middleware broke the contract or gave up: 500, and the server lives on.
    App,
    /// The peer sent something wrong, too much or too slowly, or went away: a 4xx, or a closed
    /// connection.
    Peer,
    /// The server, the host or the machine failed: an address in use, a file that cannot be read.
    Server,
}

impl ErrorKind {
    /// The status that answers an error of this kind where none was chosen.
    const fn status(self) -> StatusCode {
        match self {
            Self::App | Self::Server => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Peer => StatusCode::BAD_REQUEST,
        }
    }
}

/// The error of a call or of a start-up step.
///
/// Opaque: ask [`kind`](Self::kind) for the fault, [`status`](Self::status) for the answer that a
/// server gives while the response has not started, [`key`](Self::key) for the dictionary key that
/// it is about. `Display` tells this level only; the cause is in
/// [`source`](std::error::Error::source).
///
/// ```
/// use owin_core::{Error, ErrorKind};
///
/// let error = Error::peer("the body is longer than its Content-Length");
/// assert_eq!(error.kind(), ErrorKind::Peer);
/// assert_eq!(error.status(), 400);
/// ```
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    status: Option<StatusCode>,
    key: Option<Cow<'static, str>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Makes an error of the given kind.
    ///
    /// The message is lower case, without a full stop, and tells what to do where that helps.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self(Box::new(Inner { kind, message, status: None, key: None, source: None }))
    }

    /// Makes an error that is the application's or a middleware's fault.
    #[must_use]
    pub fn app(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::App, message)
    }

    /// Makes an error that is the peer's fault.
    #[must_use]
    pub fn peer(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Peer, message)
    }

    /// Makes an error that is the server's, the host's or the machine's fault.
    #[must_use]
    pub fn server(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Server, message)
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Chooses the status that answers this error while the response has not started: a 4xx or a
    /// 5xx, anything else is ignored.
    ///
    /// ```
    /// use owin_core::Error;
    ///
    /// let error = Error::peer("the body is too large").with_status(http::StatusCode::PAYLOAD_TOO_LARGE);
    /// assert_eq!(error.status(), 413);
    /// ```
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status).filter(|s| s.is_client_error() || s.is_server_error());
        self
    }

    /// Names the dictionary key that the error is about; the message then begins with it.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<Cow<'static, str>>) -> Self {
        self.0.key = Some(key.into());
        self
    }

    /// Says who is at fault.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The status that a server answers with while the response has not started.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status.unwrap_or(self.0.kind.status())
    }

    /// The dictionary key that the error is about, if it is about one.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// An app's panic, caught at the boundary of a call.
    pub(crate) fn from_panic(panic: &(dyn std::any::Any + Send)) -> Self {
        let text = panic
            .downcast_ref::<&'static str>()
            .map(|text| Cow::Borrowed(*text))
            .or_else(|| panic.downcast_ref::<String>().cloned().map(Cow::Owned))
            .unwrap_or(Cow::Borrowed("a value that is not text"));
        Self::app(format!("the app panicked: {text}"))
    }

    pub(crate) fn wrong_type(
        key: impl Into<Cow<'static, str>>,
        expected: &str,
        seen: &str,
    ) -> Self {
        Self::app(format!("expected a value of type {expected}, was given {seen}")).with_key(key)
    }

    pub(crate) fn response_started(key: &'static str) -> Self {
        Self::app("cannot be changed any more: the response has started").with_key(key)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &self.0.kind).field("message", &self.0.message);
        if let Some(key) = &self.0.key {
            debug.field("key", key);
        }
        if let Some(status) = &self.0.status {
            debug.field("status", status);
        }
        if let Some(source) = &self.0.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(key) = &self.0.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| {
            let source: &(dyn StdError + 'static) = source;
            source
        })
    }
}

/// The app let somebody else's error escape; a boxed [`Error`] comes out as itself.
impl From<Box<dyn StdError + Send + Sync>> for Error {
    fn from(error: Box<dyn StdError + Send + Sync>) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => Self::app("the app let an error escape").with_source(error),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        // What was read through the I/O traits keeps its kind and status.
        match error.downcast::<Self>() {
            Ok(ours) => ours,
            Err(error) => Self::from(Box::<dyn StdError + Send + Sync>::from(error)),
        }
    }
}

impl From<http::Error> for Error {
    fn from(error: http::Error) -> Self {
        Self::from(Box::<dyn StdError + Send + Sync>::from(error))
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(error: std::convert::Infallible) -> Self {
        match error {}
    }
}
