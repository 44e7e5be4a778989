//! What a server can do: a column of the table, and what proves each cell of it.

mod connection;
mod lives;
mod streaming;
mod trailers;
mod upgrades;

use crate::evidence::Evidence;
use crate::servers::Target;

/// A column of the table: something that a server can do, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Column {
    /// The app sees the first bytes of a body before the client has sent the others.
    StreamingIn,
    /// The same for a body whose length nobody says in front.
    UnknownLengthIn,
    /// The client sees the first bytes of an answer while the app still writes.
    StreamingOut,
    /// A few bytes and a flush reach the client at once.
    Flush,
    /// The client sees the answer to the first bytes before it has sent the others.
    BothWays,
    /// The token fires when the client goes.
    Cancellation,
    /// `opaque.Upgrade` gives the bytes of the connection.
    Upgrade,
    /// `websocket.Accept` gives messages.
    WebSocket,
    /// The app sees the trailer fields of a request.
    TrailersIn,
    /// The client sees the trailer fields of an answer.
    TrailersOut,
    /// `sendfile.SendAsync` sends a file, and a range of one.
    SendFile,
    /// The environment has the client's address and port.
    ClientAddress,
    /// The environment has what a TLS handshake agreed on.
    TlsFacts,
}

/// What a proof came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The server can do it.
    Proven,
    /// It did not show it; this was seen instead.
    Missing(Evidence),
}

impl Column {
    /// All columns, in the order of the table.
    pub const ALL: [Self; 13] = [
        Self::StreamingIn,
        Self::UnknownLengthIn,
        Self::StreamingOut,
        Self::Flush,
        Self::BothWays,
        Self::Cancellation,
        Self::Upgrade,
        Self::WebSocket,
        Self::TrailersIn,
        Self::TrailersOut,
        Self::SendFile,
        Self::ClientAddress,
        Self::TlsFacts,
    ];

    /// What stands above the column.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::StreamingIn => "streaming in",
            Self::UnknownLengthIn => "unknown length in",
            Self::StreamingOut => "streaming out",
            Self::Flush => "flush reaches the wire",
            Self::BothWays => "both ways at once",
            Self::Cancellation => "cancellation",
            Self::Upgrade => "upgrade",
            Self::WebSocket => "WebSocket",
            Self::TrailersIn => "trailers in",
            Self::TrailersOut => "trailers out",
            Self::SendFile => "send-file",
            Self::ClientAddress => "client address",
            Self::TlsFacts => "TLS facts",
        }
    }

    /// What is shown, by how.
    #[must_use]
    pub const fn what(self) -> &'static str {
        match self {
            Self::StreamingIn => {
                "the app reads the first 1,000 bytes of a body before the client sends the others"
            }
            Self::UnknownLengthIn => {
                "the same for a body whose length is not said in front (chunks in HTTP/1.1)"
            }
            Self::StreamingOut => {
                "of 4 MiB that the app pushes without a flush, some reach the client before the \
                 app is done"
            }
            Self::Flush => {
                "each of three short lines reaches the client before the app writes the next"
            }
            Self::BothWays => {
                "the answer to the first 1,000 bytes of a body comes before the client sends the \
                 others, and 32 MiB then go both ways at the same time; eight times"
            }
            Self::Cancellation => {
                "`owin.CallCancelled` fires within a second after the client has reset the \
                 connection, while the app waits and writes nothing; six times"
            }
            Self::Upgrade => {
                "`opaque.Upgrade` is offered; after 101 every byte value goes both ways, and each \
                 side sees the other end"
            }
            Self::WebSocket => {
                "`websocket.Accept` is offered; the handshake is that of RFC 6455, a text comes \
                 back, both sides close"
            }
            Self::TrailersIn => "a trailer field of the request is in the environment",
            Self::TrailersOut => "a trailer field of the app is behind the answer's body",
            Self::SendFile => {
                "`sendfile.SendAsync` is offered; a file comes whole, and a range of it"
            }
            Self::ClientAddress => {
                "`server.RemoteIpAddress` and `server.RemotePort` are those of the client's socket"
            }
            Self::TlsFacts => "over TLS `ssl.Handshake` has the protocol and the cipher suite",
        }
    }

    /// Proves the cell of a target.
    pub async fn prove(self, target: &Target) -> Verdict {
        let proven = match self {
            Self::StreamingIn => streaming::into_app(target, true).await,
            Self::UnknownLengthIn => streaming::into_app(target, false).await,
            Self::StreamingOut => streaming::out_of_app(target).await,
            Self::Flush => streaming::steps(target).await,
            Self::BothWays => streaming::both_ways(target).await,
            Self::Cancellation => lives::reset_while_waiting(target).await,
            Self::Upgrade => upgrades::opaque(target).await,
            Self::WebSocket => upgrades::websocket(target).await,
            Self::TrailersIn => trailers::into_app(target).await,
            Self::TrailersOut => trailers::out_of_app(target).await,
            Self::SendFile => connection::file(target).await,
            Self::ClientAddress => connection::client_address(target).await,
            Self::TlsFacts => connection::tls_facts(target).await,
        };
        proven.map_or_else(Verdict::Missing, |()| Verdict::Proven)
    }
}

pub(crate) use self::connection::facts;
pub(crate) use self::lives::{Moment, reset};
pub(crate) use self::streaming::{read, send};
