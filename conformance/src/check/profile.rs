//! Which checks belong together.

use std::fmt;
use std::str::FromStr;

use crate::check::{Feature, Party};

/// Checks that belong together, and are run together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// What every server must do with requests and responses, seen by the probe's app.
    Required,
    /// The common keys: connection, capabilities, callbacks, trailers.
    Common,
    /// When a call ends, and who hears of it.
    Lifetime,
    /// `sendfile.SendAsync`.
    SendFile,
    /// `opaque.Upgrade`.
    Opaque,
    /// WebSockets (RFC 6455).
    WebSocket,
    /// HTTP/1.1 on the wire, against any server.
    Http1,
    /// Where one message ends and the next begins, against any server.
    Smuggling,
    /// What is too long, too many or too slow, against any server.
    Limits,
    /// HTTP/2 on the wire (RFC 9113), against any server.
    Http2,
    /// TLS below HTTP, against any server.
    Tls,
    /// What a middleware leaves as it is, tried in memory.
    Middleware,
}

impl Profile {
    /// The name, as it is written on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Common => "common",
            Self::Lifetime => "lifetime",
            Self::SendFile => "sendfile",
            Self::Opaque => "opaque",
            Self::WebSocket => "websocket",
            Self::Http1 => "http1",
            Self::Smuggling => "smuggling",
            Self::Limits => "limits",
            Self::Http2 => "http2",
            Self::Tls => "tls",
            Self::Middleware => "middleware",
        }
    }

    /// What its checks are about, in a sentence or two.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Required => {
                "What every server must do with requests and responses. It needs the probe."
            }
            Self::Common => {
                "The common keys: connection, capabilities, callbacks, trailers. It needs the probe."
            }
            Self::Lifetime => "When a call ends, and who hears of it. It needs the probe.",
            Self::SendFile => "Files sent by the server itself. It needs the probe.",
            Self::Opaque => {
                "Connections that go on as something else than HTTP. It needs the probe."
            }
            Self::WebSocket => {
                "WebSockets, by RFC 6455. It needs the probe, or the path of an echo."
            }
            Self::Http1 => {
                "HTTP/1.1 as it is on the wire. It needs no probe, but sees more with it."
            }
            Self::Smuggling => {
                "Where one message ends and the next begins. It needs no probe, but sees more with it."
            }
            Self::Limits => {
                "What is too long, too many or too slow. It needs no probe, but sees more with it."
            }
            Self::Http2 => "HTTP/2 as it is on the wire, by RFC 9113. It needs no probe.",
            Self::Middleware => {
                "What a middleware leaves as it is. It is tried in memory, and needs no server."
            }
            Self::Tls => "TLS below HTTP, for a URL that begins with https. It needs no probe.",
        }
    }

    /// To whom its checks are duties.
    #[must_use]
    pub fn party(self) -> Party {
        if self == Self::Middleware { Party::Middleware } else { Party::Server }
    }

    /// Whether it can be run against a server that does not host the probe contract.
    #[must_use]
    pub fn is_on_the_wire(self) -> bool {
        matches!(self, Self::Http1 | Self::Smuggling | Self::Limits | Self::Http2 | Self::Tls)
    }

    /// The feature without which none of its checks is applicable.
    #[must_use]
    pub fn feature(self) -> Option<Feature> {
        match self {
            Self::Lifetime => Some(Feature::Steps),
            Self::SendFile => Some(Feature::SendFile),
            Self::Opaque => Some(Feature::Opaque),
            Self::WebSocket => Some(Feature::WebSocket),
            Self::Http2 => Some(Feature::Http2),
            Self::Tls => Some(Feature::Tls),
            Self::Required
            | Self::Common
            | Self::Http1
            | Self::Smuggling
            | Self::Limits
            | Self::Middleware => None,
        }
    }

    /// All, in the order in which they are run and shown.
    #[must_use]
    pub fn all() -> [Self; 12] {
        use Profile::{
            Common, Http1, Http2, Lifetime, Limits, Middleware, Opaque, Required, SendFile,
            Smuggling, Tls, WebSocket,
        };
        [
            Required, Common, Lifetime, SendFile, Opaque, WebSocket, Http1, Smuggling, Limits,
            Http2, Tls, Middleware,
        ]
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

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
