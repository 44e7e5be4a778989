//! The words of a record: level, party, profile.

use std::fmt;
use std::str::FromStr;

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

/// Checks that belong together, and are run together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// What every server must do with requests and responses, seen by the probe's app.
    Required,
    /// HTTP/1.1 on the wire, against any server.
    Http1,
    /// Where one message ends and the next begins, against any server.
    Smuggling,
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

impl Profile {
    /// The name, as it is written on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Http1 => "http1",
            Self::Smuggling => "smuggling",
        }
    }

    /// What its checks are about, in a sentence.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Required => {
                "What every server must do with requests and responses. It needs the probe."
            }
            Self::Http1 => {
                "HTTP/1.1 as it is on the wire. It needs no probe, but sees more with it."
            }
            Self::Smuggling => {
                "Where one message ends and the next begins. It needs no probe, but sees more with it."
            }
        }
    }

    /// To whom its checks are duties.
    #[must_use]
    pub fn party(self) -> Party {
        match self {
            Self::Required | Self::Http1 | Self::Smuggling => Party::Server,
        }
    }

    /// Whether it can be run against a server that does not host the probe contract.
    #[must_use]
    pub fn is_on_the_wire(self) -> bool {
        self != Self::Required
    }

    /// All, in the order in which they are run and shown.
    #[must_use]
    pub fn all() -> [Self; 3] {
        [Self::Required, Self::Http1, Self::Smuggling]
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::all().into_iter().find(|profile| profile.name() == name);
        found.ok_or_else(|| {
            let known = Self::all().map(Self::name).join(", ");
            format!("there is no profile {name:?}; there are: {known}")
        })
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

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
