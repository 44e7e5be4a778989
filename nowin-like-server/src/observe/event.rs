//! What an observer is told.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use http::StatusCode;

use crate::observe::Reason;

/// How much of what was refused is shown: a request line, and what stands around a mistake in it.
const FIRST_BYTES: usize = 256;

/// Something was refused.
///
/// Made by the server; others make one to try an [`Observer`](crate::observe::Observer).
#[derive(Clone, Copy, Debug)]
pub struct Refused<'a> {
    reason: Reason,
    connection_id: &'a str,
    peer: Option<SocketAddr>,
    first_bytes: &'a [u8],
}

impl<'a> Refused<'a> {
    /// Refused for this reason on this connection.
    #[must_use]
    pub const fn new(reason: Reason, connection_id: &'a str) -> Self {
        Self { reason, connection_id, peer: None, first_bytes: b"" }
    }

    /// Adds the client's address.
    #[must_use]
    pub const fn with_peer(mut self, peer: Option<SocketAddr>) -> Self {
        self.peer = peer;
        self
    }

    /// Adds the first bytes of what was refused; no more than 256 are kept.
    #[must_use]
    pub fn with_first_bytes(mut self, bytes: &'a [u8]) -> Self {
        self.first_bytes = bytes.get(..FIRST_BYTES).unwrap_or(bytes);
        self
    }

    /// Why.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// The status of the answer, as far as there is one.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        self.reason.status()
    }

    /// The connection, as in `server.ConnectionId`.
    #[must_use]
    pub const fn connection_id(&self) -> &'a str {
        self.connection_id
    }

    /// The client's address, where it has one.
    #[must_use]
    pub const fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// The first bytes of what was refused, 256 at most, just as they came: they may hold anything
    /// and go into no log like that, and a password may be among them.
    #[must_use]
    pub const fn first_bytes(&self) -> &'a [u8] {
        self.first_bytes
    }

    /// The first bytes as one line of ASCII: what is not printable is written as `\r`, `\n`, `\t` or
    /// `\x1b`, and quotes and backslashes have a backslash in front.
    ///
    /// ```
    /// use nowin_like_server::observe::{Reason, Refused};
    ///
    /// let refused = Refused::new(Reason::FieldValueIllegal, "c1").with_first_bytes(b"A: \"\0\xff\"\r\n");
    /// assert_eq!(refused.escaped().to_string(), r#"A: \"\x00\xff\"\r\n"#);
    /// ```
    #[must_use]
    pub fn escaped(&self) -> impl fmt::Display + 'a {
        self.first_bytes.escape_ascii()
    }
}

/// One line for a log, with nothing in it that could make two of it.
impl fmt::Display for Refused<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused {} on {}", self.reason.code(), self.connection_id)?;
        if let Some(peer) = self.peer {
            write!(f, " from {peer}")?;
        }
        if let Some(status) = self.status() {
            write!(f, " with {}", status.as_u16())?;
        }
        write!(f, ": {}", self.reason)?;
        if self.first_bytes.is_empty() { Ok(()) } else { write!(f, ": \"{}\"", self.escaped()) }
    }
}

/// A connection was opened.
#[derive(Clone, Copy, Debug)]
pub struct Opened<'a> {
    connection_id: &'a str,
    peer: Option<SocketAddr>,
}

impl<'a> Opened<'a> {
    /// A connection of that id.
    #[must_use]
    pub const fn new(connection_id: &'a str) -> Self {
        Self { connection_id, peer: None }
    }

    /// Adds the client's address.
    #[must_use]
    pub const fn with_peer(mut self, peer: Option<SocketAddr>) -> Self {
        self.peer = peer;
        self
    }

    /// The connection, as in `server.ConnectionId`.
    #[must_use]
    pub const fn connection_id(&self) -> &'a str {
        self.connection_id
    }

    /// The client's address, where it has one.
    #[must_use]
    pub const fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }
}

/// A connection is over.
///
/// ```
/// use nowin_like_server::observe::{Closed, End, Reason, Traffic};
///
/// let closed = Closed::new(End::Forced(Reason::IdleTimeout), "c1");
/// let closed = closed.with_traffic(Traffic { requests: 3, ..Traffic::default() });
/// assert_eq!((closed.end().code(), closed.traffic().requests), ("idle-timeout", 3));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Closed<'a> {
    end: End,
    connection: Opened<'a>,
    traffic: Traffic,
}

impl<'a> Closed<'a> {
    /// Over in this way, the connection of that id.
    #[must_use]
    pub const fn new(end: End, connection_id: &'a str) -> Self {
        let traffic = Traffic { requests: 0, lasted: Duration::ZERO };
        Self { end, connection: Opened::new(connection_id), traffic }
    }

    /// Adds the client's address.
    #[must_use]
    pub const fn with_peer(mut self, peer: Option<SocketAddr>) -> Self {
        self.connection = self.connection.with_peer(peer);
        self
    }

    /// Adds what went over it.
    #[must_use]
    pub const fn with_traffic(mut self, traffic: Traffic) -> Self {
        self.traffic = traffic;
        self
    }

    /// How it ended.
    #[must_use]
    pub const fn end(&self) -> End {
        self.end
    }

    /// The connection, as in `server.ConnectionId`.
    #[must_use]
    pub const fn connection_id(&self) -> &'a str {
        self.connection.connection_id
    }

    /// The client's address, where it has one.
    #[must_use]
    pub const fn peer(&self) -> Option<SocketAddr> {
        self.connection.peer
    }

    /// What went over it.
    #[must_use]
    pub const fn traffic(&self) -> Traffic {
        self.traffic
    }
}

/// What went over a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// The requests that were begun.
    pub requests: u64,
    /// How long it was open.
    pub lasted: Duration,
}

/// Says how a connection ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum End {
    /// The client closed it, between two requests.
    ClientClosed,
    /// The client reset it, or closed it before its request or its response was whole.
    #[default]
    ClientLost,
    /// A request or a response said `connection: close`.
    Agreed,
    /// The app failed after its response had started, and the client had to be told.
    BrokenOff,
    /// An app had taken it over.
    TakenOver,
    /// The server wanted it.
    Forced(Reason),
}

impl End {
    /// A stable name, in kebab case; that of the reason where there is one.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ClientClosed => "client-closed",
            Self::ClientLost => "client-lost",
            Self::Agreed => "agreed",
            Self::BrokenOff => "broken-off",
            Self::TakenOver => "taken-over",
            Self::Forced(reason) => reason.code(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_256_bytes_are_shown() {
        let refused = Refused::new(Reason::HeadTooLong, "c1").with_first_bytes(&[b'a'; 1_000]);
        assert_eq!(refused.first_bytes().len(), 256);
        assert_eq!(refused.with_first_bytes(b"abc").first_bytes(), b"abc");
    }

    #[test]
    fn a_line_for_the_log_is_one_line_of_printable_characters() {
        let bytes: Vec<u8> = (0..=255).collect();
        let peer = "192.0.2.7:50123".parse().ok();
        let refused = Refused::new(Reason::HeadMalformed, "c1").with_peer(peer);
        let line = refused.with_first_bytes(&bytes).to_string();
        assert!(line.starts_with("refused head-malformed on c1 from 192.0.2.7:50123 with 400: "));
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
    }

    #[test]
    fn a_line_without_bytes_or_an_answer_says_nothing_of_them() {
        let line = Refused::new(Reason::IdleTimeout, "c1").to_string();
        assert_eq!(line, "refused idle-timeout on c1: no other request came on the connection");
    }

    #[test]
    fn no_end_has_the_name_of_a_reason() {
        use End::{Agreed, BrokenOff, ClientClosed, ClientLost, TakenOver};
        for end in [ClientClosed, ClientLost, Agreed, BrokenOff, TakenOver] {
            assert!(Reason::ALL.iter().all(|reason| reason.code() != end.code()), "{end:?}");
        }
    }
}
