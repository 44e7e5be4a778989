//! The servers that every layer is tried on.

use std::net::SocketAddr;
use std::time::Duration;

use examples::custom_server::CustomServer;
use nowin_like_server::{Limits, NowinServer};
use owin_core::{App, AppExt as _, Properties, Running, Server, server};
use owin_hyper::HyperServer;
use owin_tiny_http::TinyHttpServer;

/// A server of the table.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) name: &'static str,
    make: fn() -> Box<dyn Server>,
    /// Whether it takes requests of a length that is not known beforehand.
    pub(crate) takes_chunks: bool,
    /// Whether it can answer while it waits for more of the request.
    pub(crate) is_duplex: bool,
}

impl Stack {
    const fn new(name: &'static str, make: fn() -> Box<dyn Server>) -> Self {
        Self { name, make, takes_chunks: true, is_duplex: true }
    }
}

/// All of them; one more is one more row.
pub(crate) const STACKS: [Stack; 4] = [
    Stack::new("nowin", || Box::new(nowin())),
    Stack { takes_chunks: false, ..Stack::new("custom", || Box::new(CustomServer)) },
    Stack { is_duplex: false, ..Stack::new("tiny-http", || Box::new(TinyHttpServer::new())) },
    Stack::new("hyper", || Box::new(HyperServer::new())),
];

/// The reference server, which does not wait long for an app whose client has gone.
fn nowin() -> NowinServer {
    let mut limits = Limits::edge();
    limits.app_grace = Duration::from_millis(50);
    NowinServer::new().with_limits(limits).unwrap()
}

/// A server that runs.
pub(crate) struct Started {
    running: Box<dyn Running>,
    pub(crate) socket: SocketAddr,
}

impl Stack {
    /// Starts an app on a free port of the loopback address.
    pub(crate) async fn start(&self, app: impl App) -> Started {
        let mut properties = Properties::new();
        properties.listen_on("http://127.0.0.1:0".parse().unwrap());
        let app = app.boxed();
        let running = server::start((self.make)(), properties, |_| Ok(app)).await.unwrap();
        let socket = running.addresses().first().unwrap().sockets().unwrap().remove(0);
        Started { running, socket }
    }
}

impl Started {
    /// Stops; calls that a test has left hanging are cut off.
    pub(crate) async fn stop(self) {
        let _cut_off = self.running.stop(Duration::ZERO).await;
    }
}
