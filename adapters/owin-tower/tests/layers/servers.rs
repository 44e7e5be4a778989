//! The servers that every layer is tried on.

use std::net::SocketAddr;
use std::time::Duration;

use examples::custom_server::CustomServer;
use nowin_like_server::{Limits, NowinServer};
use owin_core::{App, AppExt as _, Properties, Running, Server, server};

/// A server of the table.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) name: &'static str,
    make: fn() -> Box<dyn Server>,
    /// Whether it takes requests of a length that is not known beforehand.
    pub(crate) takes_chunks: bool,
}

/// All of them; one more is one more row.
pub(crate) const STACKS: [Stack; 2] = [
    Stack { name: "nowin", make: || Box::new(nowin()), takes_chunks: true },
    Stack { name: "custom", make: || Box::new(CustomServer), takes_chunks: false },
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
