//! Accepts connections and serves each in a task of its own.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use owin_core::features::{ConnectionInfo, ServerInfo};
use tokio_util::task::TaskTracker;

use crate::h1::{Calls, Driver, Settings};
use crate::observe::{Reason, Watch};
use crate::server::admission::{Admission, Full, Ticket};
use crate::server::back_off::BackOff;
use crate::server::overflow::Overflow;
use crate::stop::{Phase, Stop};
use crate::transport::{Listener, Transport};

/// How many connections are accepted before the other tasks have their turn.
const ACCEPTS_PER_TURN: usize = 64;

/// The most connections that are taken in when the server stops to accept: as many as a system lets
/// wait (`net.core.somaxconn`). Where nothing keeps others from coming, it would go on for ever.
const MAX_WAITING: usize = 4096;

/// What every connection of a server needs.
#[derive(Clone, Debug)]
pub(super) struct Acceptor {
    pub(super) calls: Arc<Calls>,
    pub(super) server: Arc<ServerInfo>,
    pub(super) settings: Arc<Settings>,
    pub(super) watch: Watch,
    pub(super) stop: Stop,
    pub(super) connections: TaskTracker,
    pub(super) admission: Admission,
    pub(super) overflow: Overflow,
}

impl Acceptor {
    /// Accepts until the server stops.
    pub(super) async fn run(mut self, mut listener: impl Listener, path_base: Arc<str>) {
        let settings = Arc::new(Settings { path_base, ..Settings::clone(&self.settings) });
        let mut back_off = BackOff::default();
        let mut turn = 0;
        loop {
            let accepted = tokio::select! {
                biased;
                () = self.stop.reached(Phase::Draining) => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok(stream) => {
                    back_off.reset();
                    self.admit(stream, &settings);
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    if !back_off.is_growing() {
                        tracing::warn!("cannot accept connections for now: {error}");
                    }
                    self.pause(back_off.grow()).await;
                }
            }
            turn += 1;
            if turn == ACCEPTS_PER_TURN {
                turn = 0;
                tokio::task::yield_now().await;
            }
        }
        if !self.stop.has_reached(Phase::Aborting) {
            self.admit_waiting(&mut listener, &settings).await;
        }
    }

    /// Takes in who has connected already: those are told that the connection closes, but answered.
    async fn admit_waiting(&self, listener: &mut impl Listener, settings: &Arc<Settings>) {
        let mut left = MAX_WAITING;
        // Between the two looks the runtime hears of what came last.
        for _look in 0..2 {
            while let Some(accepted) = listener.accept_waiting() {
                match accepted {
                    Ok(stream) => self.admit(stream, settings),
                    Err(error) if is_of_one_connection(&error) => {}
                    Err(error) => {
                        return tracing::warn!("cannot accept those who wait: {error}");
                    }
                }
                left -= 1;
                if left == 0 {
                    return;
                }
                if left.is_multiple_of(ACCEPTS_PER_TURN) {
                    tokio::task::yield_now().await;
                }
            }
            tokio::task::yield_now().await;
        }
    }

    /// Waits, but no longer than until a connection is over: that gives a descriptor back.
    async fn pause(&mut self, pause: Duration) {
        let freed = self.admission.freed();
        tokio::select! {
            () = self.stop.reached(Phase::Draining) => {}
            () = freed => {}
            () = tokio::time::sleep(pause) => {}
        }
    }

    fn admit(&self, stream: impl Transport, settings: &Arc<Settings>) {
        let info = stream.info();
        match self.admission.admit(info.remote().map(|remote| remote.ip())) {
            Ok(ticket) => self.serve(stream, info, ticket, settings),
            Err(full) => {
                let reason = match full {
                    Full::Server => Reason::TooManyConnections,
                    Full::Address => Reason::TooManyFromAddress,
                };
                self.watch.refuse(reason, &info, &[]);
                self.overflow.answer(stream, &self.connections);
            }
        }
    }

    fn serve(
        &self,
        stream: impl Transport,
        info: ConnectionInfo,
        ticket: Ticket,
        settings: &Arc<Settings>,
    ) {
        let info = Arc::new(info.with_server(Arc::clone(&self.server)));
        let (calls, settings) = (Arc::clone(&self.calls), Arc::clone(settings));
        let watched = self.watch.open(info);
        let driver = Driver::new(stream, calls, settings, self.stop.clone(), watched);
        self.connections.spawn(Box::new(driver).run(ticket));
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
