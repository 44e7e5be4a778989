//! The server: binds, starts tiny_http, and stops.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use owin_core::{BoxApp, Error, Properties, Running, Server, async_trait, server};
use tokio::runtime::Handle;

use crate::lanes::Turn;
use crate::listen::{Asked, Listening, Shared, Site, bind};
use crate::peer::Look;
use crate::pool::Pool;
use crate::request::Lengths;
use crate::service::serve;
use crate::stop::Phase;

/// How many calls run at the same time, where nobody says otherwise: each has a thread to itself,
/// and most of them wait.
const THREADS: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// How many requests may wait for a thread; who comes then is told 503.
const WAITING: usize = 1024;

/// The longest body that may be announced: tiny_http allocates as much where a body is not read to
/// its end.
const LENGTH_BYTES: u64 = 1024 * 1024 * 1024;

/// How long a client may take nothing of an answer: a thread waits for it, and there are few.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// How soon it is seen that nobody accepts: each look reads the list of the process's descriptors.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Hosts an app on tiny_http.
///
/// Must be started inside a tokio runtime, which drives the timers and sockets of the app; the
/// calls themselves are driven by threads of the server.
///
/// ```
/// use std::time::Duration;
/// use owin_core::{AppExt, Environment, Error, Properties, server};
/// use owin_tiny_http::TinyHttpServer;
///
/// # #[tokio::main] async fn main() -> Result<(), Error> {
/// let mut properties = Properties::new();
/// properties.listen_on("http://127.0.0.1:0".parse()?);
/// let running = server::start(Box::new(TinyHttpServer::new()), properties, |_| {
///     Ok((async |env: Environment| -> Result<Environment, Error> { Ok(env) }).boxed())
/// }).await?;
/// assert_ne!(running.addresses()[0].port(), 0);
/// running.stop(Duration::from_secs(1)).await
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TinyHttpServer {
    threads: NonZeroUsize,
    waiting: usize,
    lengths: Lengths,
    look: Look,
    write_timeout: Duration,
}

impl TinyHttpServer {
    /// The name of the server, as in `server.Name`.
    pub const NAME: &str = "tiny-http";

    /// Makes a server: 64 threads for calls, 1024 requests that may wait for one, bodies of at most
    /// 1 GiB where their length is announced, 30 seconds for a client that takes nothing of its answer.
    #[must_use]
    pub fn new() -> Self {
        let lengths = Lengths { max_bytes: LENGTH_BYTES, are_needed: false };
        Self {
            threads: THREADS,
            waiting: WAITING,
            lengths,
            look: Look::Allowed,
            write_timeout: WRITE_TIMEOUT,
        }
    }

    /// Chooses how many calls run at the same time. Each has a thread to itself until its response
    /// is out; they are made as they are needed, and stay.
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use owin_tiny_http::TinyHttpServer;
    ///
    /// let server = TinyHttpServer::new().with_threads(NonZeroUsize::MIN);
    /// # drop(server);
    /// ```
    #[must_use]
    pub fn with_threads(self, threads: NonZeroUsize) -> Self {
        Self { threads, ..self }
    }

    /// Chooses how many requests may wait for a thread. Who comes then is answered 503.
    ///
    /// ```
    /// use owin_tiny_http::TinyHttpServer;
    ///
    /// let server = TinyHttpServer::new().with_max_waiting(10);
    /// # drop(server);
    /// ```
    #[must_use]
    pub fn with_max_waiting(self, requests: usize) -> Self {
        Self { waiting: requests, ..self }
    }

    /// Chooses the largest `Content-Length` that is taken; beyond it the answer is 413. A body in
    /// chunks may be of any length.
    ///
    /// tiny_http allocates as many bytes as are missing where a client breaks off a body that it
    /// announced, or an app does not read it. So this must not be more than the allocator can give.
    ///
    /// ```
    /// use owin_tiny_http::TinyHttpServer;
    ///
    /// let server = TinyHttpServer::new().with_max_length_bytes(30_000_000);
    /// # drop(server);
    /// ```
    #[must_use]
    pub fn with_max_length_bytes(self, bytes: u64) -> Self {
        Self { lengths: Lengths { max_bytes: bytes, ..self.lengths }, ..self }
    }

    /// Chooses for how long a client may take nothing of an answer before the call is cancelled with
    /// the reason `WriteFailed`; on Linux. A thread waits for as long.
    ///
    /// ```
    /// use std::time::Duration;
    /// use owin_tiny_http::TinyHttpServer;
    ///
    /// let server = TinyHttpServer::new().with_write_timeout(Duration::from_secs(5));
    /// # drop(server);
    /// ```
    #[must_use]
    pub fn with_write_timeout(self, time: Duration) -> Self {
        // The system takes no time at all for no limit.
        Self { write_timeout: time.max(Duration::from_millis(1)), ..self }
    }

    /// Does not look for the sockets that tiny_http hides: then a connection that should end stays
    /// until the client closes it; see the page of the crate.
    ///
    /// ```
    /// use owin_tiny_http::TinyHttpServer;
    ///
    /// let server = TinyHttpServer::new().without_sockets();
    /// # drop(server);
    /// ```
    #[must_use]
    pub fn without_sockets(self) -> Self {
        Self { look: Look::Never, ..self }
    }

    /// Answers 411 to bodies in chunks: tiny_http takes one that ends inside a chunk for whole.
    ///
    /// ```
    /// use owin_tiny_http::TinyHttpServer;
    ///
    /// let server = TinyHttpServer::new().without_chunks();
    /// # drop(server);
    /// ```
    #[must_use]
    pub fn without_chunks(self) -> Self {
        Self { lengths: Lengths { are_needed: true, ..self.lengths }, ..self }
    }
}

impl Default for TinyHttpServer {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Server for TinyHttpServer {
    fn name(&self) -> &str {
        Self::NAME
    }

    async fn start(
        self: Box<Self>,
        app: BoxApp,
        mut properties: Properties,
    ) -> Result<Box<dyn Running>, Error> {
        let runtime = Handle::try_current().map_err(|error| {
            Error::server("tiny-http must be started inside a tokio runtime").with_source(error)
        })?;
        if properties.addresses().is_empty() {
            properties.listen_on("http://localhost:5000".parse()?);
        }
        let (mut sockets, mut bound) = (Vec::new(), Vec::new());
        for (address, socket) in properties.sockets()? {
            let (listener, local) =
                bind(socket, self.write_timeout).map_err(|error| address.unusable(&error))?;
            let base = address.path().to_owned();
            sockets.push((listener, Site { base, local, look: self.look }));
            bound.push(address.bound_to(local));
        }
        let launch = server::launch(properties, bound).await?;
        let shared = Arc::new(Shared::new(app, launch.info(), self.lengths));
        let working = Arc::clone(&shared);
        let watching = runtime.clone();
        let pool = Pool::new(self.threads.get(), self.waiting, move |turn| {
            work(&runtime, &working, turn);
        });
        let mut serving = Serving { shared, pool, listening: Vec::new() };
        for (socket, site) in sockets {
            let listening = Listening::start(socket, site, &serving.shared, &serving.pool)?;
            serving.listening.push(listening);
        }
        watching.spawn(watch(Arc::clone(&serving.shared), serving.listening.clone()));
        Ok(launch.running_with(async move |deadline| serving.stop(deadline).await))
    }
}

/// Sees to it that every address is listened on, until the server stops.
async fn watch(shared: Arc<Shared>, listening: Vec<Arc<Listening>>) {
    let looks = async {
        let mut suspects: Vec<bool> = vec![false; listening.len()];
        loop {
            tokio::time::sleep(BETWEEN_LOOKS).await;
            for (listening, suspect) in listening.iter().zip(&mut suspects) {
                // A list of descriptors is not read at one moment: one look alone may be wrong.
                let was_suspect = std::mem::replace(suspect, !listening.is_accepting());
                if was_suspect && *suspect {
                    listening.revive();
                    *suspect = false;
                }
            }
        }
    };
    tokio::select! {
        () = looks => {}
        () = shared.stop.reached(Phase::Draining) => {}
    }
}

/// Serves a request, and those that came behind it on its connection.
fn work(runtime: &Handle, shared: &Shared, turn: Turn<Asked>) {
    let mut next = Some(turn);
    while let Some(turn) = next {
        let key = turn.key;
        runtime.block_on(serve(shared, turn));
        next = shared.lanes.done(key);
    }
}

/// What runs; dropped without a stop it aborts.
#[derive(Debug)]
struct Serving {
    shared: Arc<Shared>,
    pool: Arc<Pool<Turn<Asked>>>,
    listening: Vec<Arc<Listening>>,
}

impl Serving {
    async fn stop(self, deadline: Duration) -> Result<(), Error> {
        self.shared.stop.enter(Phase::Draining);
        let closed = async {
            for listening in &self.listening {
                listening.close().await;
            }
        };
        // A deadline of no time is kept too.
        let begun = tokio::time::Instant::now();
        let _late = tokio::time::timeout(deadline, closed).await;
        let left = || deadline.saturating_sub(begun.elapsed());
        if self.shared.stop.is_quiet_within(left()).await {
            for listening in &self.listening {
                listening.read_no_more();
            }
        }
        self.shared.stop.drain(left()).await
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.shared.stop.enter(Phase::Over);
        self.shared.stop.cancel_all();
        for listening in &self.listening {
            listening.end();
        }
        self.pool.close();
    }
}
