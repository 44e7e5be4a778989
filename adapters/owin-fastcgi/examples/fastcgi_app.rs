//! A FastCGI program: what the tests run, and what to begin with.

#[path = "../../owin-cgi/examples/app/mod.rs"]
mod app;

use std::process::ExitCode;

use owin_fastcgi::FastCgi;
use owin_host::{Host, Registry};

fn main() -> ExitCode {
    let registry = Registry::new().with(FastCgi::new().with_socket_mode(0o666));
    owin_host::program("fastcgi_app", registry, async |host: Host| {
        host.start(|_properties| Ok(app::app())).await?.run_until_signal().await
    })
}
