//! On which threads connections are served.

use std::num::NonZeroUsize;
use std::thread;

use owin_core::Error;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::NowinServer;
use crate::server::accept::Acceptor;
use crate::server::bind::Bound;
use crate::stop::Phase;

/// On which threads connections are served.
///
/// ```
/// use nowin_like_server::{NowinServer, Runtimes};
///
/// let server = NowinServer::new().with_runtimes(Runtimes::per_core());
/// # drop(server);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Runtimes {
    /// On the runtime that the server is started on, and all of its threads: what is busy on one
    /// thread is helped out by another.
    #[default]
    Shared,
    /// On so many threads of their own, each with a runtime of a single thread.
    ///
    /// Each has a socket of its own for every IP address (`SO_REUSEPORT`), and the system shares the
    /// connections out; other sockets are accepted from by all of them. A connection stays on its
    /// thread, and so does what its app spawns: an app that blocks holds up every connection of its
    /// thread, and what still runs when the server has stopped is dropped. A listener of your own is
    /// served on the runtime that the server is started on.
    PerCore(NonZeroUsize),
}

impl Runtimes {
    /// As many threads as the process may use at once; one where the system cannot tell.
    #[must_use]
    pub fn per_core() -> Self {
        Self::PerCore(thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }
}

impl NowinServer {
    /// Chooses on which threads connections are served; at first [`Runtimes::Shared`].
    #[must_use]
    pub fn with_runtimes(mut self, runtimes: Runtimes) -> Self {
        self.runtimes = runtimes;
        self
    }
}

/// Starts a thread for each set of sockets, and waits until all of them accept.
///
/// The threads end by themselves: once the server stops and its last connection is over, or once
/// whoever may stop it is gone.
pub(super) async fn spawn(sets: Vec<Vec<Bound>>, acceptor: &Acceptor) -> Result<(), Error> {
    let mut started = Vec::new();
    for (number, bound) in sets.into_iter().enumerate() {
        let (told, hears) = oneshot::channel();
        let acceptor = acceptor.clone();
        let thread = thread::Builder::new().name(format!("nowin-{number}"));
        let spawned = thread.spawn(move || run(bound, acceptor, told));
        drop(spawned.map_err(cannot_start)?);
        started.push(hears);
    }
    for hears in started {
        let lost = |_| Err(Error::server("a thread of the server ended before it served"));
        hears.await.unwrap_or_else(lost)?;
    }
    Ok(())
}

/// The life of a thread.
fn run(bound: Vec<Bound>, mut acceptor: Acceptor, told: oneshot::Sender<Result<(), Error>>) {
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _gave_up = told.send(Err(cannot_start(error)));
            return;
        }
    };
    runtime.block_on(async move {
        let listening: Result<Vec<_>, Error> =
            bound.into_iter().map(Bound::into_listening).collect();
        let connections = acceptor.connections.clone();
        let started = listening.map(|listening| {
            for listener in listening {
                drop(connections.spawn(listener.serve(acceptor.clone())));
            }
        });
        if told.send(started).is_err() {
            return;
        }
        acceptor.stop.reached(Phase::Draining).await;
        connections.close();
        connections.wait().await;
    });
}

fn cannot_start(error: std::io::Error) -> Error {
    Error::server("cannot start a thread of the server").with_source(error)
}
