//! A server that is to be tried, and all that is said about how.

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;

use owin_core::{Properties, Server};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;

use crate::in_process::carried::Carried;
use crate::run::Connect;
use crate::wire::Stream;

/// Makes connections, once there is a runtime for them.
pub(super) type Connector = Box<dyn FnOnce(Handle) -> Arc<Connect> + Send>;

/// A server that is to be tried, and all that is said about how.
///
/// Any [`Server`] becomes one by `into()`; it then listens on a free port of 127.0.0.1.
///
/// ```
/// use nowin_like_server::NowinServer;
/// use owin_conformance::in_process::Subject;
///
/// let subject = Subject::of(NowinServer::new())
///     .listening_on("http://127.0.0.1:0/shop")?
///     .with_known("# the phrase is the client's affair\nRQ-11 fail it is always the usual one\n");
/// # drop(subject);
/// # Ok::<_, owin_core::Error>(())
/// ```
pub struct Subject {
    pub(super) server: Box<dyn Server>,
    pub(super) properties: Properties,
    pub(super) connector: Option<Connector>,
    pub(super) known: String,
}

impl Subject {
    /// A server that has not started.
    #[must_use]
    pub fn of(server: impl Server + 'static) -> Self {
        Self::of_box(Box::new(server))
    }

    /// The same of a server whose type was forgotten.
    #[must_use]
    pub fn of_box(server: Box<dyn Server>) -> Self {
        Self { server, properties: Properties::new(), connector: None, known: String::new() }
    }

    /// Starts the server with these properties. Where they name no address it listens on a free port
    /// of 127.0.0.1; of several the first is tried.
    #[must_use]
    pub fn with_properties(mut self, properties: Properties) -> Self {
        self.properties = properties;
        self
    }

    /// Lets the server listen there, as on `http://127.0.0.1:0/shop`; port 0 is any that is free.
    ///
    /// # Errors
    ///
    /// Where that is no address.
    pub fn listening_on(mut self, address: &str) -> Result<Self, owin_core::Error> {
        self.properties.listen_on(address.parse()?);
        Ok(self)
    }

    /// Connects by this instead of a socket, where the server takes connections in memory. It is
    /// called inside the runtime of the server; a stream that is dropped ends in both directions.
    ///
    /// ```
    /// use nowin_like_server::{NowinServer, transport};
    /// use owin_conformance::check::Profile;
    /// use owin_conformance::in_process::{Subject, tried};
    /// use owin_conformance::run::Plan;
    ///
    /// let (listener, connector) = transport::memory();
    /// let subject = Subject::of(NowinServer::new().with_listener(listener)).connecting_by(move || {
    ///     let connector = connector.clone();
    ///     async move { connector.connect().await }
    /// });
    /// let report = tried(subject, &Plan::new().with_profiles([Profile::Required]))?;
    /// assert_eq!(report.exit_code(), 0, "{}", owin_conformance::report::console(&report));
    /// # Ok::<_, owin_core::Error>(())
    /// ```
    #[must_use]
    pub fn connecting_by<F, Fut, T>(mut self, connect: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = io::Result<T>>,
        T: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin + 'static,
    {
        self.connector = Some(Box::new(move |handle| {
            Arc::new(move || {
                let stream = handle.block_on(async { connect().await })?;
                let carried: Box<dyn Stream> = Box::new(Carried::new(stream, handle.clone()));
                Ok(carried)
            })
        }));
        self
    }

    /// Knows deviations, in the form of an expectation file: a line for each, with an id, a verdict
    /// and a reason. A check that comes to something else than is known fails, also where it passes;
    /// one that `varies` does not fail: see
    /// [`Plan::with_expectations`](crate::run::Plan::with_expectations).
    #[must_use]
    pub fn with_known(mut self, lines: impl Into<String>) -> Self {
        self.known = lines.into();
        self
    }
}

impl<S: Server + 'static> From<S> for Subject {
    fn from(server: S) -> Self {
        Self::of(server)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("server", &self.server.name())
            .field("properties", &self.properties)
            .field("is_in_memory", &self.connector.is_some())
            .field("known", &self.known)
            .finish()
    }
}
