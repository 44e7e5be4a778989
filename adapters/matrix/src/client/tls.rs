//! TLS from the client's side, as far as its facts can be compared with the app's.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, crypto};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::evidence::{Evidence, within};

/// The name that the client asks for.
pub const NAME: &str = "probe.test";

/// Where a server speaks TLS, and the certificate that it shows.
#[derive(Clone, Debug)]
pub struct Tls {
    address: SocketAddr,
    certificate: CertificateDer<'static>,
}

/// A certificate and its key as files, as web servers want them.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate, as PEM.
    pub certificate: PathBuf,
    /// Its key, as PEM.
    pub key: PathBuf,
    der: CertificateDer<'static>,
}

impl Certificate {
    /// Makes one for [`NAME`] that nobody has signed, in two files of that folder.
    ///
    /// # Errors
    ///
    /// Where the files cannot be written.
    pub fn make(folder: &Path) -> Result<Self, Evidence> {
        let made = rcgen::generate_simple_self_signed(vec![NAME.to_owned()])
            .map_err(|error| Evidence::new(format!("no certificate: {error}")))?;
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        fs::write(&certificate, made.cert.pem())?;
        fs::write(&key, made.signing_key.serialize_pem())?;
        Ok(Self { certificate, key, der: made.cert.der().clone() })
    }
}

impl Tls {
    /// A server that shows that certificate.
    #[must_use]
    pub fn new(address: SocketAddr, certificate: &Certificate) -> Self {
        Self { address, certificate: certificate.der.clone() }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes a handshake, and trusts that certificate alone; says what it agreed on.
    ///
    /// # Errors
    ///
    /// Where it fails.
    pub async fn handshake(
        &self,
        stream: TcpStream,
    ) -> Result<(TlsStream<TcpStream>, Agreed), Evidence> {
        let failed = |error: rustls::Error| Evidence::new(format!("no TLS: {error}"));
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).map_err(failed)?;
        let provider = Arc::new(crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider);
        let config = config.with_safe_default_protocol_versions().map_err(failed)?;
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from(NAME).map_err(|error| Evidence::new(error.to_string()))?;
        let connector = TlsConnector::from(Arc::new(config));
        let stream = within("the handshake", connector.connect(name, stream)).await??;
        let agreed = Agreed::of(&stream)?;
        Ok((stream, agreed))
    }
}

/// What a handshake agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// The version, as in `TLSv1.3`.
    pub protocol: String,
    /// The cipher suite as the standards name it, as in `TLS_AES_128_GCM_SHA256`.
    pub cipher_suite: String,
}

impl Agreed {
    fn of(stream: &TlsStream<TcpStream>) -> Result<Self, Evidence> {
        let (_, connection) = stream.get_ref();
        let version = connection.protocol_version().and_then(|version| version.as_str());
        let suite = connection.negotiated_cipher_suite();
        let (Some(version), Some(suite)) = (version, suite) else {
            return Err(Evidence::new("the handshake is not over"));
        };
        let cipher_suite = standard(&format!("{:?}", suite.suite()));
        Ok(Self { protocol: version.replace("TLSv1_", "TLSv1."), cipher_suite })
    }
}

/// The name of a cipher suite without what libraries add to it (RFC 8446 §B.4).
#[must_use]
pub fn standard(suite: &str) -> String {
    suite.replace("TLS13_", "TLS_")
}
