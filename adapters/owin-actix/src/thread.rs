//! The thread of the server, on which actix runs whatever runtime the host has.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::io;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive, Request, Response};
use actix_server::{GracefulShutdownSignal, Server, ServerBuilder};
use actix_service::{Service, ServiceFactory, ServiceFactoryExt as _, fn_service};
use owin_core::features::{ConnectionInfo, ServerInfo};
use owin_core::{BoxApp, Error};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::answer::{Answer, Mount};
use crate::body::CallBody;
use crate::connection::Connection;
use crate::line::Socket;
use crate::listeners::{Bound, Listener};
use crate::serve::Times;
use crate::stop::{Phase, Stop};
use crate::transport::Transport;
use crate::worker::Worker;

/// How long apps may tidy up when the deadline of the stop has passed.
const APP_GRACE: Duration = Duration::from_secs(1);

/// How long the threads of actix may take to end after that.
const LAST_GRACE: Duration = Duration::from_secs(2);

/// How long a connection stays after its last answer, so that the client can read that although it
/// has sent more than was read.
const LINGER: Duration = Duration::from_secs(1);

/// actix looks once a second whether a worker has ended; the stop does not wait for that.
const LONGER_THAN_ANY_DEADLINE: u64 = 365 * 24 * 60 * 60;

/// What a server is to do.
pub(crate) struct Plan {
    pub(crate) app: BoxApp,
    pub(crate) info: Arc<ServerInfo>,
    pub(crate) listeners: Vec<Bound>,
    pub(crate) workers: Option<NonZeroUsize>,
    pub(crate) times: Times,
    pub(crate) half_close: bool,
}

/// A server that runs on its thread.
pub(crate) struct Started {
    stopping: oneshot::Sender<Duration>,
    stopped: oneshot::Receiver<Result<(), Error>>,
}

impl Started {
    /// Stops the server, and waits until it has stopped.
    pub(crate) async fn stop(self, deadline: Duration) -> Result<(), Error> {
        let _died_already = self.stopping.send(deadline);
        self.stopped.await.unwrap_or_else(|_| Err(Error::server("the thread of actix has died")))
    }
}

/// Starts the thread, and waits until actix serves.
///
/// # Errors
///
/// Where threads or runtimes cannot be had.
pub(crate) async fn start(plan: Plan) -> Result<Started, Error> {
    let (serving, served) = oneshot::channel();
    let (stopping, stop) = oneshot::channel();
    let (ended, stopped) = oneshot::channel();
    let run = move || {
        let ran = run(plan, serving, stop);
        let _nobody_waits = ended.send(ran);
    };
    let thread = std::thread::Builder::new().name("owin-actix".to_owned());
    thread.spawn(run).map_err(|error| unable(&error))?;
    match served.await {
        Ok(()) => Ok(Started { stopping, stopped }),
        Err(_) => Err(stopped
            .await
            .ok()
            .and_then(Result::err)
            .unwrap_or_else(|| Error::server("actix cannot start: its thread has died"))),
    }
}

fn unable(error: &io::Error) -> Error {
    Error::server(format!("actix cannot start: {error}"))
}

fn run(
    plan: Plan,
    serving: oneshot::Sender<()>,
    stopping: oneshot::Receiver<Duration>,
) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| unable(&error))?;
    runtime.block_on(serve(plan, serving, stopping))
}

async fn serve(
    plan: Plan,
    serving: oneshot::Sender<()>,
    stopping: oneshot::Receiver<Duration>,
) -> Result<(), Error> {
    let stop = Stop::default();
    let (alive, mut workers) = mpsc::channel::<()>(1);
    let mut server = server(plan, &stop, &alive).map_err(|error| unable(&error))?;
    drop(alive);
    // The first look starts the threads, and comes back when all are ready.
    if let Ok(ended) = timeout(Duration::ZERO, &mut server).await {
        return Err(ended.map_or_else(|error| unable(&error), |()| died()));
    }
    let _host_gave_up = serving.send(());
    let deadline = tokio::select! {
        ended = &mut server => {
            tracing::error!("actix has ended by itself");
            return Err(ended.map_or_else(|error| unable(&error), |()| died()));
        }
        deadline = stopping => deadline.unwrap_or_default(),
    };
    stop.enter(Phase::Draining);
    let handle = server.handle();
    let graceful = handle.stop(true);
    let drained = async {
        // Once actix has heard of it nothing is accepted any more.
        tokio::select! {
            _ended = &mut server => {}
            () = graceful => {}
            () = stop.emptied() => {}
        }
    };
    let is_late = timeout(deadline, drained).await.is_err();
    if is_late {
        stop.enter(Phase::Cutting);
        let _tidied = timeout(APP_GRACE, stop.emptied()).await;
    }
    drop(server);
    let has_ended = timeout(LAST_GRACE, workers.recv()).await.is_ok();
    match stop.cut_off() {
        0 if has_ended => Ok(()),
        0 => Err(Error::server("an app blocks a thread of actix, which goes on")),
        1 => Err(Error::server("1 call was cut off when the deadline passed")),
        calls => Err(Error::server(format!("{calls} calls were cut off when the deadline passed"))),
    }
}

fn died() -> Error {
    Error::server("actix has ended by itself")
}

/// What the threads of actix make their services of.
#[derive(Clone)]
struct Recipe {
    app: BoxApp,
    info: Arc<ServerInfo>,
    base: Arc<str>,
    times: Times,
    half_close: bool,
    stop: Stop,
    draining: GracefulShutdownSignal,
    /// There as long as a thread is.
    alive: mpsc::Sender<()>,
}

fn server(plan: Plan, stop: &Stop, alive: &mpsc::Sender<()>) -> io::Result<Server> {
    let mut builder =
        ServerBuilder::new().disable_signals().shutdown_timeout(LONGER_THAN_ANY_DEADLINE);
    if let Some(workers) = plan.workers {
        builder = builder.workers(workers.get().min(512));
    }
    for Bound { address, listener } in plan.listeners {
        let recipe = Recipe {
            app: plan.app.clone(),
            info: Arc::clone(&plan.info),
            base: Arc::from(address.path()),
            times: plan.times,
            half_close: plan.half_close,
            stop: stop.clone(),
            draining: builder.graceful_shutdown_signal(),
            alive: alive.clone(),
        };
        builder = match listener {
            Listener::Tcp(listener) => {
                builder.listen("owin", listener, move || connections(recipe.clone()))?
            }
            Listener::Unix(listener) => {
                builder.listen_uds("owin", listener, move || connections(recipe.clone()))?
            }
        };
    }
    Ok(builder.run())
}

/// What serves the connections of a thread.
fn connections<S: Transport>(
    recipe: Recipe,
) -> impl ServiceFactory<S, Config = (), Response = (), Error = DispatchError, InitError = ()> {
    let (info, stop) = (Arc::clone(&recipe.info), recipe.stop.clone());
    let draining = recipe.draining.clone();
    let http = HttpService::<Socket<S>, Calls, CallBody>::build()
        .keep_alive(KeepAlive::Timeout(recipe.times.keep_alive))
        .client_request_timeout(recipe.times.first_head)
        .client_disconnect_timeout(LINGER)
        .h1_allow_half_closed(recipe.half_close)
        .graceful_shutdown_signal(move || {
            let draining = draining.clone();
            async move { draining.notified().await }
        })
        .on_connect_ext(move |socket: &Socket<S>, data| {
            let facts = socket.facts(ConnectionInfo::new().with_server(Arc::clone(&info)));
            data.insert(Rc::new(Connection::new(facts, socket.line(), &stop)));
        })
        .h1(Calls(recipe));
    fn_service(async |io: S| {
        io.tune();
        let remote = io.remote();
        Ok((Socket::new(io), remote))
    })
    .and_then(http)
}

/// Makes what answers the requests of a thread.
struct Calls(Recipe);

impl ServiceFactory<Request> for Calls {
    type Response = Response<CallBody>;
    type Error = Infallible;
    type Config = ();
    type Service = CallsOfThread;
    type InitError = ();
    type Future = Ready<Result<CallsOfThread, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let worker = Rc::new(Worker::new(&self.0.app, Some(self.0.alive.clone())));
        ready(Ok(CallsOfThread { worker, base: Arc::clone(&self.0.base) }))
    }
}

/// Answers the requests of a thread.
struct CallsOfThread {
    worker: Rc<Worker>,
    base: Arc<str>,
}

impl Service<Request> for CallsOfThread {
    type Response = Response<CallBody>;
    type Error = Infallible;
    type Future = Answered;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, mut request: Request) -> Answered {
        let payload = request.take_payload();
        let connection = request.conn_data::<Rc<Connection>>().cloned();
        let connection = connection
            .unwrap_or_else(|| Rc::new(Connection::of_foreign_server(ConnectionInfo::new())));
        let mount = Mount { worker: &self.worker, base: &self.base, is_secure: false };
        Answered(Answer::to(request.head(), payload, connection, mount))
    }
}

/// The future of a response, which never fails.
struct Answered(Answer);

impl Future for Answered {
    type Output = Result<Response<CallBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(Ok)
    }
}
