//! The server that is tried: where it is, and what it hosts.

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::check::Feature;
use crate::clock;
use crate::judge::Lapse;
use crate::probe::{self, CONTRACT, VERSION_PATH};
use crate::wire::{Answer, Asked, Limits, Link, Missing, Stream, Transcript};

/// How long one of several addresses may take to accept a connection.
const PATIENCE: Duration = Duration::from_millis(700);

/// A server under test, by its URL.
///
/// ```
/// use owin_conformance::run::Target;
///
/// let target: Target = "http://127.0.0.1:8080/shop".parse()?;
/// assert_eq!(target.authority(), "127.0.0.1:8080");
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
    /// What connects to a server of this process; then no address counts.
    memory: Option<Memory>,
}

/// Makes connections in memory.
pub(crate) type Connect = dyn Fn() -> io::Result<Box<dyn Stream>> + Send + Sync;

/// What makes connections in memory, as a part of a target.
#[derive(Clone)]
struct Memory(Arc<Connect>);

/// Why a server cannot be tried at all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreachable {
    /// Nobody accepts connections, or no answer to a plain `GET` comes.
    Silent(String),
    /// A plain `GET` is answered, but by what is no HTTP/1, or by a refusal.
    Odd(String),
}

/// A target, and what a run knows of it.
pub(crate) struct Site {
    target: Target,
    address: SocketAddr,
    limits: Limits,
    has_probe: bool,
    claims: BTreeSet<Feature>,
    told: probe::Limits,
    /// The path of an echo of WebSockets, where somebody gave one.
    websocket: Option<String>,
    run: String,
}

impl Target {
    /// The authority, as it stands in `Host`.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// A server of this process, by what connects to it; the path is as in a URL.
    pub(crate) fn in_memory(connect: Arc<Connect>, path: &str) -> Self {
        let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let (authority, path) = ("memory".to_owned(), path.to_owned());
        let memory = Some(Memory(connect));
        Self { first: nowhere, others: Vec::new(), authority, path, memory }
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

impl std::str::FromStr for Target {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        let rest = url.strip_prefix("http://");
        let rest = rest.ok_or_else(|| format!("{url:?} does not begin with http://"))?;
        let cut = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(cut).unwrap_or((rest, ""));
        let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte));
        if authority.contains('@') || !is_plain {
            return Err(format!("{url:?} has more than a host, a port and a path"));
        }
        let has_port = authority.rsplit(':').next().is_some_and(|port| port.parse::<u16>().is_ok());
        let full = if has_port { authority.to_owned() } else { format!("{authority}:80") };
        let found = full.to_socket_addrs().map_err(|error| format!("{authority:?}: {error}"));
        let mut found = found?;
        let first = found.next().ok_or_else(|| format!("{authority:?} has no address"))?;
        let (authority, path) = (authority.to_owned(), path.to_owned());
        Ok(Self { first, others: found.collect(), authority, path, memory: None })
    }
}

impl Target {
    /// The first address that takes a connection; where none does, the first.
    fn chosen(&self) -> SocketAddr {
        let takes = |at: &&SocketAddr| TcpStream::connect_timeout(at, PATIENCE).is_ok();
        if self.others.is_empty() {
            return self.first;
        }
        let mut all = std::iter::once(&self.first).chain(&self.others);
        all.find(takes).copied().unwrap_or(self.first)
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "http://{}{}", self.authority, self.path)
    }
}

impl std::fmt::Display for Unreachable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Silent(why) | Self::Odd(why) => write!(f, "the server cannot be tried: {why}"),
        }
    }
}

impl Site {
    /// Looks at the server: it must answer a plain `GET`, and may host the probe contract.
    pub(crate) fn look(target: Target, end: Instant) -> Result<Self, Unreachable> {
        let mut site = Self::unseen(target, end);
        let answer = site.get(&site.target("echo", "0")).map_err(|missing| match missing {
            Missing::Malformed(_) => Unreachable::Odd(missing.to_string()),
            _ => Unreachable::Silent(missing.to_string()),
        })?;
        if answer.status == 400 || answer.status >= 500 {
            return Err(Unreachable::Odd(format!("a plain GET is answered by {}", answer.status)));
        }
        let path = format!("{}{VERSION_PATH}", site.prefix());
        let manifest = site.get(&path).ok().filter(|answer| answer.status == 200);
        let manifest: Option<Value> =
            manifest.and_then(|answer| serde_json::from_slice(&answer.body).ok());
        if let Some(manifest) = manifest.filter(|own| own.get("probe") == Some(&CONTRACT.into())) {
            site.has_probe = true;
            site.claims.extend(claimed(&manifest));
            site.told = probe::Limits::told_in(&manifest);
        }
        Ok(site)
    }

    /// A server that nobody has looked at, taken for one without the probe.
    pub(crate) fn unseen(target: Target, end: Instant) -> Self {
        let limits =
            Limits { answer: Duration::from_millis(3300), quiet: Duration::from_millis(700), end };
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let run = format!("{:x}{:x}", std::process::id(), since.as_micros());
        let address = target.chosen();
        let (claims, told) = (BTreeSet::new(), probe::Limits::default());
        Self { target, address, limits, has_probe: false, claims, told, websocket: None, run }
    }

    /// The same with an echo of WebSockets at that path, which is as good as a claim.
    pub(crate) fn with_websocket(mut self, path: Option<&str>) -> Self {
        self.claims.extend(path.map(|_| Feature::WebSocket));
        self.websocket = path.map(str::to_owned);
        self
    }

    /// Connects; what happens on the connection is told to the transcript.
    pub(crate) fn connect(&self, log: Arc<Mutex<Transcript>>) -> io::Result<Link> {
        let limits = self.limits;
        if let Some(Memory(connect)) = &self.target.memory {
            return Ok(Link::new(connect()?, limits, log));
        }
        let patience = limits.answer.min(clock::until(limits.end)).max(Duration::from_millis(1));
        let stream = TcpStream::connect_timeout(&self.address, patience)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(limits.answer))?;
        let ends = stream.local_addr().and_then(|own| Ok((own, stream.peer_addr()?)));
        let link = Link::new(Box::new(stream), limits, log);
        Ok(match ends {
            Ok((own, other)) => link.between(own, other),
            Err(_) => link,
        })
    }

    pub(crate) fn authority(&self) -> &str {
        &self.target.authority
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn has_probe(&self) -> bool {
        self.has_probe
    }

    /// Whether the server can do that, as it says of itself.
    pub(crate) fn claims(&self, feature: Feature) -> bool {
        self.claims.contains(&feature)
    }

    /// The limits that the server tells of itself.
    pub(crate) fn told(&self) -> &probe::Limits {
        &self.told
    }

    /// What tells the nonces of this run from those of others.
    pub(crate) fn run(&self) -> &str {
        &self.run
    }

    /// The target of a request: a path of the probe with a nonce, or the path of the URL.
    pub(crate) fn target(&self, name: &str, nonce: &str) -> String {
        if self.has_probe {
            format!("{}/.probe/{name}?nonce={nonce}", self.prefix())
        } else if self.target.path.is_empty() {
            "/".to_owned()
        } else {
            self.target.path.clone()
        }
    }

    /// The target of the echo of WebSockets: of the path that was given, or of the probe.
    pub(crate) fn websocket_target(&self, nonce: &str) -> String {
        self.websocket.clone().unwrap_or_else(|| self.target("websocket", nonce))
    }

    /// The target of a path of the probe, with its query.
    pub(crate) fn probe_target(&self, path: &str) -> String {
        format!("{}/.probe/{path}", self.prefix())
    }

    /// How often apps were called with a nonce.
    pub(crate) fn count(&self, nonce: &str) -> Result<u64, Lapse> {
        let answer = self.get(&self.target("count", nonce));
        let answer = answer.map_err(|m| Lapse::Inconclusive(format!("the probe's count: {m}")))?;
        let said: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let count = said.as_ref().and_then(|said| said.get("count")).and_then(Value::as_u64);
        count.ok_or_else(|| Lapse::Blocked("the probe's count is none".to_owned()))
    }

    /// What the probe says at one of its paths, as JSON.
    pub(crate) fn said(&self, path: &str) -> Result<Value, Lapse> {
        let answer = self.get(&self.probe_target(path));
        let name = path.split('?').next().unwrap_or_default();
        let answer = answer
            .map_err(|missing| Lapse::Inconclusive(format!("the probe's {name}: {missing}")))?;
        said_by_probe(name, &answer)
    }

    /// Tells the probe something by one of its paths.
    pub(crate) fn tell(&self, path: &str) -> Result<(), Lapse> {
        let told = self.get(&self.probe_target(path));
        told.map(drop).map_err(|missing| Lapse::Inconclusive(format!("the probe: {missing}")))
    }

    /// `http` or `https`.
    pub(crate) fn scheme(&self) -> String {
        let url = self.target.to_string();
        url.split("://").next().unwrap_or_default().to_owned()
    }

    /// Whether the server still answers a plain `GET` on a new connection.
    pub(crate) fn canary(&self) -> Result<(), Missing> {
        self.get(&self.target("reply", "canary")).map(drop)
    }

    fn prefix(&self) -> &str {
        self.target.path.trim_end_matches('/')
    }

    fn get(&self, target: &str) -> Result<Answer, Missing> {
        let log = Arc::new(Mutex::new(Transcript::new()));
        let link = self.connect(log);
        let mut link = link.map_err(|error| Missing::Refused(error.to_string()))?;
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.authority()
        );
        link.send(request);
        link.answer(Asked::Whole)
    }
}

/// What the probe said at one of its paths; that it does not know the path is not the server's fault.
pub(crate) fn said_by_probe(name: &str, answer: &Answer) -> Result<Value, Lapse> {
    if answer.status == 404 {
        let why = format!("the probe has no path {name}: it is the probe that lacks it");
        return Err(Lapse::Blocked(why));
    }
    serde_json::from_slice(&answer.body).map_err(|error| {
        Lapse::Failed(format!("what the probe says of {name} is no JSON: {error}"))
    })
}

/// The features that a manifest names; names that nobody knows count for nothing.
fn claimed(manifest: &Value) -> impl Iterator<Item = Feature> {
    let names = manifest.get("features").and_then(Value::as_array);
    let names = names.into_iter().flatten().filter_map(Value::as_str);
    names.filter_map(|name| Feature::all().into_iter().find(|own| own.name() == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_a_host_and_a_path_and_nothing_else() {
        for url in
            ["", "127.0.0.1", "https://127.0.0.1", "http://a@127.0.0.1", "http://127.0.0.1/?a"]
        {
            assert!(url.parse::<Target>().is_err(), "{url}");
        }
        let target: Target = "http://127.0.0.1/shop".parse().unwrap();
        assert_eq!((target.first.port(), target.authority()), (80, "127.0.0.1"));
        assert_eq!(target.to_string(), "http://127.0.0.1/shop");
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
