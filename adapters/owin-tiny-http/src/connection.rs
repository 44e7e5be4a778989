//! The connection of a request: what ends it, and what keeps the rest of it from being answered.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::lanes::{Key, Lanes};
use crate::listen::Asked;
use crate::peer::Peer;

/// The connection that a request came by. Once it is over its address may be another one's, which is
/// left alone.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    lanes: Arc<Lanes<Asked>>,
    key: Key,
    peer: Peer,
}

impl Connection {
    pub(crate) fn new(lanes: &Arc<Lanes<Asked>>, key: Key, peer: Peer) -> Self {
        Self { lanes: Arc::clone(lanes), key, peer }
    }

    pub(crate) fn client(&self) -> SocketAddr {
        self.key.client
    }

    /// Whether another request of it has come already.
    pub(crate) fn has_waiting(&self) -> bool {
        self.lanes.has_waiting(self.key)
    }

    /// Sees to it that nothing more of it is answered, for as long as it lasts.
    pub(crate) fn break_up(&self) {
        drop(self.lanes.break_up(self.key));
    }

    /// The same behind its last answer. Where tiny_http takes no more requests of it and lets it go, it
    /// is forgotten.
    pub(crate) fn leave(&self, closes: bool) {
        if closes { self.lanes.close(self.key) } else { self.break_up() }
    }

    /// Ends it behind what was written; `false` where it was not found.
    pub(crate) fn finish(&self) -> bool {
        let known = |socket| self.lanes.has_socket(self.key, socket);
        !self.lanes.is_anothers(self.key) && self.peer.finish(known)
    }

    /// Breaks it off, so that what was sent does not look whole; `false` where it was not found.
    pub(crate) fn reset(&self) -> bool {
        !self.lanes.is_anothers(self.key) && self.peer.reset()
    }

    /// Waits until the client has reset it; for ever, where nobody can tell.
    pub(crate) fn has_reset(&self) -> impl Future<Output = ()> + use<> {
        self.peer.has_reset()
    }
}
