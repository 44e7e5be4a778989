//! What TLS knows of a connection.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

/// The certificates that the client presented, as DER, the client's own first.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate(Arc<[Bytes]>);

impl ClientCertificate {
    /// Makes a chain of certificates in DER.
    #[must_use]
    pub fn new(chain: impl IntoIterator<Item = Bytes>) -> Self {
        Self(chain.into_iter().collect())
    }

    /// The certificates, the client's own first.
    #[must_use]
    pub fn chain(&self) -> &[Bytes] {
        &self.0
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientCertificate({} in the chain)", self.0.len())
    }
}

/// What the TLS handshake agreed on.
///
/// ```
/// use owin_core::features::TlsHandshake;
///
/// let tls = TlsHandshake::new("TLSv1.3", "TLS13_AES_128_GCM_SHA256").with_server_name("example.org");
/// assert_eq!(tls.server_name(), Some("example.org"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsHandshake {
    protocol: String,
    cipher_suite: String,
    server_name: Option<String>,
    application_protocol: Option<String>,
}

impl TlsHandshake {
    /// Makes the facts of a handshake: the version of TLS and the name of the cipher suite.
    #[must_use]
    pub fn new(protocol: impl Into<String>, cipher_suite: impl Into<String>) -> Self {
        let (protocol, cipher_suite) = (protocol.into(), cipher_suite.into());
        Self { protocol, cipher_suite, server_name: None, application_protocol: None }
    }

    /// Adds the name that the client asked for (SNI, RFC 6066 §3).
    #[must_use]
    pub fn with_server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// Adds the application protocol that was agreed on (ALPN, RFC 7301).
    #[must_use]
    pub fn with_application_protocol(mut self, protocol: impl Into<String>) -> Self {
        self.application_protocol = Some(protocol.into());
        self
    }

    /// The version of TLS, as in `TLSv1.3`.
    #[must_use]
    pub fn protocol(&self) -> &str {
        &self.protocol
    }

    /// The name of the cipher suite.
    #[must_use]
    pub fn cipher_suite(&self) -> &str {
        &self.cipher_suite
    }

    /// The name that the client asked for.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// The application protocol, as in `h2`.
    #[must_use]
    pub fn application_protocol(&self) -> Option<&str> {
        self.application_protocol.as_deref()
    }
}
