//! Accepts connections and serves each in a task of its own.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use owin_core::features::{ConnectionInfo, ServerInfo};
use owin_core::{BoxApp, Call, Error};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use crate::h1::{Driver, Settings};
use crate::server::bind::Bound;
use crate::stop::Stop;

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
    pub(super) fn run(
        self,
        bound: Bound,
    ) -> Result<impl Future<Output = ()> + Send + 'static, Error> {
        let listener = TcpListener::from_std(bound.socket).map_err(|error| {
            Error::server(format!("cannot listen on {}", bound.address)).with_source(error)
        })?;
        let path_base: Arc<str> = Arc::from(bound.address.path());
        Ok(self.accept_all(listener, path_base))
    }

    async fn accept_all(mut self, listener: TcpListener, path_base: Arc<str>) {
        loop {
            let accepted = tokio::select! {
                biased;
                () = self.stop.draining() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => self.serve(stream, &path_base),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!("cannot accept a connection, trying again: {error}");
                    tokio::time::sleep(BACK_OFF).await;
                }
            }
        }
    }

    fn serve(&self, stream: TcpStream, path_base: &Arc<str>) {
        let (Ok(remote), Ok(local)) = (stream.peer_addr(), stream.local_addr()) else {
            // It went away between the accept and now.
            return;
        };
        // Small responses go out in one write each; waiting for more would only delay them.
        let _kept_as_it_was = stream.set_nodelay(true);
        let info = ConnectionInfo::new().with_server(Arc::clone(&self.server));
        let info = info.with_remote(remote).with_local(local);
        let call = Call::new(&self.app, Arc::new(info));
        let settings = Arc::clone(&self.settings);
        let driver = Driver::new(stream, call, settings, Arc::clone(path_base), self.stop.clone());
        self.connections.spawn(async move {
            if let Some(broken) = driver.run().await {
                let _gone_already = broken.set_zero_linger();
            }
        });
    }
}

/// Says whether an error concerns the connection that was to be accepted, and no other.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}
