//! Brings a server and an app together, and takes them apart again.

use std::future::Future;
use std::io::Write;
use std::time::Duration;

use owin_core::features::TraceOutput;
use owin_core::{
    BoxApp, CancelReason, CancelSource, Error, Properties, Running, Server, keys, server,
};

use crate::options::{Options, parse_urls};
use crate::program::Failure;
use crate::registry::Registry;
use crate::signal::Signals;

/// A server that was chosen and an app that is not built yet.
#[derive(Debug)]
pub struct Host {
    server: ChosenServer,
    properties: Properties,
    disposing: CancelSource,
    stop_within: Duration,
}

struct ChosenServer(Box<dyn Server>);

impl std::fmt::Debug for ChosenServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name())
    }
}

impl Host {
    /// Chooses the server and makes the start-up properties: `host.Addresses`, `host.AppName`,
    /// `host.AppMode`, `host.OnAppDisposing`, `host.TraceOutput`, and `host.LeavingTime` where the
    /// options say one.
    ///
    /// # Errors
    ///
    /// Where the options name no known server, or no address, or leave no time to stop.
    pub fn new(app_name: &str, options: &Options, registry: Registry) -> Result<Self, Error> {
        let server = ChosenServer(registry.choose(options.server.as_deref())?);
        let disposing = CancelSource::new();
        let mut properties = Properties::new();
        properties.set_addresses(parse_urls(&options.urls)?)?;
        let mode = if cfg!(debug_assertions) { "development" } else { "production" };
        properties.set(keys::HOST_APP_NAME, app_name)?;
        properties.set(keys::HOST_APP_MODE, mode)?;
        properties.set(keys::HOST_ON_APP_DISPOSING, disposing.token())?;
        properties
            .set(keys::HOST_TRACE_OUTPUT, TraceOutput::new(|line| tracing::info!("{line}")))?;
        if let Some(leaving) = options.leaving()? {
            properties.set(keys::HOST_LEAVING_TIME, leaving)?;
        }
        Ok(Self { server, properties, disposing, stop_within: options.deadline() })
    }

    /// Starts: the server announces itself, the app is built, the server binds and serves.
    ///
    /// # Errors
    ///
    /// Those of the three steps, as in an address that is in use.
    pub async fn start(
        self,
        build: impl FnOnce(&mut Properties) -> Result<BoxApp, Error>,
    ) -> Result<Hosted, Error> {
        let Self { server, properties, disposing, stop_within } = self;
        let running = server::start(server.0, properties, build).await?;
        Ok(Hosted { running, disposing, stop_within })
    }
}

/// An app on a server that runs.
pub struct Hosted {
    running: Box<dyn Running>,
    disposing: CancelSource,
    stop_within: Duration,
}

impl Hosted {
    /// The server that runs.
    #[must_use]
    pub fn running(&self) -> &dyn Running {
        &*self.running
    }

    /// Prints a line for each address that was bound.
    ///
    /// # Errors
    ///
    /// Where the lines cannot be written.
    pub fn announce(&self, out: &mut dyn Write) -> Result<(), Error> {
        let mut lines = String::new();
        for address in self.running.addresses() {
            lines += &format!("listening on {address}\n");
        }
        let written = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
        written.map_err(|error| Error::server("cannot print the addresses").with_source(error))
    }

    /// Prints the addresses, then serves until Ctrl+C or SIGTERM, then stops; a second one ends the
    /// stop at once.
    ///
    /// # Errors
    ///
    /// Where a signal cannot be waited for, or calls had to be cut off: exit code 1.
    pub async fn run_until_signal(mut self) -> Result<(), Failure> {
        let mut signals = Signals::watch().map_err(Failure::at_work)?;
        self.announce(&mut std::io::stdout()).map_err(Failure::at_work)?;
        tokio::select! {
            () = signals.next() => {}
            () = self.running.stopped() => {}
        }
        self.stop_unless(signals.next()).await.map_err(Failure::at_work)
    }

    /// Stops: the server first, then `host.OnAppDisposing`.
    ///
    /// # Errors
    ///
    /// Where calls had to be cut off.
    pub async fn stop(self) -> Result<(), Error> {
        self.stop_unless(std::future::pending()).await
    }

    /// The same, given up once somebody does not want to wait any more: a server that is dropped
    /// aborts.
    async fn stop_unless(self, told_again: impl Future<Output = ()>) -> Result<(), Error> {
        let stopped = tokio::select! {
            biased;
            stopped = self.running.stop(self.stop_within) => stopped,
            () = told_again => Err(Error::server("told to stop a second time: the stop was cut short")),
        };
        self.disposing.cancel(CancelReason::Shutdown);
        stopped
    }
}

impl std::fmt::Debug for Hosted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hosted").field("addresses", &self.running.addresses()).finish()
    }
}
