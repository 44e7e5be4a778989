//! The server that is tried, and what it hosts.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustls::client::Resumption;
use serde_json::Value;

use crate::check::Feature;
use crate::clock;
use crate::judge::{Lapse, Luck};
use crate::probe::{self, CONTRACT, VERSION_PATH};
use crate::run::target::Target;
use crate::wire::{
    self, Agreed, Answer, Asked, Limits, Link, Missing, Offer, Stream, TlsStream, Transcript, http2,
};

/// What a server must choose by ALPN to be spoken to in HTTP/2.
const H2: &[u8] = b"h2";

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
#[derive(Clone)]
pub(crate) struct Site {
    target: Target,
    address: SocketAddr,
    limits: Limits,
    has_probe: bool,
    claims: BTreeSet<Feature>,
    told: probe::Limits,
    /// The path of an echo of WebSockets, where somebody gave one.
    websocket: Option<String>,
    luck: Luck,
    /// Whether it speaks HTTP/1; else everything is asked in HTTP/2.
    has_http1: bool,
    run: String,
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
    pub(crate) fn look(target: Target, end: Instant, luck: Luck) -> Result<Self, Unreachable> {
        let mut site = Self::unseen(target, end, luck);
        let mut looked = site.get_http1(&site.target("echo", "0"));
        // One that agrees on HTTP/2 alone ends the handshake for HTTP/1.1.
        let may_speak = site.is_secured() || !matches!(looked, Err(Missing::Refused(_)));
        if may_speak && site.has_http2() {
            site.claims.insert(Feature::Http2);
            let is_odd = |answer: &Answer| answer.status == 400 || answer.status >= 500;
            if !looked.as_ref().is_ok_and(|answer| !is_odd(answer)) {
                site.has_http1 = false;
                looked = site.get_http2(&site.target("echo", "0"));
            }
        }
        let answer = looked.map_err(|missing| match missing {
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
    pub(crate) fn unseen(target: Target, end: Instant, luck: Luck) -> Self {
        let limits =
            Limits { answer: Duration::from_millis(3300), quiet: Duration::from_millis(700), end };
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let run = format!("{:x}{:x}", std::process::id(), since.as_micros());
        let address = target.chosen();
        let claims = target.is_secured().then_some(Feature::Tls).into_iter().collect();
        Self {
            target,
            address,
            limits,
            has_probe: false,
            claims,
            told: probe::Limits::default(),
            websocket: None,
            luck,
            has_http1: true,
            run,
        }
    }

    /// The same for another run, which has its own time and luck.
    pub(super) fn again(mut self, end: Instant, luck: Luck) -> Self {
        self.limits.end = end;
        self.luck = luck;
        self
    }

    /// The same with an echo of WebSockets at that path, which is as good as a claim.
    pub(crate) fn with_websocket(mut self, path: Option<&str>) -> Self {
        self.claims.extend(path.map(|_| Feature::WebSocket));
        self.websocket = path.map(str::to_owned);
        self
    }

    /// Connects for HTTP/1.1; what happens on the connection is told to the transcript.
    pub(crate) fn connect(&self, log: Arc<Mutex<Transcript>>) -> io::Result<Link> {
        self.connect_with(&Offer::default(), log).map(|(link, _)| link)
    }

    /// Connects for HTTP/2, which over TLS must be agreed on; the preface has not been said.
    pub(crate) fn connect_http2(&self, log: Arc<Mutex<Transcript>>) -> io::Result<http2::Link> {
        let stream: Box<dyn Stream> = if self.target.is_secured() {
            let stream = self.tls(&Offer { alpn: &[H2], ..Offer::default() })?;
            if stream.agreed().alpn.as_deref() != Some(H2) {
                return Err(io::Error::other("the server does not agree on HTTP/2"));
            }
            Box::new(stream)
        } else if let Some(connect) = self.target.memory() {
            connect()?
        } else {
            Box::new(self.tcp()?)
        };
        Ok(http2::Link::new(stream, self.limits, log))
    }

    /// Connects, and says what was agreed on; nothing is agreed on without TLS.
    pub(crate) fn connect_with(
        &self,
        offer: &Offer<'_>,
        log: Arc<Mutex<Transcript>>,
    ) -> io::Result<(Link, Agreed)> {
        if !self.target.is_secured() {
            return Ok((self.connect_below(log)?, Agreed::default()));
        }
        let stream = self.tls(offer)?;
        let agreed = stream.agreed();
        Ok((Link::new(Box::new(stream), self.limits, log), agreed))
    }

    /// Connects by TCP alone, whatever the server expects on it.
    pub(crate) fn connect_below(&self, log: Arc<Mutex<Transcript>>) -> io::Result<Link> {
        if let Some(connect) = self.target.memory() {
            return Ok(Link::new(connect()?, self.limits, log));
        }
        let stream = self.tcp()?;
        let ends = stream.local_addr().and_then(|own| Ok((own, stream.peer_addr()?)));
        let link = Link::new(Box::new(stream), self.limits, log);
        Ok(match ends {
            Ok((own, other)) => link.between(own, other),
            Err(_) => link,
        })
    }

    /// What a client that was here before sends at once, with the bytes as early data; nothing where
    /// the server takes none.
    pub(crate) fn early_flight(&self, bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let mut config = Offer::default().config(self.target.roots())?;
        config.resumption = Resumption::in_memory_sessions(4);
        config.enable_early_data = true;
        let (config, name) = (Arc::new(config), self.target.host());
        let log = Arc::new(Mutex::new(Transcript::new()));
        let stream = TlsStream::connect(self.tcp()?, config.clone(), name, self.patience())?;
        let mut link = Link::new(Box::new(stream), self.limits, log);
        link.send(self.look_at(&self.target("reply", "ticket")));
        let _ticket = link.answer(Asked::Whole).and_then(|_| link.end());
        wire::early_flight(config, name, bytes)
    }

    fn tls(&self, offer: &Offer<'_>) -> io::Result<TlsStream> {
        let config = Arc::new(offer.config(self.target.roots())?);
        let name = offer.name.unwrap_or_else(|| self.target.host());
        TlsStream::connect(self.tcp()?, config, name, self.patience())
    }

    fn tcp(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect_timeout(&self.address, self.patience())?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(self.limits.answer))?;
        Ok(stream)
    }

    fn patience(&self) -> Duration {
        let left = clock::until(self.limits.end);
        self.limits.answer.min(left).max(Duration::from_millis(1))
    }

    /// Whether there is TLS below HTTP.
    pub(crate) fn is_secured(&self) -> bool {
        self.target.is_secured()
    }

    /// The host of the URL where it is a name, and no address.
    pub(crate) fn host_name(&self) -> Option<&str> {
        let host = self.target.host();
        let is_address = host.starts_with('[') || host.parse::<IpAddr>().is_ok();
        (!is_address).then_some(host)
    }

    pub(crate) fn authority(&self) -> &str {
        self.target.authority()
    }

    /// Which random values are tried.
    pub(crate) fn luck(&self) -> Luck {
        self.luck
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
        } else if self.target.path().is_empty() {
            "/".to_owned()
        } else {
            self.target.path().to_owned()
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

    /// Whether the server still answers a plain `GET` on a new connection.
    pub(crate) fn canary(&self) -> Result<(), Missing> {
        self.get(&self.target("reply", "canary")).map(drop)
    }

    /// Whether it speaks HTTP/1, as most do.
    pub(crate) fn has_http1(&self) -> bool {
        self.has_http1
    }

    fn prefix(&self) -> &str {
        self.target.path().trim_end_matches('/')
    }

    fn get(&self, target: &str) -> Result<Answer, Missing> {
        if self.has_http1 { self.get_http1(target) } else { self.get_http2(target) }
    }

    fn get_http1(&self, target: &str) -> Result<Answer, Missing> {
        let log = Arc::new(Mutex::new(Transcript::new()));
        let link = self.connect(log);
        let mut link = link.map_err(|error| Missing::Refused(error.to_string()))?;
        link.send(self.look_at(target));
        link.answer(Asked::Whole)
    }

    /// A plain `GET` that is the last of its connection.
    fn look_at(&self, target: &str) -> String {
        let host = self.authority();
        format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
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
