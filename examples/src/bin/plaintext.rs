//! Answers every request with `Hello, World!`: `cargo run --release --bin plaintext`.

use std::process::ExitCode;

use examples::apps::plaintext;
use owin_core::BoxApp;

fn main() -> ExitCode {
    let (registry, _) = examples::servers();
    owin_host::program("plaintext", registry, async |host| {
        host.start(|_| Ok(BoxApp::new(plaintext))).await?.run_until_signal().await
    })
}
