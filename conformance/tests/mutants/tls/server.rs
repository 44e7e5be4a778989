//! A small server of TLS on threads, right but for its fault.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use owin_conformance::run::Target;

use super::faults::Fault;
use super::front::{Front, Manner};
use super::tunnel::{self, H2, HTTP_11};
use crate::family::Broken;
use crate::family::Spoilt;
use crate::http1;
use crate::http2;

/// A server that is broken in one way; dropping it stops it.
pub(crate) struct Server {
    address: SocketAddr,
    is_dead: Arc<AtomicBool>,
    /// What answers the requests.
    _behind: Box<dyn Send>,
}

impl Server {
    pub(crate) fn start(fault: Option<Fault>) -> Self {
        Self::start_with(fault, false)
    }

    /// One that refuses the twins of what is to be refused too.
    pub(crate) fn start_too_strict() -> Self {
        Self::start_with(None, true)
    }

    fn start_with(fault: Option<Fault>, is_too_strict: bool) -> Self {
        let spoilt = match fault {
            Some(Fault::CutBodyTaken) => Spoilt::By(http1::Fault::BrokenOffTaken),
            _ => Spoilt::Nothing,
        };
        let scheme = if fault == Some(Fault::SchemeIsPlain) { "http" } else { "https" };
        let behind = http1::Server::start_below(spoilt, scheme);
        let manner = Manner { fault, protocol: HTTP_11, is_too_strict };
        Self::before(behind.address(), Box::new(behind), manner)
    }

    /// Before a server of HTTP/2 without a fault, and by ALPN of nothing else.
    pub(crate) fn start_http2() -> Self {
        let behind = (http2::FAMILY.start)(Broken::Not);
        let at = behind.target().authority().parse().unwrap();
        let manner = Manner { fault: None, protocol: H2, is_too_strict: false };
        Self::before(at, Box::new(behind), manner)
    }

    fn before(at: SocketAddr, behind: Box<dyn Send>, manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_dead = Arc::new(AtomicBool::new(false));
        let dead = is_dead.clone();
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if dead.load(Ordering::SeqCst) {
                    return;
                }
                let mut front = Front::new(stream, manner);
                if front.has(Fault::HandshakeHoldsOthersUp) {
                    front.read_hello();
                }
                std::thread::spawn(move || tunnel::serve(front, at));
            }
        });
        Self { address, is_dead, _behind: behind }
    }

    pub(crate) fn target_of(&self, path: &str) -> Target {
        format!("https://{}{path}", self.address).parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_dead.store(true, Ordering::SeqCst);
        let _woken = TcpStream::connect(self.address);
    }
}
