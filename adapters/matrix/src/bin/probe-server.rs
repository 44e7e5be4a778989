//! The probe app on a server of your choice, as a process of its own: `probe-server --server NAME`.
//!
//! `PROBE_LEDGER` is the folder in which the app notes what it sees. With `PROBE_WITH_PARENT` the
//! program ends when its standard input does: whoever started it has then ended too.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use owin_adapter_matrix::probe;
use owin_adapter_matrix::servers::{LEDGER, WITH_PARENT, entries};
use owin_core::{AppExt, Error};
use owin_host::{Failure, Host, Registry, program};

fn main() -> ExitCode {
    let servers = entries().iter().fold(Registry::new(), |known, entry| (entry.server)(known));
    program("probe-server", servers, run)
}

async fn run(host: Host) -> Result<(), Failure> {
    let ledger = std::env::var_os(LEDGER).map(PathBuf::from);
    let ledger = ledger.ok_or_else(|| Error::server(format!("{LEDGER} names no folder")))?;
    let hosted = host.start(|_| Ok(probe::app(ledger).boxed())).await?;
    tokio::select! {
        ended = hosted.run_until_signal() => ended,
        () = parent_ends() => Ok(()),
    }
}

/// Waits until standard input ends; for ever, where that means nothing.
async fn parent_ends() {
    if std::env::var_os(WITH_PARENT).is_none() {
        return std::future::pending().await;
    }
    let (sender, ended) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _read = io::copy(&mut io::stdin(), &mut io::sink());
        let _nobody_waits = sender.send(());
    });
    let _ended = ended.await;
}
