//! The in-memory host as a server, to be chosen by name like any other.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::testing::TestHost;
use crate::{
    Address, BoxApp, CancelReason, CancelSource, Error, Properties, Running, Server, keys, server,
};

type Shared = Arc<Mutex<Option<TestHost>>>;

/// A server without an address: its [`MemoryClient`] calls the app.
#[derive(Debug)]
pub struct MemoryServer(Shared);

/// Calls the app of a [`MemoryServer`].
#[derive(Clone, Debug)]
pub struct MemoryClient(Shared);

impl MemoryServer {
    /// Makes a server and what calls its app.
    #[must_use]
    pub fn new() -> (Self, MemoryClient) {
        let shared = Shared::default();
        (Self(Arc::clone(&shared)), MemoryClient(shared))
    }
}

impl MemoryClient {
    /// The host of the app; `None` where the server does not run.
    #[must_use]
    pub fn host(&self) -> Option<TestHost> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Server for MemoryServer {
    fn name(&self) -> &str {
        TestHost::NAME
    }

    fn announce(&self, properties: &mut Properties) -> Result<(), Error> {
        server::announce(properties, TestHost::capabilities())
    }

    async fn start(
        self: Box<Self>,
        app: BoxApp,
        mut properties: Properties,
    ) -> Result<Box<dyn Running>, Error> {
        let disposing = CancelSource::new();
        properties.set(keys::SERVER_ON_DISPOSE, disposing.token())?;
        properties.take_on_init().run().await?;
        let host = TestHost::with_properties(app, &properties);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(host);
        Ok(Box::new(RunningInMemory { shared: self.0, properties, disposing }))
    }
}

struct RunningInMemory {
    shared: Shared,
    properties: Properties,
    disposing: CancelSource,
}

#[async_trait]
impl Running for RunningInMemory {
    fn addresses(&self) -> &[Address] {
        &[]
    }

    fn properties(&self) -> &Properties {
        &self.properties
    }

    async fn stopped(&mut self) {
        std::future::pending::<()>().await;
    }

    async fn stop(self: Box<Self>, _: Duration) -> Result<(), Error> {
        *self.shared.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.disposing.cancel(CancelReason::Shutdown);
        Ok(())
    }
}
