//! The servers of tiny_http, one for each socket, and what takes requests from them.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{io, thread};

use http::StatusCode;
use owin_core::features::{ConnectionInfo, ServerInfo};
use owin_core::{BoxApp, Error};
use socket2::SockRef;
use tiny_http::{Request, Server};
use tokio::sync::oneshot;

use crate::connection::Connection;
use crate::lanes::{Admitted, Lanes, Turn};
use crate::nudge::{CONNECT, Nudge, reachable};
use crate::peer::{Look, Peer, finish_all, is_shared};
use crate::pool::Pool;
use crate::request::{Lengths, closes, discard, refuse};
use crate::stop::{Phase, Stop};

/// An address that the server listens on.
#[derive(Debug)]
pub(crate) struct Site {
    /// The path base, without a slash at its end.
    pub(crate) base: String,
    pub(crate) local: SocketAddr,
    pub(crate) look: Look,
}

impl Site {
    /// A connection that was accepted here.
    pub(crate) fn peer(&self, client: SocketAddr) -> Peer {
        Peer { look: self.look, local: self.local, client }
    }
}

/// What all threads of the server share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) app: BoxApp,
    pub(crate) info: Arc<ServerInfo>,
    pub(crate) lanes: Arc<Lanes<Asked>>,
    pub(crate) stop: Arc<Stop>,
    pub(crate) lengths: Lengths,
    /// Connections to ourselves, which say that all before them were accepted.
    marks: Mutex<HashMap<SocketAddr, oneshot::Sender<()>>>,
}

/// A request that counts as under way until it is dropped, and is never answered by accident.
#[derive(Debug)]
pub(crate) struct Asked {
    request: Option<Request>,
    pub(crate) site: Arc<Site>,
    stop: Arc<Stop>,
    max_length_bytes: u64,
}

impl Asked {
    /// Takes the request itself, once.
    pub(crate) fn take(&mut self) -> Option<Request> {
        self.request.take()
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let Some(request) = self.request.take() {
            discard(request, self.max_length_bytes);
        }
        self.stop.gone();
    }
}

impl Shared {
    pub(crate) fn new(app: BoxApp, info: Arc<ServerInfo>, lengths: Lengths) -> Self {
        Self {
            app,
            info,
            lanes: Arc::new(Lanes::new()),
            stop: Arc::new(Stop::new()),
            lengths,
            marks: Mutex::default(),
        }
    }

    /// Answers a request that no app sees, the last one of its connection.
    pub(crate) fn refuse(&self, connection: Connection, request: Request, status: StatusCode) {
        connection.leave(closes(&request));
        refuse(request, status, self.lengths.max_bytes, connection);
    }

    fn marks(&self) -> std::sync::MutexGuard<'_, HashMap<SocketAddr, oneshot::Sender<()>>> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One socket that is listened on.
#[derive(Debug)]
pub(crate) struct Listening {
    socket: TcpListener,
    site: Arc<Site>,
    shared: Arc<Shared>,
    pool: Arc<Pool<Turn<Asked>>>,
    nudge: Nudge,
    /// One, and another for each time that accepting failed.
    servers: Mutex<Servers>,
}

#[derive(Default)]
struct Servers(Vec<Arc<Server>>);

impl std::fmt::Debug for Servers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Servers({})", self.0.len())
    }
}

/// Binds a socket; nothing is accepted yet.
pub(crate) fn bind(
    to: SocketAddr,
    write_timeout: Duration,
) -> io::Result<(TcpListener, SocketAddr)> {
    let socket = TcpListener::bind(to)?;
    // tiny_http does neither; what is accepted takes both over from the listener where the system is
    // Linux.
    SockRef::from(&socket).set_tcp_nodelay(true)?;
    SockRef::from(&socket).set_write_timeout(Some(write_timeout))?;
    let bound = socket.local_addr()?;
    Ok((socket, bound))
}

impl Listening {
    /// Begins to accept.
    pub(crate) fn start(
        socket: TcpListener,
        site: Site,
        shared: &Arc<Shared>,
        pool: &Arc<Pool<Turn<Asked>>>,
    ) -> Result<Arc<Self>, Error> {
        let nudge = Nudge::start(site.local, &shared.stop)?;
        let listening = Arc::new(Self {
            socket,
            nudge,
            site: Arc::new(site),
            shared: Arc::clone(shared),
            pool: Arc::clone(pool),
            servers: Mutex::default(),
        });
        Self::serve(&listening)?;
        Ok(listening)
    }

    fn servers(&self) -> std::sync::MutexGuard<'_, Servers> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a server of tiny_http, and a thread that takes requests from it.
    fn serve(this: &Arc<Self>) -> Result<(), Error> {
        let socket = this.socket.try_clone()?;
        let server = Server::from_listener(socket, None)
            .map_err(|error| Error::server("tiny_http does not start").with_source(error))?;
        let server = Arc::new(server);
        this.servers().0.push(Arc::clone(&server));
        let listening = Arc::clone(this);
        let builder = thread::Builder::new().name("owin-tiny-http-take".to_owned());
        let _detached = builder.spawn(move || listening.take_from(&server))?;
        Ok(())
    }

    /// Whether the thread of tiny_http that accepts is alive, as far as can be seen: it panics when
    /// the last descriptor of the process goes to a connection.
    pub(crate) fn is_accepting(&self) -> bool {
        is_shared(self.site.look, &self.socket)
    }

    /// Accepts again, by another server of tiny_http; the connections of the one before go on.
    pub(crate) fn revive(self: &Arc<Self>) {
        tracing::error!("nobody accepts any more; trying again");
        if let Err(error) = Self::serve(self) {
            tracing::error!(%error, "cannot accept; trying again soon");
        }
    }

    fn take_from(self: Arc<Self>, server: &Server) {
        loop {
            match server.recv() {
                Ok(request) => self.take(request),
                Err(_) if self.shared.stop.phase() == Phase::Over => return,
                // The listener was closed on purpose; connections go on.
                Err(_) if self.shared.stop.phase() > Phase::Serving => {}
                // tiny_http accepts no more; the connections that it has go on.
                Err(error) => tracing::error!(%error, "cannot accept; trying again soon"),
            }
        }
    }

    /// Gives a request to whoever has time, when it is its turn.
    fn take(&self, request: Request) {
        let shared = &self.shared;
        let Some(client) = request.remote_addr().copied() else {
            return discard(request, shared.lengths.max_bytes);
        };
        if let Some(mark) = shared.marks().remove(&client) {
            // Whoever waited for it may have given up.
            let _given_up = mark.send(());
            return discard(request, shared.lengths.max_bytes);
        }
        shared.stop.come();
        let asked = Asked {
            request: Some(request),
            site: Arc::clone(&self.site),
            stop: Arc::clone(&shared.stop),
            max_length_bytes: shared.lengths.max_bytes,
        };
        let peer = self.site.peer(client);
        shared.lanes.look_again(client, || peer.socket());
        match shared.lanes.admit(client, asked, || self.info(client)) {
            Admitted::Waits => {}
            Admitted::Unwanted(asked) => drop(asked),
            Admitted::Now(turn) => {
                if turn.number == 0 {
                    self.nudge.ring();
                }
                let Err(mut turn) = self.pool.push(turn) else { return };
                if let Some(request) = turn.request.take() {
                    let connection = Connection::new(&shared.lanes, turn.key, peer);
                    shared.refuse(connection, request, StatusCode::SERVICE_UNAVAILABLE);
                }
                drop(shared.lanes.done(turn.key));
            }
        }
    }

    fn info(&self, client: SocketAddr) -> ConnectionInfo {
        let info = ConnectionInfo::new().with_server(Arc::clone(&self.shared.info));
        let info = info.with_remote(client);
        // Which address of many a client connected to tiny_http does not say.
        let local = self.site.local;
        if local.ip().is_unspecified() { info } else { info.with_local(local) }
    }

    /// Waits until everybody who connected before was accepted, then accepts nobody any more.
    pub(crate) async fn close(&self) {
        if let Err(error) = self.wait_for_the_queue().await {
            tracing::debug!(%error, "cannot tell whether all were accepted");
        }
        self.shut();
    }

    /// Accepts nobody any more.
    fn shut(&self) {
        // Elsewhere than on Linux a listener cannot be shut down; it then closes with the last of its
        // servers.
        if let Err(error) = SockRef::from(&self.socket).shutdown(Shutdown::Both) {
            tracing::debug!(%error, "the listener is not shut down");
        }
    }

    /// Connections are accepted in their order, so one of our own comes last.
    async fn wait_for_the_queue(&self) -> io::Result<()> {
        let mut stream = TcpStream::connect_timeout(&reachable(self.site.local), CONNECT)?;
        let (mark, seen) = oneshot::channel();
        let _none = self.shared.marks().insert(stream.local_addr()?, mark);
        stream.write_all(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")?;
        let _late = tokio::time::timeout(CONNECT, seen).await;
        Ok(())
    }

    /// Reads nothing any more but what has come already.
    pub(crate) fn read_no_more(&self) {
        finish_all(self.site.look, self.site.local, Shutdown::Read);
    }

    /// Ends the connections, the threads that take requests, and with them the servers.
    pub(crate) fn end(&self) {
        self.shut();
        finish_all(self.site.look, self.site.local, Shutdown::Both);
        for server in std::mem::take(&mut *self.servers()).0 {
            server.unblock();
        }
    }
}
