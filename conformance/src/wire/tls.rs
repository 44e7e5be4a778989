//! TLS over TCP, from the client's side.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, version};

use crate::clock;
use crate::wire::certificate::AnyCertificate;
use crate::wire::stream::Stream;

/// What is given to the session at once; it holds no more than a few records.
const PIECE_BYTES: usize = 16 * 1024;

/// The protocol that HTTP/1.1 is called in ALPN (RFC 7301 §6).
pub(crate) const HTTP_11: &[u8] = b"http/1.1";

/// What the suite offers in a handshake.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer<'a> {
    /// The protocols for ALPN, the best one first; none leaves the extension out.
    pub(crate) alpn: &'a [&'a [u8]],
    /// The only version; both 1.2 and 1.3 where there is none.
    pub(crate) version: Option<ProtocolVersion>,
    /// The name of the server in SNI instead of the one in the URL.
    pub(crate) name: Option<&'a str>,
}

/// What was agreed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Agreed {
    pub(crate) version: Option<ProtocolVersion>,
    /// What the server chose by ALPN.
    pub(crate) alpn: Option<Vec<u8>>,
}

/// A session over a TCP connection.
#[derive(Debug)]
pub(crate) struct TlsStream {
    tcp: TcpStream,
    session: ClientConnection,
}

impl Default for Offer<'_> {
    fn default() -> Self {
        Self { alpn: &[HTTP_11], version: None, name: None }
    }
}

impl Offer<'_> {
    /// The configuration of a session; without roots any certificate is taken.
    pub(crate) fn config(&self, roots: &[CertificateDer<'static>]) -> io::Result<ClientConfig> {
        let provider = Arc::new(ring::default_provider());
        let versions = match self.version {
            Some(ProtocolVersion::TLSv1_2) => &[&version::TLS12][..],
            Some(ProtocolVersion::TLSv1_3) => &[&version::TLS13],
            _ => &[&version::TLS13, &version::TLS12],
        };
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(versions)
            .map_err(io::Error::other)?;
        let mut config = if roots.is_empty() {
            let any = Arc::new(AnyCertificate::new(provider));
            builder.dangerous().with_custom_certificate_verifier(any).with_no_client_auth()
        } else {
            builder.with_root_certificates(store(roots)?).with_no_client_auth()
        };
        config.alpn_protocols = self.alpn.iter().map(|name| name.to_vec()).collect();
        config.resumption = Resumption::disabled();
        Ok(config)
    }
}

fn store(roots: &[CertificateDer<'static>]) -> io::Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.clone()).map_err(io::Error::other)?;
    }
    Ok(store)
}

/// Whether the certificates can be roots.
pub(crate) fn can_be_roots(roots: &[CertificateDer<'static>]) -> io::Result<()> {
    store(roots).map(drop)
}

fn session(config: Arc<ClientConfig>, name: &str) -> io::Result<ClientConnection> {
    let name = name.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(name).map_err(io::Error::other)?;
    ClientConnection::new(config, name).map_err(io::Error::other)
}

/// All that a client sends before it has an answer, with the bytes as early data (RFC 8446 §2.3);
/// nothing where the server has not said that it takes some.
pub(crate) fn early_flight(
    config: Arc<ClientConfig>,
    name: &str,
    bytes: &[u8],
) -> io::Result<Option<Vec<u8>>> {
    let mut session = session(config, name)?;
    let Some(mut early) = session.early_data() else { return Ok(None) };
    early.write_all(bytes)?;
    let mut flight = Vec::new();
    while session.wants_write() {
        session.write_tls(&mut flight)?;
    }
    Ok(Some(flight))
}

impl TlsStream {
    /// Makes a handshake, and waits for its end no longer than that.
    pub(crate) fn connect(
        tcp: TcpStream,
        config: Arc<ClientConfig>,
        name: &str,
        patience: Duration,
    ) -> io::Result<Self> {
        let session = session(config, name)?;
        let mut stream = Self { tcp, session };
        let until = clock::now() + patience;
        while stream.session.is_handshaking() {
            stream.flush()?;
            if stream.session.is_handshaking() && !stream.read_some(until)? {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        stream.flush()?;
        Ok(stream)
    }

    pub(crate) fn agreed(&self) -> Agreed {
        let alpn = self.session.alpn_protocol().map(<[u8]>::to_vec);
        Agreed { version: self.session.protocol_version(), alpn }
    }

    /// Writes the records that wait.
    fn flush(&mut self) -> io::Result<()> {
        while self.session.wants_write() {
            self.session.write_tls(&mut self.tcp)?;
        }
        Ok(())
    }

    /// Reads once below TLS; false at the end.
    fn read_some(&mut self, until: Instant) -> io::Result<bool> {
        let left = clock::until(until);
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        // No time at all would mean to wait for ever.
        self.tcp.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        let length = self.session.read_tls(&mut self.tcp)?;
        if let Err(error) = self.session.process_new_packets() {
            let _told = self.flush();
            return Err(io::Error::new(ErrorKind::InvalidData, error));
        }
        self.flush()?;
        Ok(length > 0)
    }
}

impl Stream for TlsStream {
    fn receive(&mut self, bytes: &mut [u8], patience: Duration) -> io::Result<usize> {
        let until = clock::now() + patience;
        loop {
            match self.session.reader().read(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                done => return done,
            }
            // At the end below TLS, the session says whether it was told of it.
            let _is_open = self.read_some(until)?;
        }
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.chunks(PIECE_BYTES) {
            self.session.writer().write_all(piece)?;
            self.flush()?;
        }
        Ok(())
    }

    fn half_close(&mut self) {
        self.notify_close();
        self.tcp.half_close();
    }

    fn cut(&mut self) {
        self.tcp.half_close();
    }

    fn notify_close(&mut self) {
        self.session.send_close_notify();
        let _gone = self.flush();
    }

    fn reset(self: Box<Self>) {
        Box::new(self.tcp).reset();
    }
}
