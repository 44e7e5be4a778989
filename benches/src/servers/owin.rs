//! The reference server of this project, with the app of the program `plaintext`.

use std::io;

use examples::apps::plaintext;
use nowin_like_server::{Limits, NowinServer, Runtimes};
use owin_core::{BoxApp, Environment, Error, Properties, server};

use super::Paths;

/// What `/big` pushes at once, and how often: one MiB, more than sockets hold for one who does not
/// read.
const BIG: (&[u8], usize) = (&[b'x'; 16 * 1024], 64);

pub(super) async fn serve(paths: Paths, runtimes: Runtimes) -> io::Result<()> {
    let app = match paths {
        Paths::Root => BoxApp::new(plaintext),
        Paths::All => BoxApp::new(all),
    };
    serve_app(app, runtimes).await
}

/// Serves an app.
pub(super) async fn serve_app(app: BoxApp, runtimes: Runtimes) -> io::Result<()> {
    let mut properties = Properties::new();
    properties.listen_on("http://127.0.0.1:0".parse().map_err(io::Error::other)?);
    let server = NowinServer::new().with_limits(limits()).map_err(io::Error::other)?;
    let server = server.with_runtimes(runtimes);
    let started = server::start(Box::new(server), properties, move |_| Ok(app)).await;
    let mut running = started.map_err(io::Error::other)?;
    super::say_port(running.addresses().first().map_or(0, owin_core::Address::port))?;
    running.stopped().await;
    Ok(())
}

/// Reads whatever body there is before it answers; `/big` has much to say.
async fn all(mut env: Environment) -> Result<Environment, Error> {
    if env.request().path() == "/big" {
        let mut response = env.response_mut();
        for _ in 0..BIG.1 {
            response.write(BIG.0).await?;
        }
        return Ok(env);
    }
    while env.request_mut().body_mut().chunk().await?.is_some() {}
    plaintext(env).await
}

/// For clients that all come from one address, never stop to ask, and are many: the others that are
/// compared have no such limits.
fn limits() -> Limits {
    let mut limits = Limits::internal();
    limits.connections = Some(100_000);
    limits.requests_per_connection = None;
    limits
}
