//! Accepts connections and serves each in a task of its own.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use owin_core::features::ServerInfo;
use owin_core::{BoxApp, Call};
use tokio_util::task::TaskTracker;

use crate::h1::{Driver, Settings};
use crate::stop::{Phase, Stop};
use crate::transport::{Listener, Transport};

/// How long to wait where the system has no descriptors left.
const BACK_OFF: Duration = Duration::from_millis(100);

/// What every connection of a server needs.
#[derive(Clone, Debug)]
pub(super) struct Acceptor {
    pub(super) app: BoxApp,
    pub(super) server: Arc<ServerInfo>,
    pub(super) settings: Arc<Settings>,
    pub(super) stop: Stop,
    pub(super) connections: TaskTracker,
}

impl Acceptor {
    /// Accepts until the server stops.
    pub(super) async fn run(mut self, mut listener: impl Listener, path_base: Arc<str>) {
        let settings = Arc::new(Settings { path_base, ..Settings::clone(&self.settings) });
        loop {
            let accepted = tokio::select! {
                biased;
                () = self.stop.reached(Phase::Draining) => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok(stream) => self.serve(stream, &settings),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!("cannot accept a connection, trying again: {error}");
                    tokio::time::sleep(BACK_OFF).await;
                }
            }
        }
    }

    fn serve(&self, stream: impl Transport, settings: &Arc<Settings>) {
        let info = stream.info().with_server(Arc::clone(&self.server));
        let call = Call::new(&self.app, Arc::new(info));
        let driver = Driver::new(stream, call, Arc::clone(settings), self.stop.clone());
        self.connections.spawn(async move {
            if let Some(broken) = driver.run().await {
                broken.reset();
            }
        });
    }
}

/// Says whether an error concerns the connection that was to be accepted, and no other: what
/// [`Listener::accept`] promises (accept(2), "Error handling").
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::NotConnected
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::TimedOut
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::Interrupted
            | io::ErrorKind::WouldBlock
    )
}
