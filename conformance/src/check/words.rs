//! The words of a record: how much it matters, and to whom.

use std::fmt;

/// How much a check matters. Only a MUST decides whether a server conforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// The standard or the contract demands it.
    Must,
    /// It is recommended; there may be reasons not to.
    Should,
    /// It is allowed; the check says what a server chose.
    May,
    /// No standard says so, but peers rely on it, or an incident showed why.
    DeFacto,
}

/// To whom a check is a duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Party {
    /// What owns the sockets and speaks HTTP.
    Server,
    /// What answers a call.
    App,
    /// What makes an app from an app.
    Middleware,
    /// The process, and what runs it.
    Host,
}

impl Level {
    /// The name: `MUST`, `SHOULD`, `MAY` or `de facto`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
            Self::DeFacto => "de facto",
        }
    }

    /// All, from the strongest on.
    #[must_use]
    pub fn all() -> [Self; 4] {
        [Self::Must, Self::Should, Self::May, Self::DeFacto]
    }
}

impl Party {
    /// The name, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::App => "app",
            Self::Middleware => "middleware",
            Self::Host => "host",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
