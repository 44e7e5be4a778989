//! Ctrl+C and SIGTERM.

use owin_core::Error;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What tells a program to stop: Ctrl+C and SIGTERM.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl Signals {
    /// Watches for both from now on.
    pub(crate) fn watch() -> Result<Self, Error> {
        let watch = |kind| {
            let unwatched = |error| Error::server("cannot watch for signals").with_source(error);
            signal(kind).map_err(unwatched)
        };
        let interrupt = watch(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: watch(SignalKind::terminate())? })
    }

    /// Waits for the next of either.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// What tells a program to stop: Ctrl+C.
#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Watches from the first wait on.
    pub(crate) fn watch() -> Result<Self, Error> {
        Ok(Self)
    }

    /// Waits for the next.
    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
