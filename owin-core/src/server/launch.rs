//! What every server does between binding its sockets and serving.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::exclusive::Exclusive;
use crate::features::ServerInfo;
use crate::{Address, CancelReason, CancelSource, Error, Properties, Running, keys};

/// A server that has bound its addresses and is about to serve; made by [`launch`].
#[derive(Debug)]
pub struct Launch {
    properties: Properties,
    info: Arc<ServerInfo>,
    disposing: CancelSource,
}

/// Does what every server does between binding and serving: puts the addresses that were bound into
/// the properties, sets `server.OnDispose`, runs `server.OnInit`.
///
/// # Errors
///
/// Where an initialisation callback fails, or a property holds a value of another type.
///
/// ```
/// use owin_core::{Error, Properties, Running, server};
///
/// async fn start(properties: Properties) -> Result<Box<dyn Running>, Error> {
///     let bound = vec!["http://127.0.0.1:5080".parse()?];
///     let launch = server::launch(properties, bound).await?;
///     let info = launch.info(); // what every connection of this server is told
///     # drop(info);
///     Ok(launch.running(async move |_deadline| {}))
/// }
/// ```
pub async fn launch(mut properties: Properties, bound: Vec<Address>) -> Result<Launch, Error> {
    let disposing = properties.disposing();
    properties.set(keys::SERVER_ON_DISPOSE, disposing.token())?;
    properties.set_addresses(bound)?;
    properties.take_on_init().run().await?;
    let info = Arc::new(ServerInfo::from_properties(&properties));
    Ok(Launch { properties, info, disposing })
}

impl Launch {
    /// What every connection of the server is told.
    #[must_use]
    pub fn info(&self) -> Arc<ServerInfo> {
        Arc::clone(&self.info)
    }

    /// The running server, of what stops it. `server.OnDispose` fires once that is done.
    pub fn running<F, Fut>(self, stop: F) -> Box<dyn Running>
    where
        F: FnOnce(Duration) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.running_with(async move |deadline| {
            stop(deadline).await;
            Ok(())
        })
    }

    /// The same, of what stops it and may have to say that calls were cut off.
    pub fn running_with<F, Fut>(self, stop: F) -> Box<dyn Running>
    where
        F: FnOnce(Duration) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let stop: Stop = Box::new(move |deadline| Box::pin(stop(deadline)));
        Box::new(Launched { launch: self, stop: Exclusive::new(stop) })
    }
}

type Stopped = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;
type Stop = Box<dyn FnOnce(Duration) -> Stopped + Send>;

struct Launched {
    launch: Launch,
    stop: Exclusive<Stop>,
}

#[async_trait]
impl Running for Launched {
    fn addresses(&self) -> &[Address] {
        self.launch.properties.addresses()
    }

    fn properties(&self) -> &Properties {
        &self.launch.properties
    }

    async fn stopped(&mut self) {
        std::future::pending::<()>().await;
    }

    async fn stop(self: Box<Self>, deadline: Duration) -> Result<(), Error> {
        let stopped = (self.stop.into_inner())(deadline).await;
        self.launch.disposing.cancel(CancelReason::Shutdown);
        stopped
    }
}
