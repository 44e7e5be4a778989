//! What a server implements, and how a host starts one (OWIN 1.0 §4).

mod launch;

use std::time::Duration;

use async_trait::async_trait;

use crate::{Address, BoxApp, Capabilities, Error, OnInit, Properties, Version, keys};

pub use self::launch::{Launch, launch};

/// A server that has not started; object-safe, so that one can be chosen by name at run time.
///
/// A host makes [`Properties`], lets the server announce itself in them, builds the app with them,
/// then starts the server: see [`start`].
#[async_trait]
pub trait Server: Send {
    /// The name of the server, as in `server.Name`.
    fn name(&self) -> &str;

    /// Says in the properties what the server can do.
    ///
    /// A server that can do more than the contract asks of it says so by [`announce`] with
    /// capabilities of its own; without that only its name is said.
    ///
    /// # Errors
    ///
    /// Where a property that the server sets holds a value of another type.
    fn announce(&self, properties: &mut Properties) -> Result<(), Error> {
        announce(properties, Capabilities::new(Capabilities::of_server(self.name())))
    }

    /// Binds the addresses in the properties, runs `server.OnInit`, and serves the app from then on.
    ///
    /// No connection is accepted before this. Listens on a default of its own where the properties
    /// name no address.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Server`](crate::ErrorKind::Server) where an address cannot be bound, in one
    /// clear line that names it: [`Address::unusable`].
    async fn start(
        self: Box<Self>,
        app: BoxApp,
        properties: Properties,
    ) -> Result<Box<dyn Running>, Error>;
}

/// A server that runs.
#[async_trait]
pub trait Running: Send {
    /// The addresses that were really bound: ports are never 0. Empty where there are none.
    fn addresses(&self) -> &[Address];

    /// The start-up properties as they were when the server started: its server-level features.
    fn properties(&self) -> &Properties;

    /// Waits until the server has stopped by itself: never, for most.
    async fn stopped(&mut self);

    /// Stops: accepts no more, lets calls finish until the deadline has passed, then cancels them
    /// (`owin.CallCancelled`) and fires `server.OnDispose`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Server`](crate::ErrorKind::Server) where calls had to be cut off; it says how
    /// many.
    async fn stop(self: Box<Self>, deadline: Duration) -> Result<(), Error>;
}

/// Announces what every server has: `owin.Version`, the capabilities, room for callbacks in
/// `server.OnInit`, and `server.OnDispose`; for [`Server::announce`].
///
/// # Errors
///
/// Where one of the keys holds a value of another type.
pub fn announce(properties: &mut Properties, capabilities: Capabilities) -> Result<(), Error> {
    properties.set(keys::OWIN_VERSION, Version::V1_0)?;
    properties.set(keys::SERVER_CAPABILITIES, capabilities)?;
    if properties.try_get(keys::SERVER_ON_INIT)?.is_none() {
        properties.set(keys::SERVER_ON_INIT, OnInit::default())?;
    }
    let disposing = properties.disposing();
    properties.set(keys::SERVER_ON_DISPOSE, disposing.token())?;
    Ok(())
}

/// Starts an app on a server, in the order of OWIN 1.0 §4: announce, build, start.
///
/// # Errors
///
/// Those of the three steps.
pub async fn start(
    server: Box<dyn Server>,
    mut properties: Properties,
    build: impl FnOnce(&mut Properties) -> Result<BoxApp, Error>,
) -> Result<Box<dyn Running>, Error> {
    server.announce(&mut properties)?;
    let app = build(&mut properties)?;
    server.start(app, properties).await
}
