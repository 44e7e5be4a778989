//! hyper as a server that a host can choose by name.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use owin_core::{Address, BoxApp, Capabilities, Error, Properties, Running, Server, keys, server};
use tokio::net::TcpListener;

use crate::accept::Acceptor;
use crate::service::{self, Mount};
use crate::stop::{Stop, Stopper};

/// How long after the deadline of a stop apps may tidy up.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// hyper as the server of an app, over TCP: HTTP/1.x and HTTP/2 on the same addresses.
///
/// ```no_run
/// use owin_core::{AppExt, Environment, Error, Properties, server};
/// use owin_hyper::HyperServer;
///
/// # async fn example() -> Result<(), Error> {
/// let mut properties = Properties::new();
/// properties.listen_on("http://127.0.0.1:0".parse()?);
/// let running = server::start(Box::new(HyperServer::new()), properties, |_| {
///     Ok((async |env: Environment| -> Result<Environment, Error> { Ok(env) }).boxed())
/// })
/// .await?;
/// println!("{}", running.addresses()[0]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct HyperServer {
    period: Duration,
}

impl HyperServer {
    /// The name in `server.Name`.
    pub const NAME: &'static str = "hyper";

    /// Makes a server.
    #[must_use]
    pub fn new() -> Self {
        Self { period: Duration::from_secs(30) }
    }

    /// Chooses how long a connection may be silent; 30 seconds without this.
    ///
    /// An HTTP/1.x connection on which no whole head of a request comes is closed after one to two
    /// such periods. Over HTTP/2 the client is asked after each whether it is still there.
    #[must_use]
    pub fn with_period(mut self, period: Duration) -> Self {
        self.period = period;
        self
    }
}

impl Default for HyperServer {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Server for HyperServer {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn announce(&self, properties: &mut Properties) -> Result<(), Error> {
        let mut said = Capabilities::of_server(Self::NAME);
        said.set(keys::OPAQUE_VERSION, "1.0")?;
        server::announce(properties, Capabilities::new(said))
    }

    async fn start(
        self: Box<Self>,
        app: BoxApp,
        mut properties: Properties,
    ) -> Result<Box<dyn Running>, Error> {
        if properties.addresses().is_empty() {
            properties.listen_on("http://localhost:5000".parse()?);
        }
        let (listeners, bound) = bind(&properties).await?;
        let launch = server::launch(properties, bound).await?;
        let stop = Stop::default();
        let stopper = Stopper::new(stop.clone());
        let finisher = service::finisher(&stop);
        for (listener, path_base) in listeners {
            let acceptor = Acceptor {
                app: app.clone(),
                server: launch.info(),
                finisher: Arc::clone(&finisher),
                mount: Mount { path_base, is_clear: true },
                period: self.period,
                stop: stop.clone(),
            };
            stop.spawn(acceptor.run(listener));
        }
        Ok(launch.running_with(async move |deadline| stopper.stop(deadline, STOP_GRACE).await))
    }
}

type Listeners = Vec<(TcpListener, Arc<str>)>;

/// Binds all addresses or none.
async fn bind(properties: &Properties) -> Result<(Listeners, Vec<Address>), Error> {
    let (mut listeners, mut bound) = (Listeners::new(), Vec::new());
    for (address, socket) in properties.sockets()? {
        let listener = TcpListener::bind(socket).await.map_err(|e| address.unusable(&e))?;
        bound.push(address.bound_to(listener.local_addr()?));
        let path_base = owin_core::path::decode(address.path()).unwrap_or_default();
        listeners.push((listener, Arc::from(path_base)));
    }
    Ok((listeners, bound))
}
