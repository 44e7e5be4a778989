//! What every server must do, a test for each check of the suite: an app that is mounted in a
//! `Router`, as `axum::serve` serves it.

use std::net::SocketAddr;

use axum::Router;
use owin_core::{BoxApp, Error, Properties, Running, Server, async_trait, server};
use tokio::net::TcpListener;

/// `axum::serve` as a server of the contract.
struct Served;

#[async_trait]
impl Server for Served {
    fn name(&self) -> &str {
        "axum"
    }

    async fn start(
        self: Box<Self>,
        app: BoxApp,
        properties: Properties,
    ) -> Result<Box<dyn Running>, Error> {
        let (address, socket) = properties.sockets()?.remove(0);
        let listener = TcpListener::bind(socket).await?;
        let bound = address.bound_to(listener.local_addr()?);
        let launch = server::launch(properties, vec![bound]).await?;
        let router = Router::new().fallback_service(owin_axum::mount(app));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async { axum::serve(listener, service).await });
        Ok(launch.running(async move |_| serving.abort()))
    }
}

owin_conformance::server_tests!(required: owin_conformance::in_process::Subject::of(Served));
