//! How long the program takes on a good server, by a clock on the wall.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot start the program stops, and times are printed"
)]

use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use nowin_like_server::NowinServer;
use owin_conformance::probe;
use owin_core::{Properties, server};

/// A machine that has much else to do may need several attempts.
const ATTEMPTS: usize = 4;

/// The reference server with the probe; it runs until the sender is dropped.
fn reference() -> (String, mpsc::Sender<()>) {
    let (address, listens) = mpsc::channel();
    let (until, ended) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let running = runtime.block_on(async {
            let mut properties = Properties::new();
            properties.listen_on("http://127.0.0.1:0".parse().unwrap());
            let server = Box::new(NowinServer::new());
            server::start(server, properties, |_| Ok(probe::app())).await.unwrap()
        });
        address.send(running.addresses().first().unwrap().to_string()).unwrap();
        let _dropped = ended.recv();
    });
    (listens.recv().unwrap(), until)
}

#[expect(clippy::disallowed_methods, reason = "the wall's clock is the only one outside")]
fn now() -> Instant {
    Instant::now()
}

/// The best of some attempts; each must succeed.
fn best(url: &str, profiles: &[&str], most: Duration) -> Duration {
    let options = profiles.iter().flat_map(|profile| ["--profile", profile]);
    let arguments: Vec<&str> = ["run", url].into_iter().chain(options).collect();
    let mut best = Duration::MAX;
    for _ in 0..ATTEMPTS {
        let start = now();
        let mut command = Command::new(env!("CARGO_BIN_EXE_owin-conformance"));
        let output = command.args(&arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        best = best.min(start.elapsed());
        if best < most {
            break;
        }
    }
    println!("{}: {best:.1?}", profiles.join(", "));
    best
}

#[test]
fn a_good_server_is_tried_in_seconds() {
    let (url, _until) = reference();
    let few = Duration::from_secs(5);
    assert!(best(&url, &["required"], few) < few);
    let more = Duration::from_secs(15);
    assert!(best(&url, &["required", "common", "http1", "smuggling"], more) < more);
}
