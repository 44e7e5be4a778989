//! The server: binds, starts actix on a thread of its own, stops it.

use std::num::NonZeroUsize;
use std::time::Duration;

use owin_core::{BoxApp, Error, Properties, Running, Server, async_trait, server};

use crate::capabilities::{NAME, capabilities};
use crate::listeners;
use crate::thread::{self, Plan};

/// actix as an OWIN server, not yet started: HTTP/1.1 by actix-http, threads by actix-server, and no
/// router.
///
/// ```no_run
/// use owin_actix::ActixServer;
/// use owin_core::{AppExt, Environment, Error, Properties, server};
///
/// # async fn example() -> Result<(), Error> {
/// let mut properties = Properties::new();
/// properties.listen_on("http://127.0.0.1:0".parse()?);
/// let running = server::start(Box::new(ActixServer::new()), properties, |_| {
///     Ok((async |env: Environment| -> Result<Environment, Error> { Ok(env) }).boxed())
/// })
/// .await?;
/// println!("{}", running.addresses()[0]);
/// running.stop(std::time::Duration::from_secs(5)).await
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ActixServer {
    workers: Option<NonZeroUsize>,
    times: Times,
    half_close: bool,
}

/// How long a connection may do nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// Between two requests.
    pub(crate) keep_alive: Duration,
    /// Until the first request is there.
    pub(crate) first_head: Duration,
}

impl ActixServer {
    /// The name in `server.Name`.
    pub const NAME: &'static str = NAME;

    /// Makes a server with as many threads as the machine has cores.
    #[must_use]
    pub fn new() -> Self {
        let times =
            Times { keep_alive: Duration::from_secs(75), first_head: Duration::from_secs(10) };
        Self { workers: None, times, half_close: true }
    }

    /// Chooses how many threads serve, at most 512; each has its connections to itself.
    #[must_use]
    pub fn with_workers(mut self, workers: NonZeroUsize) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Chooses how long a connection may be silent between two requests; 75 seconds unless chosen.
    #[must_use]
    pub fn with_keep_alive(mut self, time: Duration) -> Self {
        self.times.keep_alive = time;
        self
    }

    /// Chooses how long the head of the first request may take, 10 seconds unless chosen; zero for
    /// ever. actix does not watch over later heads.
    #[must_use]
    pub fn with_first_head_time(mut self, time: Duration) -> Self {
        self.times.first_head = time;
        self
    }

    /// Takes a client that closes its sending half for one that has gone: then `owin.CallCancelled`
    /// fires, and there is no answer. Unless chosen such a client gets its answer, as it is one that
    /// has said all; a client that closes altogether is then only noticed when something is sent to
    /// it.
    #[must_use]
    pub fn without_half_close(mut self) -> Self {
        self.half_close = false;
        self
    }
}

impl Default for ActixServer {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Server for ActixServer {
    fn name(&self) -> &str {
        NAME
    }

    fn announce(&self, properties: &mut Properties) -> Result<(), Error> {
        server::announce(properties, capabilities()?)
    }

    async fn start(
        self: Box<Self>,
        app: BoxApp,
        properties: Properties,
    ) -> Result<Box<dyn Running>, Error> {
        let listeners = listeners::bind(&properties)?;
        let addresses = listeners.iter().map(|bound| bound.address.clone()).collect();
        let launch = server::launch(properties, addresses).await?;
        let plan = Plan {
            app,
            info: launch.info(),
            listeners,
            workers: self.workers,
            times: self.times,
            half_close: self.half_close,
        };
        let started = thread::start(plan).await?;
        Ok(launch.running_with(async move |deadline| started.stop(deadline).await))
    }
}
