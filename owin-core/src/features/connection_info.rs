//! What a server knows of a connection and of itself, told once and read in every call.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::CallCancelled;
use crate::environment::AnyValue;
use crate::features::{ClientCertificate, TlsHandshake, TraceOutput};
use crate::keys::{self, Known};
use crate::properties::{Addresses, Capabilities, Properties};
use crate::send_file::SendFile;

/// What a server knows of itself: the same for every connection.
#[derive(Clone, Debug, Default)]
pub struct ServerInfo {
    capabilities: Option<Capabilities>,
    addresses: Option<Addresses>,
    trace_output: Option<TraceOutput>,
    app_name: Option<String>,
    app_mode: Option<String>,
    on_app_disposing: Option<CallCancelled>,
    send_file: Option<SendFile>,
}

impl ServerInfo {
    /// Takes what the start-up properties say to every call: capabilities and `host.*`.
    #[must_use]
    pub fn from_properties(properties: &Properties) -> Self {
        Self {
            capabilities: properties.get(keys::SERVER_CAPABILITIES).cloned(),
            addresses: properties.get(keys::HOST_ADDRESSES).cloned(),
            trace_output: properties.get(keys::HOST_TRACE_OUTPUT).cloned(),
            app_name: properties.get(keys::HOST_APP_NAME).map(str::to_owned),
            app_mode: properties.get(keys::HOST_APP_MODE).map(str::to_owned),
            on_app_disposing: properties.get(keys::HOST_ON_APP_DISPOSING).cloned(),
            send_file: None,
        }
    }

    /// Offers `sendfile.SendAsync` in every call.
    #[must_use]
    pub fn with_send_file(mut self, send_file: SendFile) -> Self {
        self.send_file = Some(send_file);
        self
    }

    /// What the server can do.
    #[must_use]
    pub fn capabilities(&self) -> Option<&Capabilities> {
        self.capabilities.as_ref()
    }

    fn derived(&self, known: Known) -> Option<&dyn AnyValue> {
        match known {
            Known::SERVER_CAPABILITIES => erased(self.capabilities.as_ref()),
            Known::HOST_ADDRESSES => erased(self.addresses.as_ref()),
            Known::HOST_TRACE_OUTPUT => erased(self.trace_output.as_ref()),
            Known::HOST_APP_NAME => erased(self.app_name.as_ref()),
            Known::HOST_APP_MODE => erased(self.app_mode.as_ref()),
            Known::HOST_ON_APP_DISPOSING => erased(self.on_app_disposing.as_ref()),
            Known::SENDFILE_SEND_ASYNC => erased(self.send_file.as_ref()),
            _ => None,
        }
    }
}

/// What a server knows of a connection: who is at its ends, its id, its TLS.
///
/// Given to [`Environment::on`](crate::Environment::on) once for a connection; the keys
/// `server.RemoteIpAddress` and their like are computed from it when somebody first reads them.
///
/// ```
/// use std::sync::Arc;
/// use owin_core::{Environment, features::ConnectionInfo, keys};
///
/// let remote = "192.0.2.7:50123".parse().expect("an address");
/// let info = ConnectionInfo::new().with_remote(remote);
/// let env = Environment::on(Arc::new(info));
/// assert_eq!(env.get(keys::SERVER_REMOTE_PORT), Some("50123"));
/// ```
#[derive(Default)]
pub struct ConnectionInfo {
    server: std::sync::Arc<ServerInfo>,
    remote: Option<SocketAddr>,
    local: Option<SocketAddr>,
    is_local: Option<bool>,
    /// Boxed, as are the texts: most connections have neither, and there may be many.
    tls: Option<Box<TlsHandshake>>,
    client_certificate: Option<Box<ClientCertificate>>,
    id: OnceLock<String>,
    texts: OnceLock<Box<Texts>>,
}

/// The addresses as the keys show them.
#[derive(Default)]
struct Texts {
    remote: Option<(String, String)>,
    local: Option<(String, String)>,
}

impl ConnectionInfo {
    /// Makes the facts of a connection of which nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what the server knows of itself.
    #[must_use]
    pub fn with_server(mut self, server: std::sync::Arc<ServerInfo>) -> Self {
        self.server = server;
        self
    }

    /// Adds the client's address. A v4 address in v6 clothes is undressed.
    #[must_use]
    pub fn with_remote(mut self, remote: SocketAddr) -> Self {
        self.remote = Some(canonical(remote));
        self
    }

    /// Adds the address that the connection was accepted on. A v4 address in v6 clothes is undressed.
    #[must_use]
    pub fn with_local(mut self, local: SocketAddr) -> Self {
        self.local = Some(canonical(local));
        self
    }

    /// Says whether the client is on the same machine, where the addresses do not tell.
    #[must_use]
    pub fn with_is_local(mut self, is_local: bool) -> Self {
        self.is_local = Some(is_local);
        self
    }

    /// Adds what the TLS handshake agreed on.
    #[must_use]
    pub fn with_tls(mut self, tls: TlsHandshake) -> Self {
        self.tls = Some(Box::new(tls));
        self
    }

    /// Adds the certificates that the client presented.
    #[must_use]
    pub fn with_client_certificate(mut self, certificate: ClientCertificate) -> Self {
        self.client_certificate = Some(Box::new(certificate));
        self
    }

    /// Tells this connection from every other one of the process and, as far as can be, of others.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id_text()
    }

    /// The client's address.
    #[must_use]
    pub fn remote(&self) -> Option<SocketAddr> {
        self.remote
    }

    /// The address that the connection was accepted on.
    #[must_use]
    pub fn local(&self) -> Option<SocketAddr> {
        self.local
    }

    /// What the TLS handshake agreed on; `None` on clear text.
    #[must_use]
    pub fn tls(&self) -> Option<&TlsHandshake> {
        self.tls.as_deref()
    }

    fn id_text(&self) -> &String {
        self.id.get_or_init(next_id)
    }

    fn texts(&self) -> &Texts {
        let text = |address: SocketAddr| (address.ip().to_string(), address.port().to_string());
        self.texts.get_or_init(|| {
            Box::new(Texts { remote: self.remote.map(text), local: self.local.map(text) })
        })
    }

    /// Whether both ends are one machine: a loopback address, or the address that was connected to.
    fn is_local(&self) -> Option<&'static bool> {
        let seen = || {
            let (remote, local): (IpAddr, Option<IpAddr>) =
                (self.remote?.ip(), self.local.map(|local| local.ip()));
            Some(remote.is_loopback() || Some(remote) == local)
        };
        match self.is_local.or_else(seen)? {
            true => Some(&true),
            false => Some(&false),
        }
    }

    /// The value of a key that follows from the connection.
    pub(crate) fn derived(&self, known: Known) -> Option<&dyn AnyValue> {
        match known {
            Known::SERVER_REMOTE_IP_ADDRESS => erased(self.texts().remote.as_ref().map(|t| &t.0)),
            Known::SERVER_REMOTE_PORT => erased(self.texts().remote.as_ref().map(|t| &t.1)),
            Known::SERVER_LOCAL_IP_ADDRESS => erased(self.texts().local.as_ref().map(|t| &t.0)),
            Known::SERVER_LOCAL_PORT => erased(self.texts().local.as_ref().map(|t| &t.1)),
            Known::SERVER_IS_LOCAL => erased(self.is_local()),
            Known::SERVER_CONNECTION_ID => erased(Some(self.id_text())),
            Known::SSL_HANDSHAKE => erased(self.tls.as_deref()),
            Known::SSL_CLIENT_CERTIFICATE => erased(self.client_certificate.as_deref()),
            _ => self.server.derived(known),
        }
    }
}

fn erased<T: AnyValue>(value: Option<&T>) -> Option<&dyn AnyValue> {
    value.map(|value| {
        let value: &dyn AnyValue = value;
        value
    })
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// A number of this process and a number of the connection in it, in base 16.
fn next_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    static PROCESS: OnceLock<u64> = OnceLock::new();
    let process = PROCESS.get_or_init(|| {
        use std::hash::{BuildHasher, RandomState};
        RandomState::new().hash_one(std::process::id()) >> 24
    });
    format!("{process:010X}{:06X}", NEXT.fetch_add(1, Ordering::Relaxed))
}

impl fmt::Debug for ConnectionInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionInfo")
            .field("id", &self.id())
            .field("remote", &self.remote)
            .field("local", &self.local)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}
