//! The reference server of this project, with the app of the program `plaintext`.

use std::io;

use nowin_like_server::NowinServer;
use owin_core::{BoxApp, Properties, server};

pub(super) async fn serve() -> io::Result<()> {
    let mut properties = Properties::new();
    properties.listen_on("http://127.0.0.1:0".parse().map_err(io::Error::other)?);
    let app = |_: &mut Properties| Ok(BoxApp::new(examples::apps::plaintext));
    let started = server::start(Box::new(NowinServer::new()), properties, app).await;
    let mut running = started.map_err(io::Error::other)?;
    super::say_port(running.addresses().first().map_or(0, owin_core::Address::port))?;
    running.stopped().await;
    Ok(())
}
