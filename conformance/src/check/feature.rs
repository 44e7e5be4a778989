//! What a server may be able to do, and says of itself.

use std::fmt;

/// Something that not every server can do. A server claims it, or its checks are skipped.
///
/// Claims come from one place only: what the probe says at `/.probe/version`, or, for HTTP/2 and TLS,
/// what the connection itself shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// `sendfile.SendAsync` (OWIN's SendFile extension).
    SendFile,
    /// `opaque.Upgrade` (OWIN's Opaque Stream extension).
    Opaque,
    /// `websocket.Accept`, or an app that speaks RFC 6455 over a connection that was upgraded.
    WebSocket,
    /// The trailers of a request reach the app, and those of a response the client.
    Trailers,
    /// The probe's `reply` knows all steps, and the probe the paths that go with them.
    Steps,
    /// The app has an environment of OWIN, and the probe says what is in it.
    Environment,
    /// The app is told who is at the ends of the connection.
    Addresses,
    /// `server.OnSendingHeaders`.
    Callbacks,
    /// The app is told when its answer is of no use any more (`owin.CallCancelled`).
    Cancel,
    /// HTTP/2, on a connection that begins with its preface or was agreed on by ALPN.
    Http2,
    /// TLS.
    Tls,
}

impl Feature {
    /// The name, as the probe writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SendFile => "sendfile",
            Self::Opaque => "opaque",
            Self::WebSocket => "websocket",
            Self::Trailers => "trailers",
            Self::Steps => "steps",
            Self::Environment => "environment",
            Self::Addresses => "addresses",
            Self::Callbacks => "callbacks",
            Self::Cancel => "cancel",
            Self::Http2 => "http2",
            Self::Tls => "tls",
        }
    }

    /// All of them.
    #[must_use]
    pub fn all() -> [Self; 11] {
        use Feature::{
            Addresses, Callbacks, Cancel, Environment, Http2, Opaque, SendFile, Steps, Tls,
            Trailers, WebSocket,
        };
        [
            SendFile,
            Opaque,
            WebSocket,
            Trailers,
            Steps,
            Environment,
            Addresses,
            Callbacks,
            Cancel,
            Http2,
            Tls,
        ]
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
