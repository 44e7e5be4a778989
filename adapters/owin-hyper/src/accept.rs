//! Accepts connections and serves each in a task of its own.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use owin_core::BoxApp;
use owin_core::features::{ConnectionInfo, ServerInfo};
use owin_http::{Calls, Framing, Unfinished};
use tokio::net::{TcpListener, TcpStream};

use crate::io::Io;
use crate::serve::serve;
use crate::service::{AppService, Mount};
use crate::stop::{Phase, Stop};
use crate::turn_away::turn_away;

/// How many connections are accepted before the other tasks have their turn.
const ACCEPTS_PER_TURN: usize = 64;

/// The first pause where no connection can be accepted, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(640));

/// The most connections that are taken in when the server stops to accept: as many as a system lets
/// wait.
const MAX_WAITING: usize = 4096;

/// What every connection of a listener needs.
#[derive(Clone)]
pub(crate) struct Acceptor {
    pub(crate) app: BoxApp,
    pub(crate) server: Arc<ServerInfo>,
    pub(crate) finisher: Arc<dyn Fn(Unfinished) + Send + Sync>,
    pub(crate) mount: Mount,
    pub(crate) period: Duration,
    pub(crate) stop: Stop,
}

impl Acceptor {
    /// Accepts until the server stops, and then who has connected already.
    pub(crate) async fn run(self, listener: TcpListener) {
        let mut listening = self.stop.listener();
        let mut pause = None;
        let mut turn = 0;
        loop {
            let accepted = tokio::select! {
                biased;
                () = listening.reached(Phase::Draining) => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    pause = None;
                    self.serve(stream);
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    let wait = next_pause(&mut pause, &error);
                    tokio::select! {
                        () = listening.reached(Phase::Draining) => {}
                        () = tokio::time::sleep(wait) => {}
                    }
                }
            }
            turn += 1;
            if turn == ACCEPTS_PER_TURN {
                turn = 0;
                tokio::task::yield_now().await;
            }
        }
        self.serve_waiting(&listener).await;
    }

    /// Takes in who waits to be accepted: they have been answered by the system already.
    async fn serve_waiting(&self, listener: &TcpListener) {
        let _others_may_come = turn_away(&socket2::SockRef::from(listener));
        let mut left = MAX_WAITING;
        // Between the two looks the runtime hears of what came last.
        for _look in 0..2 {
            let next = || listener.poll_accept(&mut Context::from_waker(Waker::noop()));
            while let (1.., Poll::Ready(accepted)) = (left, next()) {
                left -= 1;
                match accepted {
                    Ok((stream, _)) => self.serve(stream),
                    Err(error) if is_of_one_connection(&error) => {}
                    Err(_) => return,
                }
            }
            tokio::task::yield_now().await;
        }
    }

    fn serve(&self, stream: TcpStream) {
        let mut info = ConnectionInfo::new().with_server(Arc::clone(&self.server));
        let (Ok(remote), Ok(local)) = (stream.peer_addr(), stream.local_addr()) else { return };
        info = info.with_remote(remote).with_local(local);
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let (io, line) = Io::new(stream);
        let calls = Calls::finished_by(&self.app, info, Arc::clone(&self.finisher));
        let calls = calls.with_framing(Framing::ByBody);
        let service = AppService::of_server(calls, line, self.mount.clone(), self.stop.clone());
        self.stop.spawn(serve(io, service, self.period));
    }
}

/// The pause before the next try; they double while nothing gets better.
fn next_pause(pause: &mut Option<Duration>, error: &io::Error) -> Duration {
    if pause.is_none() {
        tracing::warn!("cannot accept connections for now: {error}");
    }
    let next = pause.map_or(PAUSES.0, |last| (last * 2).min(PAUSES.1));
    *pause = Some(next);
    next
}

/// Says whether an error concerns the connection that was to be accepted, and no other (accept(2),
/// "Error handling").
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::NotConnected
            | io::ErrorKind::TimedOut
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::Interrupted
    )
}
