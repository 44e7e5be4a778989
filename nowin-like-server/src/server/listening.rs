//! Listeners of every kind, as the server keeps them.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use owin_core::Address;

use crate::server::accept::Acceptor;
use crate::transport::Listener;

/// A listener whose kind does not matter any more.
pub(super) trait Listening: Send {
    /// Where clients find it.
    fn address(&self) -> Option<Address>;

    /// Serves what it accepts, until the server stops.
    fn serve(self: Box<Self>, acceptor: Acceptor) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

impl<L: Listener> Listening for L {
    fn address(&self) -> Option<Address> {
        Listener::address(self)
    }

    fn serve(self: Box<Self>, acceptor: Acceptor) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let path_base = Listener::address(&*self).map_or_else(String::new, |a| a.path().to_owned());
        Box::pin(acceptor.run(*self, Arc::from(path_base)))
    }
}

/// A listener at an address that is known better than the listener knows it: with a path base.
#[derive(Debug)]
pub(super) struct At<L> {
    pub(super) address: Address,
    pub(super) listener: L,
}

impl<L: Listener> Listener for At<L> {
    type Transport = L::Transport;

    fn accept(&mut self) -> impl Future<Output = io::Result<L::Transport>> + Send {
        self.listener.accept()
    }

    fn accept_waiting(&mut self) -> Option<io::Result<L::Transport>> {
        self.listener.accept_waiting()
    }

    fn address(&self) -> Option<Address> {
        Some(self.address.clone())
    }
}
