//! The app of `hello` on a third-party server of less than a hundred lines, `src/custom_server.rs`:
//! `cargo run --release --bin custom-server`.

use std::process::ExitCode;

use examples::apps::hello;
use examples::custom_server::CustomServer;
use owin_core::BoxApp;
use owin_host::Registry;

fn main() -> ExitCode {
    owin_host::program("custom-server", Registry::new().with(CustomServer), async |host| {
        host.start(|_| Ok(BoxApp::new(hello))).await?.run_until_signal().await
    })
}
