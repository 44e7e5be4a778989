//! What every server must do, a test for each check of the suite, behind a web server that hides
//! nothing: each that is left has its reason in `fastcgi.expect`.

mod answering;
mod front;
mod http;
mod records;
mod variables;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use owin_conformance::in_process::Subject;
use owin_core::{BoxApp, Error, Properties, Running, Server, async_trait};
use owin_fastcgi::FastCgi;

use self::front::Front;

owin_conformance::server_tests!(required: subject());

fn subject() -> Subject {
    let address = Arc::new(OnceLock::new());
    let server = Telling { address: Arc::clone(&address) };
    let connect = move || {
        let front = Front::new(Arc::clone(&address));
        async move { http::connect(front) }
    };
    Subject::of(server).connecting_by(connect).with_known(include_str!("fastcgi.expect"))
}

/// The adapter on a free port, which it tells.
struct Telling {
    address: Arc<OnceLock<SocketAddr>>,
}

#[async_trait]
impl Server for Telling {
    fn name(&self) -> &str {
        FastCgi::NAME
    }

    async fn start(
        self: Box<Self>,
        app: BoxApp,
        mut properties: Properties,
    ) -> Result<Box<dyn Running>, Error> {
        properties.listen_on("http://127.0.0.1:0".parse()?);
        let running = Box::new(FastCgi::new()).start(app, properties).await?;
        let first =
            running.addresses().first().ok_or_else(|| Error::server("it listens nowhere"))?;
        let bound = first.sockets()?.into_iter().next();
        self.address.get_or_init(|| bound.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0))));
        Ok(running)
    }
}
