//! A CGI program: what the tests run behind web servers, and what to begin with.

#[path = "app/mod.rs"]
mod app;

use std::process::ExitCode;

use owin_cgi::Cgi;
use owin_host::{Host, Registry};

fn main() -> ExitCode {
    owin_host::program("cgi_app", Registry::new().with(Cgi::new()), async |host: Host| {
        host.start(|_properties| Ok(app::app())).await?.run_until_signal().await
    })
}
