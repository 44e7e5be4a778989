//! The app of the main job, on any server that there is: `--server nowin`, `hyper`, `actix`,
//! `tiny-http`, `fastcgi`, `cgi`, `custom`.

use std::process::ExitCode;

use examples::apps::hello;
use owin_core::BoxApp;

fn main() -> ExitCode {
    owin_host::program("same-app-everywhere", examples_bridges::servers(), async |host| {
        host.start(|_| Ok(BoxApp::new(hello))).await?.run_until_signal().await
    })
}
