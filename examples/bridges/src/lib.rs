//! What the programs share: the registry of every server that there is.

use nowin_like_server::NowinServer;
use owin_actix::ActixServer;
use owin_cgi::Cgi;
use owin_fastcgi::FastCgi;
use owin_host::Registry;
use owin_hyper::HyperServer;
use owin_tiny_http::TinyHttpServer;

/// Every server on which the programs run; the first is the default.
#[must_use]
pub fn servers() -> Registry {
    Registry::new()
        .with(NowinServer::new())
        .with(HyperServer::new())
        .with(ActixServer::new())
        .with(TinyHttpServer::new())
        .with(FastCgi::new())
        .with(Cgi::new())
        .with(examples::custom_server::CustomServer)
}
