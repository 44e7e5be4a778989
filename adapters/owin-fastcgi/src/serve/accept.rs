//! Takes connections in, as many as there is room for.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::bind::Listener;
use crate::driver::{Driver, Phase, Settings};

/// How long nobody is accepted after the machine could not, as without a free descriptor.
const BACK_OFF: Duration = Duration::from_millis(100);

/// After how long a silence the system asks whether the web server is still there.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// What takes the connections of one listener in.
pub(super) struct Acceptor {
    pub(super) settings: Arc<Settings>,
    pub(super) phase: watch::Receiver<Phase>,
    pub(super) room: Arc<Semaphore>,
    pub(super) allowed: Arc<[IpAddr]>,
}

impl Acceptor {
    /// Accepts until the server stops, then waits for the connections; says how many calls were cut
    /// off.
    pub(super) async fn run(self, listener: Listener) -> usize {
        let mut connections = JoinSet::new();
        let mut phase = self.phase.clone();
        let stopping = async move {
            let _no_server = phase.wait_for(|phase| *phase > Phase::Running).await.map(drop);
        };
        tokio::select! {
            () = self.accept(&listener, &mut connections) => {}
            () = stopping => {}
        }
        drop(listener);
        let mut cut_off = 0;
        while let Some(ended) = connections.join_next().await {
            cut_off += usize::from(ended.unwrap_or(false));
        }
        cut_off
    }

    async fn accept(&self, listener: &Listener, connections: &mut JoinSet<bool>) {
        loop {
            while connections.try_join_next().is_some() {}
            let Ok(permit) = Arc::clone(&self.room).acquire_owned().await else { return };
            let accepted = match listener {
                Listener::Tcp(listener) => listener.accept().await.map(|(stream, peer)| {
                    tune(&stream);
                    let is_allowed =
                        self.allowed.is_empty() || self.allowed.contains(&peer.ip().to_canonical());
                    if is_allowed {
                        connections.spawn(self.serve(stream, permit));
                    } else {
                        tracing::warn!("{peer} is not among those that may connect");
                    }
                }),
                #[cfg(unix)]
                Listener::Unix { listener, .. } => listener
                    .accept()
                    .await
                    .map(|(stream, _)| drop(connections.spawn(self.serve(stream, permit)))),
            };
            if let Err(error) = accepted {
                wait_after(&error).await;
            }
        }
    }

    fn serve(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        permit: impl Send + 'static,
    ) -> impl Future<Output = bool> + Send + 'static {
        let driver = Driver::new(stream, Arc::clone(&self.settings), self.phase.clone());
        async move {
            let was_cut_off = driver.run().await;
            drop(permit);
            was_cut_off
        }
    }
}

/// Small responses go out at once, and a web server that vanished is noticed though nothing is sent.
fn tune(stream: &TcpStream) {
    let probes = TcpKeepalive::new().with_time(KEEPALIVE);
    let _slower = stream.set_nodelay(true);
    let _later = SockRef::from(stream).set_tcp_keepalive(&probes);
}

/// A connection that was gone before it was accepted is nothing; what the machine lacks may be there
/// a moment later.
async fn wait_after(error: &io::Error) {
    let is_the_peers =
        matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset);
    if !is_the_peers {
        tracing::error!("cannot accept connections: {error}");
        tokio::time::sleep(BACK_OFF).await;
    }
}
