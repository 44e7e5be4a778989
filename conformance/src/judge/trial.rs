//! What the code of a check has at hand: one server, one position, fresh nonces.

use std::cell::RefCell;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::check::Feature;
use crate::judge::{Judged, Lapse, Luck, demand, is_refusal, template};
use crate::probe::Limits;
use crate::run::Site;
use crate::wire::{Agreed, Answer, Asked, Link, Missing, Offer, Transcript, http2};

/// Where on its connection the message of a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// It is the first.
    First,
    /// A plain request on the same connection was answered before.
    Second,
}

impl Position {
    /// Both, in their order.
    pub(crate) const BOTH: [Self; 2] = [Self::First, Self::Second];
}

/// One run of a check.
pub(crate) struct Trial<'a> {
    pub(super) site: &'a Site,
    position: Position,
    log: RefCell<Arc<Mutex<Transcript>>>,
}

/// The bytes of a message, and the nonce that its target has.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) bytes: Vec<u8>,
    pub(crate) nonce: String,
}

/// A request that nobody has reason to refuse.
const PLAIN: &str = "GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n";

static NONCES: AtomicU64 = AtomicU64::new(1);

impl<'a> Trial<'a> {
    pub(crate) fn new(site: &'a Site, position: Position) -> Self {
        Self { site, position, log: RefCell::new(Arc::new(Mutex::new(Transcript::new()))) }
    }

    /// Connects, and brings the connection into the position that is tried.
    pub(crate) fn connect(&self) -> Result<Link, Lapse> {
        let mut link =
            self.site.connect(self.fresh_log()).map_err(|error| no_connection(&error))?;
        if self.position == Position::Second {
            link.send(&self.plain().bytes);
            let before = link.answer(Asked::Whole);
            let before = before.map_err(|m| Lapse::Blocked(format!("the request before: {m}")))?;
            if before.closes() {
                let why = "the server keeps no connection, so that there is no second request";
                return Err(Lapse::Skipped(why.to_owned()));
            }
        }
        Ok(link)
    }

    /// Connects as the offer says, and says what was agreed on.
    pub(crate) fn connect_with(&self, offer: &Offer<'_>) -> io::Result<(Link, Agreed)> {
        self.site.connect_with(offer, self.fresh_log())
    }

    /// Connects by TCP alone, whatever the server expects on it.
    pub(crate) fn connect_below(&self) -> Result<Link, Lapse> {
        self.site.connect_below(self.fresh_log()).map_err(|error| no_connection(&error))
    }

    /// Which random values are tried.
    pub(crate) fn luck(&self) -> Luck {
        self.site.luck()
    }

    /// What a client that was here before sends at once, with the bytes as early data.
    pub(crate) fn early_flight(&self, bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
        self.site.early_flight(bytes)
    }

    /// The host of the URL where it is a name, and no address.
    pub(crate) fn host_name(&self) -> Option<&str> {
        self.site.host_name()
    }

    fn fresh_log(&self) -> Arc<Mutex<Transcript>> {
        let log = Arc::new(Mutex::new(Transcript::new()));
        self.log.replace(log.clone());
        log
    }

    /// Whether there is TLS below HTTP.
    pub(crate) fn is_secured(&self) -> bool {
        self.site.is_secured()
    }

    /// The scheme of the URL.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.is_secured() { "https" } else { "http" }
    }

    /// A request that nobody has reason to refuse.
    pub(crate) fn plain(&self) -> Message {
        self.message(PLAIN)
    }

    /// Fills a template: `{target}` becomes a target with a fresh nonce, `{host}` the authority,
    /// `{scheme}` that of the URL.
    /// With the probe the target's app reads the body and says what it saw; `{reply}` becomes one
    /// that says nothing of the request, `{unread}` one whose app does not read the body; without
    /// it all are the same. `{websocket}` is the echo of WebSockets. `{3*ab}` becomes `ababab`.
    pub(crate) fn message(&self, template: impl AsRef<[u8]>) -> Message {
        let nonce = self.nonce();
        let mut bytes = template.as_ref().to_vec();
        for (name, path) in [("{target}", "echo"), ("{reply}", "reply"), ("{unread}", "unread")] {
            let target = self.site.target(path, &nonce);
            bytes = template::replaced(&bytes, name.as_bytes(), target.as_bytes());
        }
        let websocket = self.site.websocket_target(&nonce);
        bytes = template::replaced(&bytes, b"{websocket}", websocket.as_bytes());
        bytes = template::replaced(&bytes, b"{host}", self.site.authority().as_bytes());
        bytes = template::replaced(&bytes, b"{scheme}", self.scheme().as_bytes());
        Message { bytes: template::repeated(&bytes), nonce }
    }

    /// What no other message of any run has.
    pub(crate) fn nonce(&self) -> String {
        format!("{}-{}", self.site.run(), NONCES.fetch_add(1, Ordering::Relaxed))
    }

    /// The target of a path of the probe with a nonce; without the probe that of any request.
    pub(crate) fn target_of(&self, name: &str, nonce: &str) -> String {
        self.site.target(name, nonce)
    }

    /// Where on its connection the message stands.
    pub(crate) fn position(&self) -> Position {
        self.position
    }

    /// Connects, and says nothing yet in HTTP/2.
    pub(super) fn http2_link(&self) -> Result<http2::Link, Lapse> {
        let log = Arc::new(Mutex::new(Transcript::new()));
        self.log.replace(log.clone());
        self.site.connect_http2(log).map_err(|error| no_connection(&error))
    }

    /// How often apps were called for a nonce.
    pub(crate) fn calls_of(&self, nonce: &str) -> Result<u64, Lapse> {
        self.site.count(nonce)
    }

    /// Sends a message on a new connection and reads the answer.
    pub(crate) fn ask(&self, template: impl AsRef<[u8]>) -> Result<Answer, Lapse> {
        let mut link = self.connect()?;
        link.send(&self.message(template).bytes);
        Ok(link.answer(Asked::Whole)?)
    }

    /// Sees that a plain request is answered.
    pub(crate) fn plain_is_answered(&self) -> Judged {
        self.ask(PLAIN).map(drop)
    }

    /// Skips the check where the server takes no POST with a body, as one for files may.
    pub(crate) fn takes_posts(&self) -> Judged {
        let post = "POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello";
        let answer = self.ask(post)?;
        if answer.status < 500 && !is_refusal(&answer) {
            return Ok(());
        }
        let status = answer.status;
        Err(Lapse::Skipped(format!("the server takes no POST here, it answers {status}")))
    }

    /// Skips the check where a POST is answered by anything but a success: then its body is perhaps
    /// not read, and the connection ends within it.
    pub(crate) fn reads_posts(&self) -> Judged {
        let post = "POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello";
        let status = self.ask(post)?.status;
        if (200..300).contains(&status) {
            return Ok(());
        }
        Err(Lapse::Skipped(format!("the server answers a POST by {status} here")))
    }

    /// Skips the check where the server takes no body without a length, as it may.
    pub(crate) fn takes_chunks(&self) -> Judged {
        let post = "POST {target} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n";
        if self.ask(format!("{post}5\r\nhello\r\n0\r\n\r\n"))?.status != 411 {
            return Ok(());
        }
        let why = "the server takes no body without a length, it answers 411";
        Err(Lapse::Skipped(why.to_owned()))
    }

    /// Sends a request to the echo of the probe, and reads what its app saw.
    pub(crate) fn seen(&self, template: impl AsRef<[u8]>) -> Result<Value, Lapse> {
        self.seen_of(&self.message(template).bytes)
    }

    /// Sends bytes that are a request to the echo of the probe, and reads what its app saw.
    pub(crate) fn seen_of(&self, bytes: &[u8]) -> Result<Value, Lapse> {
        let answer = self.answer_to(bytes)?;
        demand(answer.status == 200, || format!("the probe answered {}", answer.status))?;
        serde_json::from_slice(&answer.body)
            .map_err(|error| Lapse::Failed(format!("the echo is no JSON: {error}")))
    }

    /// The bytes of a request for a path of the probe with its query, as `echo/a?b`.
    pub(crate) fn for_probe(&self, method: &str, path: &str, rest: &str) -> Vec<u8> {
        let (target, host) = (self.site.probe_target(path), self.site.authority());
        format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n{rest}").into_bytes()
    }

    /// Sends bytes on a new connection and reads the answer.
    pub(crate) fn answer_to(&self, bytes: &[u8]) -> Result<Answer, Lapse> {
        let mut link = self.connect()?;
        link.send(bytes);
        let asked = if bytes.starts_with(b"HEAD ") { Asked::Head } else { Asked::Whole };
        Ok(link.answer(asked)?)
    }

    /// Sees that the server answers a plain request of another client.
    pub(crate) fn others_are_answered(&self) -> Judged {
        self.site.canary().map_err(|missing| {
            Lapse::Inconclusive(format!("the server answers nobody in time: {missing}"))
        })
    }

    /// The limits that the server tells of itself.
    pub(crate) fn told(&self) -> &Limits {
        self.site.told()
    }

    /// Whether the server answers a plain request of another client in HTTP/2.
    pub(crate) fn canary_in_http2(&self) -> Result<(), Missing> {
        self.site.canary_in_http2()
    }

    /// Whether the server hosts the probe contract.
    pub(crate) fn has_probe(&self) -> bool {
        self.site.has_probe()
    }

    /// Skips the check unless the server claims the feature.
    pub(crate) fn claims(&self, feature: Feature) -> Judged {
        if self.site.claims(feature) {
            return Ok(());
        }
        Err(Lapse::Skipped(match feature {
            Feature::Steps => {
                "the probe does not claim steps: it lacks them, not the server".to_owned()
            }
            feature => format!("the server does not claim the feature {feature}"),
        }))
    }

    /// Fails unless the app was called so often for the message; without the probe nobody knows.
    pub(crate) fn was_called(&self, message: &Message, times: u64) -> Judged {
        if !self.has_probe() {
            return Ok(());
        }
        let counted = self.site.count(&message.nonce)?;
        demand(counted == times, || format!("an app was called {counted} times and not {times}"))
    }

    /// Fails unless an app was called for the message; without the probe nobody knows.
    pub(crate) fn reached_an_app(&self, message: &Message) -> Judged {
        let has_been = !self.has_probe() || self.site.count(&message.nonce)? > 0;
        demand(has_been, || "it was answered, and no app was called".to_owned())
    }

    /// Fails where an app was called with the nonce.
    pub(crate) fn not_called(&self, nonce: &str) -> Judged {
        let counted = if self.has_probe() { self.site.count(nonce)? } else { 0 };
        demand(counted == 0, || "what lies in the body reached an app as a request".to_owned())
    }

    /// What went over the connection that was made last.
    pub(crate) fn transcript(&self) -> Transcript {
        self.log.borrow().lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A server that takes no connection blocks a check; that the suite has no socket is its own fault.
fn no_connection(error: &io::Error) -> Lapse {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, InvalidData, TimedOut,
        UnexpectedEof, WouldBlock,
    };
    let why = format!("no connection: {error}");
    match error.kind() {
        // The last four of them are a handshake of TLS that failed.
        ConnectionAborted | ConnectionRefused | ConnectionReset | TimedOut | BrokenPipe
        | InvalidData | UnexpectedEof | WouldBlock => Lapse::Blocked(why),
        _ => Lapse::Broken(why),
    }
}
