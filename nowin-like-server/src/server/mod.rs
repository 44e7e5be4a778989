//! The server: announces itself, binds, accepts, stops.

mod accept;
mod admission;
mod back_off;
mod bind;
mod capabilities;
mod descriptors;
mod listening;
mod options;
mod overflow;
mod readiness;
mod runtimes;
mod sockets;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use owin_core::features::ServerInfo;
use owin_core::{Address, BoxApp, Error, Properties, Running, Server, keys, server};
use tokio_util::task::TaskTracker;

use self::accept::Acceptor;
use self::admission::Admission;
use self::listening::Listening;
pub use self::options::HalfClosed;
use self::options::Options;
use self::overflow::Overflow;
pub use self::readiness::Readiness;
pub use self::runtimes::Runtimes;
use self::sockets::Sockets;
use crate::h1::{Calls, Settings, Upgrades};
use crate::send_file;
use crate::stop::{StopTimes, Stopper};
use crate::transport::Listener;

/// The reference server, not yet started.
///
/// ```no_run
/// use nowin_like_server::NowinServer;
/// use owin_core::{AppExt, Environment, Error, Properties, server};
///
/// # async fn example() -> Result<(), Error> {
/// let mut properties = Properties::new();
/// properties.listen_on("http://127.0.0.1:0".parse()?);
/// let running = server::start(Box::new(NowinServer::new()), properties, |_| {
///     Ok((async |env: Environment| -> Result<Environment, Error> { Ok(env) }).boxed())
/// })
/// .await?;
/// println!("{}", running.addresses()[0]);
/// # Ok(())
/// # }
/// ```
pub struct NowinServer {
    server_field: Option<String>,
    listeners: Vec<Box<dyn Listening>>,
    sockets: Sockets,
    runtimes: Runtimes,
    options: Options,
}

impl NowinServer {
    /// The name in `server.Name` and, unless it is changed, in the `Server` field.
    pub const NAME: &'static str = "nowin";

    /// Makes a server.
    #[must_use]
    pub fn new() -> Self {
        Self {
            server_field: Some(Self::NAME.to_owned()),
            listeners: Vec::new(),
            sockets: Sockets::default(),
            runtimes: Runtimes::default(),
            options: Options::default(),
        }
    }

    /// Chooses the `Server` field of responses; `None` for none.
    ///
    /// # Errors
    ///
    /// Where the text cannot stand in a field.
    pub fn with_server_field(mut self, text: Option<&str>) -> Result<Self, Error> {
        if let Some(text) = text {
            let legal = http::HeaderValue::from_str(text);
            legal.map_err(|error| {
                Error::server(format!("{text:?} cannot stand in a field")).with_source(error)
            })?;
        }
        self.server_field = text.map(str::to_owned);
        Ok(self)
    }

    /// Serves what comes from a listener too, besides the addresses in the properties. Where these
    /// name none, nothing else is listened on.
    #[must_use]
    pub fn with_listener(mut self, listener: impl Listener) -> Self {
        self.listeners.push(Box::new(listener));
        self
    }

    /// The addresses to listen on; `http://localhost:5000` where nobody named one and nobody brought
    /// a listener.
    fn wanted(&self, properties: &Properties) -> Result<Vec<Address>, Error> {
        match properties.addresses() {
            [] if self.listeners.is_empty() => Ok(vec!["http://localhost:5000".parse()?]),
            addresses => Ok(addresses.to_vec()),
        }
    }
}

impl Default for NowinServer {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Server for NowinServer {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn announce(&self, properties: &mut Properties) -> Result<(), Error> {
        server::announce(properties, capabilities::of(&self.options.limits)?)
    }

    async fn start(
        self: Box<Self>,
        app: BoxApp,
        properties: Properties,
    ) -> Result<Box<dyn Running>, Error> {
        let wanted = self.wanted(&properties)?;
        let Options { limits, watch, leaving, readiness, half_closed } = self.options;
        let leaving = properties.try_get(keys::HOST_LEAVING_TIME)?.copied().unwrap_or(leaving);
        let mut sets = bind::sets(&wanted, &self.sockets.within(&limits), self.runtimes)?;
        let bound = sets.first().into_iter().flatten().map(|bound| bound.address.clone());
        let brought = self.listeners.iter().filter_map(|listener| listener.address());
        let addresses = bound.chain(brought).collect();
        let mut listeners = self.listeners;
        if self.runtimes == Runtimes::Shared {
            for bound in sets.drain(..).flatten() {
                listeners.push(bound.into_listening()?);
            }
        }
        let launch = server::launch(properties, addresses).await?;
        let info = ServerInfo::clone(&launch.info());
        let (stopper, stop) = Stopper::new();
        let most = limits.connections.or_else(descriptors::default_connections);
        let app_grace = limits.app_grace;
        let upgrades = limits.upgraded_connections.or(most.map(|most| (most / 4).max(1)));
        let acceptor = Acceptor {
            calls: Arc::new(Calls::new(app)),
            server: Arc::new(info.with_send_file(send_file::offer())),
            admission: Admission::new(most, limits.connections_per_address),
            overflow: Overflow::new(descriptors::farewells(most)),
            settings: Arc::new(Settings {
                server_line: self.server_field.as_deref().map_or_else(String::new, line_of_server),
                path_base: Arc::default(),
                half_closed,
                upgrades: Upgrades::new(upgrades),
                limits,
            }),
            watch,
            stop,
            connections: TaskTracker::new(),
        };
        let connections = acceptor.connections.clone();
        for listener in listeners {
            connections.spawn(listener.serve(acceptor.clone()));
        }
        runtimes::spawn(sets, &acceptor).await?;
        readiness.set(true);
        Ok(launch.running_with(async move |deadline| {
            readiness.set(false);
            stopper.stop(&connections, StopTimes { leaving, deadline, app_grace }).await
        }))
    }
}

impl fmt::Debug for NowinServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NowinServer")
            .field("server_field", &self.server_field)
            .field("listeners", &self.listeners.len())
            .field("sockets", &self.sockets)
            .field("runtimes", &self.runtimes)
            .field("options", &self.options)
            .finish()
    }
}

fn line_of_server(name: &str) -> String {
    format!("server: {name}\r\n")
}
