//! A small server on threads, right but for its fault.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use owin_conformance::run::Target;

use super::connection::Connection;
use super::faults::Fault;
use crate::family::Spoilt;

/// What all connections of a mutant have.
pub(crate) struct Shared {
    pub(crate) spoilt: Spoilt<Fault>,
    /// How often the app was called with a nonce.
    pub(crate) calls: Mutex<HashMap<String, u64>>,
    address: SocketAddr,
    is_dead: AtomicBool,
}

impl Shared {
    pub(crate) fn fault(&self) -> Option<Fault> {
        self.spoilt.fault()
    }

    /// Stops the server: nobody is accepted any more.
    pub(crate) fn die(&self) {
        self.is_dead.store(true, Ordering::SeqCst);
        let _woken = TcpStream::connect(self.address);
    }
}

/// A server that is broken in one way; dropping it stops it.
pub(crate) struct Server(Arc<Shared>);

impl Server {
    pub(crate) fn start(spoilt: Spoilt<Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (calls, is_dead) = (Mutex::default(), AtomicBool::new(false));
        let shared = Arc::new(Shared { spoilt, calls, address, is_dead });
        let server = Self(Arc::clone(&shared));
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if shared.is_dead.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || Connection::new(stream, shared).serve());
            }
        });
        server
    }

    pub(crate) fn target_of(&self, path: &str) -> Target {
        format!("http://{}{path}", self.0.address).parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.die();
    }
}
