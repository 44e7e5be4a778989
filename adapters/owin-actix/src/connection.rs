//! What is known of a connection, from its first call to its last.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Context;

use actix_http::Extensions;
use owin_core::CancelReason;
use owin_core::features::{ConnectionInfo, ServerInfo};
use tokio::net::{TcpStream, UnixStream};

use crate::line::Line;
use crate::stop::{Phase, Stop, Watch};
use crate::transport::Transport;

/// A connection, as its calls see it.
pub(crate) struct Connection {
    info: Arc<ConnectionInfo>,
    /// How many calls there were.
    calls: Cell<u64>,
    /// The way to the socket, where it is ours.
    line: Option<Rc<dyn Line>>,
    /// What the server says of its end, where it is ours.
    watch: Option<RefCell<Watch>>,
}

impl Connection {
    /// A connection of a server that is not ours.
    pub(crate) fn of_foreign_server(info: ConnectionInfo) -> Self {
        Self { info: Arc::new(info), calls: Cell::new(0), line: None, watch: None }
    }

    pub(crate) fn new(info: ConnectionInfo, line: Rc<dyn Line>, stop: &Stop) -> Self {
        let watch = Some(RefCell::new(Watch::new(stop)));
        Self { info: Arc::new(info), calls: Cell::new(0), line: Some(line), watch }
    }

    pub(crate) fn info(&self) -> &Arc<ConnectionInfo> {
        &self.info
    }

    pub(crate) fn line(&self) -> Option<&dyn Line> {
        self.line.as_deref()
    }

    /// The number of the next call.
    pub(crate) fn next_number(&self) -> u64 {
        self.calls.replace(self.calls.get() + 1)
    }

    /// How far the stop of the server is; the task is woken when it goes on.
    pub(crate) fn poll_phase(&self, cx: &mut Context<'_>) -> Phase {
        self.watch.as_ref().map_or(Phase::Serving, |watch| watch.borrow_mut().poll(cx))
    }

    /// Counts a call that did not end before the deadline of the stop.
    pub(crate) fn count_cut_off(&self) {
        if let Some(watch) = &self.watch {
            watch.borrow().stop().count_cut_off();
        }
    }

    /// Why a call is given up of which actix wants no more.
    pub(crate) fn reason(&self) -> CancelReason {
        let phase = self.watch.as_ref().map(|watch| watch.borrow().stop().phase());
        if phase == Some(Phase::Cutting) {
            CancelReason::Shutdown
        } else {
            CancelReason::PeerClosed
        }
    }
}

/// What [`on_connect`] keeps for the calls of a connection.
pub(crate) struct Facts(RefCell<Option<ConnectionInfo>>, RefCell<Option<Rc<Connection>>>);

/// Makes one [`ConnectionInfo`] for each connection of an actix-web server:
/// `HttpServer::new(…).on_connect(owin_actix::on_connect)`, before `bind`.
///
/// Without it a mounted app gets facts of its own with each call: `server.ConnectionId` then differs
/// from call to call. Connections with TLS are not known to it.
///
/// ```no_run
/// use actix_web::{App, HttpServer};
/// use owin_core::{AppExt, Environment, Error};
///
/// # async fn example() -> std::io::Result<()> {
/// let app = (async |env: Environment| -> Result<Environment, Error> { Ok(env) }).boxed();
/// HttpServer::new(move || App::new().service(owin_actix::service(&app)))
///     .on_connect(owin_actix::on_connect)
///     .bind(("127.0.0.1", 8080))?
///     .run()
///     .await
/// # }
/// ```
pub fn on_connect(io: &dyn Any, data: &mut Extensions) {
    let tcp = io.downcast_ref::<TcpStream>().map(|io| io.facts(ConnectionInfo::new()));
    let unix = || io.downcast_ref::<UnixStream>().map(|io| io.facts(ConnectionInfo::new()));
    if let Some(info) = tcp.or_else(unix) {
        data.insert(Facts(RefCell::new(Some(info)), RefCell::default()));
    }
}

/// The connection of a mounted app, where [`on_connect`] has seen it.
pub(crate) fn seen(data: Option<&Facts>, server: &Arc<ServerInfo>) -> Option<Rc<Connection>> {
    let Facts(info, connection) = data?;
    if let Some(info) = info.take() {
        let info = info.with_server(Arc::clone(server));
        *connection.borrow_mut() = Some(Rc::new(Connection::of_foreign_server(info)));
    }
    connection.borrow().clone()
}
