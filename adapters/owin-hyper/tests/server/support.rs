//! A server on a free port, and a client that writes bytes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use owin_core::features::Outcome;
use owin_core::{
    App, AppExt, CallCancelled, CancelReason, Environment, Error, Properties, Running, server,
};
use owin_hyper::HyperServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// More than any step of a test takes.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// A server that runs.
pub(crate) struct Started {
    pub(crate) running: Box<dyn Running>,
    pub(crate) socket: SocketAddr,
}

pub(crate) async fn start(app: impl App) -> Started {
    start_at(HyperServer::new(), "http://127.0.0.1:0", app).await
}

pub(crate) async fn start_at(hyper: HyperServer, address: &str, app: impl App) -> Started {
    let mut properties = Properties::new();
    properties.listen_on(address.parse().expect("an address"));
    let running = server::start(Box::new(hyper), properties, |_| Ok(app.boxed()));
    let running = running.await.expect("it starts");
    let bound = &running.addresses()[0];
    let socket = format!("{}:{}", bound.host(), bound.port()).parse().expect("a socket");
    Started { running, socket }
}

impl Started {
    pub(crate) async fn client(&self) -> Client {
        Client(TcpStream::connect(self.socket).await.expect("it listens"))
    }

    /// What comes back for those bytes until the server closes.
    pub(crate) async fn exchange(&self, bytes: &str) -> String {
        let mut client = self.client().await;
        client.send(bytes).await;
        client.rest().await
    }

    pub(crate) async fn stop(self) -> Result<(), Error> {
        timeout(LONG, self.running.stop(Duration::from_secs(10))).await.expect("it stops")
    }
}

/// A client.
pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.expect("it takes bytes");
    }

    /// All that comes until the connection ends, however it does.
    pub(crate) async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let _reset = timeout(LONG, self.0.read_to_end(&mut bytes)).await.expect("an end");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What comes up to and with an end.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        let mut bytes = Vec::new();
        let reading = async {
            while !bytes.ends_with(end.as_bytes()) {
                let byte = self.0.read_u8().await;
                bytes.push(byte.unwrap_or_else(|_| panic!("the end after {bytes:?}")));
            }
        };
        if timeout(LONG, reading).await.is_err() {
            panic!("{end:?} does not come after {:?}", String::from_utf8_lossy(&bytes));
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Goes away without a word: the other end is reset.
    pub(crate) fn reset(self) {
        let socket = socket2::SockRef::from(&self.0);
        socket.set_linger(Some(Duration::ZERO)).expect("a linger");
        drop(self.0);
    }
}

/// What a call tells the world outside of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen(Arc<Mutex<(CallCancelled, Option<Outcome>)>>);

impl Seen {
    pub(crate) fn watch(&self, env: &mut Environment) -> Result<(), Error> {
        let seen = self.clone();
        self.0.lock().expect("no panic").0 = env.request().cancelled().clone();
        env.on_completed(move |outcome| seen.0.lock().expect("no panic").1 = Some(outcome))
    }

    pub(crate) fn reason(&self) -> Option<CancelReason> {
        self.0.lock().expect("no panic").0.reason()
    }

    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.0.lock().expect("no panic").1
    }

    /// Waits until the call is over.
    pub(crate) async fn ended(&self) -> Option<Outcome> {
        eventually(|| self.outcome().is_some()).await;
        self.outcome()
    }

    /// Waits until the token has fired, for a second.
    pub(crate) async fn cancelled(&self) -> Option<CancelReason> {
        let _late = timeout(Duration::from_secs(1), async {
            while self.reason().is_none() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
        .await;
        self.reason()
    }
}

/// Waits until something holds.
pub(crate) async fn eventually(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(LONG, waiting).await.expect("it holds at last");
}
