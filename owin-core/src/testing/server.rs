//! The in-memory host as a server, to be chosen by name like any other.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::testing::TestHost;
use crate::{BoxApp, Error, Properties, Running, Server, server};

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
        properties: Properties,
    ) -> Result<Box<dyn Running>, Error> {
        let launch = server::launch(properties, Vec::new()).await?;
        let shared = self.0;
        let host = TestHost::of_server(app, launch.info());
        *shared.lock().unwrap_or_else(PoisonError::into_inner) = Some(host);
        Ok(launch.running(async move |_| {
            *shared.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }))
    }
}
