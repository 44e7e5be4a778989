//! The probe contract on the reference server:
//! `cargo run -p owin-conformance --example probe -- --urls http://127.0.0.1:8080`.

use std::process::ExitCode;

use nowin_like_server::NowinServer;
use owin_host::Registry;

fn main() -> ExitCode {
    let servers = Registry::new().with(NowinServer::new());
    owin_host::program("probe", servers, async |host| {
        host.start(|_| Ok(owin_conformance::probe::app())).await?.run_until_signal().await
    })
}
