//! The server: announces itself, binds, accepts, stops.

mod accept;
mod bind;

use std::sync::Arc;

use async_trait::async_trait;
use owin_core::{Address, BoxApp, Error, Properties, Running, Server, server};
use tokio_util::task::TaskTracker;

use self::accept::Acceptor;
use crate::h1::Settings;
use crate::stop::Stopper;

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
#[derive(Clone, Debug)]
pub struct NowinServer {
    server_field: Option<String>,
}

impl NowinServer {
    /// The name in `server.Name` and, unless it is changed, in the `Server` field.
    pub const NAME: &'static str = "nowin";

    /// Makes a server.
    #[must_use]
    pub fn new() -> Self {
        Self { server_field: Some(Self::NAME.to_owned()) }
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

    async fn start(
        self: Box<Self>,
        app: BoxApp,
        properties: Properties,
    ) -> Result<Box<dyn Running>, Error> {
        let bound = bind::all(&wanted(&properties)?)?;
        let addresses = bound.iter().map(|bound| bound.address.clone()).collect();
        let launch = server::launch(properties, addresses).await?;
        let (stopper, stop) = Stopper::new();
        let acceptor = Acceptor {
            app,
            server: launch.info(),
            settings: Arc::new(Settings { server: self.server_field }),
            stop,
            connections: TaskTracker::new(),
        };
        let connections = acceptor.connections.clone();
        for bound in bound {
            connections.spawn(acceptor.clone().run(bound)?);
        }
        Ok(launch.running_with(async move |deadline| stopper.stop(&connections, deadline).await))
    }
}

/// The addresses to listen on; `http://localhost:5000` where nobody named one.
fn wanted(properties: &Properties) -> Result<Vec<Address>, Error> {
    match properties.addresses() {
        [] => Ok(vec!["http://localhost:5000".parse()?]),
        addresses => Ok(addresses.to_vec()),
    }
}
