//! Where the server is that is tried.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::wire::{self, Stream};

/// How long one of several addresses may take to accept a connection.
const PATIENCE: Duration = Duration::from_millis(700);

/// A server under test, by its URL.
///
/// ```
/// use owin_conformance::run::Target;
///
/// let target: Target = "http://127.0.0.1:8080/shop".parse()?;
/// assert_eq!(target.authority(), "127.0.0.1:8080");
/// assert!("https://127.0.0.1".parse::<Target>()?.is_secured());
/// assert!("ftp://127.0.0.1".parse::<Target>().is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where it may listen: `localhost` is more than one address.
    first: SocketAddr,
    others: Vec<SocketAddr>,
    authority: String,
    /// The path of plain requests; the probe is below it.
    path: String,
    /// Whether there is TLS below HTTP.
    is_secured: bool,
    /// Who may have signed the server's certificate; anybody where there is none.
    roots: Vec<CertificateDer<'static>>,
    /// What connects to a server of this process; then no address counts.
    memory: Option<Memory>,
}

/// Makes connections in memory.
pub(crate) type Connect = dyn Fn() -> io::Result<Box<dyn Stream>> + Send + Sync;

/// What makes connections in memory, as a part of a target.
#[derive(Clone)]
struct Memory(Arc<Connect>);

impl Target {
    /// The authority, as it stands in `Host`.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether the URL begins with `https`.
    #[must_use]
    pub fn is_secured(&self) -> bool {
        self.is_secured
    }

    /// Whether the server's certificate is verified; without roots any is taken.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        !self.roots.is_empty()
    }

    /// Verifies the server's certificate by these roots, in PEM.
    ///
    /// # Errors
    ///
    /// Where there is no certificate in the text, or one that cannot be a root.
    pub fn with_roots(mut self, pem: &[u8]) -> Result<Self, String> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        self.roots = found.map_err(|error| format!("no PEM: {error}"))?;
        wire::can_be_roots(&self.roots).map_err(|error| format!("no root: {error}"))?;
        if self.roots.is_empty() {
            return Err("there is no certificate in it".to_owned());
        }
        Ok(self)
    }

    /// A server of this process, by what connects to it; the path is as in a URL.
    pub(crate) fn in_memory(connect: Arc<Connect>, path: &str) -> Self {
        Self {
            first: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            others: Vec::new(),
            authority: "memory".to_owned(),
            path: path.to_owned(),
            is_secured: false,
            roots: Vec::new(),
            memory: Some(Memory(connect)),
        }
    }

    /// What connects to a server of this process.
    pub(super) fn memory(&self) -> Option<&Connect> {
        self.memory.as_ref().map(|memory| &*memory.0)
    }

    pub(super) fn roots(&self) -> &[CertificateDer<'static>] {
        &self.roots
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The host without the port, as it stands in a certificate.
    pub(super) fn host(&self) -> &str {
        let port = self.authority.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
        port.map_or(self.authority.as_str(), |(host, _)| host)
    }

    /// The first address that takes a connection; where none does, the first.
    pub(super) fn chosen(&self) -> SocketAddr {
        let takes = |at: &&SocketAddr| TcpStream::connect_timeout(at, PATIENCE).is_ok();
        if self.others.is_empty() {
            return self.first;
        }
        let mut all = std::iter::once(&self.first).chain(&self.others);
        all.find(takes).copied().unwrap_or(self.first)
    }
}

impl std::str::FromStr for Target {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        let (is_secured, rest) = match (url.strip_prefix("http://"), url.strip_prefix("https://")) {
            (Some(rest), _) => (false, rest),
            (None, Some(rest)) => (true, rest),
            (None, None) => {
                return Err(format!("{url:?} begins with neither http:// nor https://"));
            }
        };
        let cut = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(cut).unwrap_or((rest, ""));
        let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte));
        if authority.contains('@') || !is_plain {
            return Err(format!("{url:?} has more than a host, a port and a path"));
        }
        let has_port = authority.rsplit(':').next().is_some_and(|port| port.parse::<u16>().is_ok());
        let usual = if is_secured { 443 } else { 80 };
        let full = if has_port { authority.to_owned() } else { format!("{authority}:{usual}") };
        let found = full.to_socket_addrs().map_err(|error| format!("{authority:?}: {error}"));
        let mut found = found?;
        let first = found.next().ok_or_else(|| format!("{authority:?} has no address"))?;
        let (authority, path) = (authority.to_owned(), path.to_owned());
        let others = found.collect();
        Ok(Self { first, others, authority, path, is_secured, roots: Vec::new(), memory: None })
    }
}

impl PartialEq for Memory {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Memory {}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory")
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.is_secured { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_a_host_and_a_path_and_nothing_else() {
        for url in ["", "127.0.0.1", "http://a@127.0.0.1", "http://127.0.0.1/?a"] {
            assert!(url.parse::<Target>().is_err(), "{url}");
        }
        let target: Target = "http://127.0.0.1/shop".parse().unwrap();
        assert_eq!((target.first.port(), target.authority()), (80, "127.0.0.1"));
        assert_eq!(target.to_string(), "http://127.0.0.1/shop");
        let target: Target = "https://127.0.0.1/shop".parse().unwrap();
        assert_eq!(
            (target.first.port(), target.to_string().as_str()),
            (443, "https://127.0.0.1/shop")
        );
    }

    #[test]
    fn a_host_is_an_authority_without_its_port() {
        for (url, host) in [("http://127.0.0.1", "127.0.0.1"), ("http://[::1]:80", "[::1]")] {
            assert_eq!(url.parse::<Target>().unwrap().host(), host);
        }
    }

    #[test]
    fn what_is_no_root_is_refused() {
        let target: Target = "https://127.0.0.1".parse().unwrap();
        for text in
            ["", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
        {
            assert!(target.clone().with_roots(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn of_several_addresses_one_that_listens_is_chosen() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listens = listener.local_addr().unwrap();
        let mut target: Target = "http://127.0.0.1:1".parse().unwrap();
        target.others.push(listens);
        assert_eq!(target.chosen(), listens);
    }
}
