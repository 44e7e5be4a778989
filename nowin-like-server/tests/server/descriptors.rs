//! A machine that has no descriptors left, for a while.

use std::fs::File;
use std::time::Duration;

use tokio::process::Command;

use crate::support::{hello, serve, soon};

/// Set in a process that may have few descriptors.
const HAS_FEW: &str = "NOWIN_TEST_HAS_FEW_DESCRIPTORS";

#[tokio::test]
async fn accepting_goes_on_once_there_are_descriptors_again() {
    // HT-22. The limit is the process's, so the test runs in one of its own.
    if std::env::var_os(HAS_FEW).is_some() {
        return run_out_and_recover().await;
    }
    let this = std::env::current_exe().unwrap();
    let name = "descriptors::accepting_goes_on_once_there_are_descriptors_again";
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 64 && exec \"$0\" --exact \"$1\""]).arg(this).arg(name);
    let output = soon("the other process", command.env(HAS_FEW, "1").output()).await.unwrap();
    let log = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && log.contains("1 passed"), "{log}");
}

async fn run_out_and_recover() {
    let server = serve(hello("text")).await;
    let mut taken: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    // One for the client's end: there is none for the server's.
    drop(taken.pop());
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let early = tokio::time::timeout(Duration::from_millis(30), client.line()).await;
    assert!(early.is_err(), "there was a descriptor left: {early:?}");
    drop(taken);
    assert_eq!(client.response().await.text(), "text");
    assert_eq!(server.get("/").await.text(), "text");
}
