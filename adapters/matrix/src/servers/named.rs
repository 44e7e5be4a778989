//! The reference server a second time, as it is told to be in another place.

use nowin_like_server::{HalfClosed, NowinServer};
use owin_core::{BoxApp, Error, Properties, Running, Server, async_trait};

/// The reference server under another name: a program knows its servers by name.
#[derive(Debug)]
pub(super) struct Named {
    name: &'static str,
    server: NowinServer,
}

impl Named {
    pub(super) const BEHIND_NGINX: &'static str = "nowin-behind-nginx";

    /// As its page says for one behind nginx.
    pub(super) fn behind_nginx() -> Self {
        let server = NowinServer::new().with_half_closed(HalfClosed::Gone);
        Self { name: Self::BEHIND_NGINX, server }
    }
}

#[async_trait]
impl Server for Named {
    fn name(&self) -> &str {
        self.name
    }

    fn announce(&self, properties: &mut Properties) -> Result<(), Error> {
        self.server.announce(properties)
    }

    async fn start(
        self: Box<Self>,
        app: BoxApp,
        properties: Properties,
    ) -> Result<Box<dyn Running>, Error> {
        Box::new(self.server).start(app, properties).await
    }
}
