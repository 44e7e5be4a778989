//! The in-memory host.

use std::sync::Arc;

use http::Method;

use crate::features::{ConnectionInfo, ServerInfo};
use crate::testing::TestRequest;
use crate::{App, AppExt, BoxApp, Call, Capabilities, Properties, keys, server};

/// Runs an app in memory, through the same [`Call`] that real servers use.
///
/// Every request is on a connection of its own. Nothing is spawned: who awaits the request or the
/// response drives the app.
#[derive(Clone, Debug)]
pub struct TestHost {
    app: BoxApp,
    server: Arc<ServerInfo>,
}

impl TestHost {
    /// The name in `server.Name`.
    pub const NAME: &'static str = "memory";

    /// Makes a host of an app.
    #[must_use]
    pub fn new(app: impl App) -> Self {
        let mut properties = Properties::new();
        // The properties are new: nothing of another type can be in the way.
        let _announced = server::announce(&mut properties, Self::capabilities());
        Self::with_properties(app.boxed(), &properties)
    }

    /// Makes a host of an app and of the start-up properties that its calls are to see.
    #[must_use]
    pub fn with_properties(app: BoxApp, properties: &Properties) -> Self {
        Self::of_server(app, Arc::new(ServerInfo::from_properties(properties)))
    }

    pub(super) fn of_server(app: BoxApp, server: Arc<ServerInfo>) -> Self {
        Self { app, server }
    }

    /// A `GET` of a target like `/path?query`.
    pub fn get(&self, target: &str) -> TestRequest {
        self.request(Method::GET, target)
    }

    /// A `POST` to a target like `/path?query`.
    pub fn post(&self, target: &str) -> TestRequest {
        self.request(Method::POST, target)
    }

    /// A request with any method.
    pub fn request(&self, method: Method, target: &str) -> TestRequest {
        let connection = ConnectionInfo::new().with_server(Arc::clone(&self.server));
        let connection = Arc::new(connection.with_is_local(true));
        TestRequest::new(Call::new(&self.app, connection), method, target)
    }

    pub(super) fn capabilities() -> Capabilities {
        let mut said = Capabilities::of_server(Self::NAME);
        let _fresh = said.set(keys::OPAQUE_VERSION, "1.0");
        Capabilities::new(said)
    }
}
