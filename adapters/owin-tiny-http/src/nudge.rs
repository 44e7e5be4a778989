//! Connections of our own that get those of others going.
//!
//! tiny_http has idle threads for connections, and counts one as idle until it has woken up. Of two
//! connections that come within that moment the second one is left in a queue, where nobody takes it
//! until some thread has done with a connection of its own. One that comes later and ends at once
//! brings such a thread.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;
use std::{io, thread};

use crate::stop::{Phase, Stop};

/// How long a connection to ourselves may take.
pub(crate) const CONNECT: Duration = Duration::from_secs(1);

/// How soon after a connection of a client one of ours follows. Each gets one going that was left; those
/// that come are followed again.
const SOON: Duration = Duration::from_millis(10);

/// How often one follows where nobody was seen for long: who was left may be alone with others that say
/// nothing.
const SELDOM: Duration = Duration::from_secs(5);

/// Says that a client has connected.
#[derive(Debug)]
pub(crate) struct Nudge(SyncSender<()>);

impl Nudge {
    /// Starts the thread that connects, which ends with this or when the server stops.
    ///
    /// # Errors
    ///
    /// Where the system gives no thread.
    pub(crate) fn start(local: SocketAddr, stop: &Arc<Stop>) -> io::Result<Self> {
        let (bell, rung) = sync_channel(1);
        let (to, stop) = (reachable(local), Arc::clone(stop));
        let builder = thread::Builder::new().name("owin-tiny-http-nudge".to_owned());
        let _detached = builder.spawn(move || {
            follow(&rung, || {
                let is_serving = stop.phase() == Phase::Serving;
                if is_serving && let Err(error) = TcpStream::connect_timeout(&to, CONNECT) {
                    tracing::debug!(%error, "cannot connect to ourselves");
                }
                is_serving
            });
        })?;
        Ok(Self(bell))
    }

    /// Says that a client has connected; who did so a moment before is meant, too.
    pub(crate) fn ring(&self) {
        // One that has not been heard yet is enough.
        let _rings_already = self.0.try_send(());
    }
}

/// Connects behind each ring, and then ever more seldom, as long as it may.
fn follow(rung: &Receiver<()>, mut connect: impl FnMut() -> bool) {
    let mut pause = SELDOM;
    loop {
        pause = match rung.recv_timeout(pause) {
            Ok(()) => {
                thread::sleep(SOON);
                SOON
            }
            Err(RecvTimeoutError::Timeout) => longer(pause),
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if !connect() {
            return;
        }
    }
}

/// The pause after one in which nobody came.
fn longer(pause: Duration) -> Duration {
    SELDOM.min(pause * 2)
}

/// Where a socket that is listened on is reached from here.
pub(crate) fn reachable(local: SocketAddr) -> SocketAddr {
    let ip = match local.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, local.port())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn who_has_connected_is_followed_until_the_server_stops() {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let stop = Arc::new(Stop::new());
        let nudge = Nudge::start(listener.local_addr().unwrap(), &stop).unwrap();
        nudge.ring();
        nudge.ring();
        for _ in 0..3 {
            let (stream, _) = listener.accept().unwrap();
            assert_eq!(io::Read::read(&mut &stream, &mut [0]).unwrap(), 0, "it ends at once");
        }
        stop.enter(Phase::Draining);
        while nudge.0.send(()).is_ok() {}
    }

    #[test]
    fn where_nobody_comes_it_is_done_ever_more_seldom() {
        let mut pauses = vec![SOON];
        while let Some(pause) = pauses.last().filter(|pause| **pause < SELDOM) {
            pauses.push(longer(*pause));
        }
        assert_eq!(pauses.len(), 10, "{pauses:?}");
        assert_eq!(longer(SELDOM), SELDOM);
    }

    #[test]
    fn it_ends_where_nobody_can_ring_any_more() {
        let (bell, rung) = sync_channel(1);
        let mut times = 0;
        bell.send(()).unwrap();
        drop(bell);
        follow(&rung, || {
            times += 1;
            true
        });
        assert_eq!(times, 1);
    }
}
