//! Ctrl+C and SIGTERM.

use std::future::Future;

use owin_core::Error;

/// Waits for Ctrl+C or SIGTERM; both are watched from the call on.
#[cfg(unix)]
pub(crate) fn told_to_stop() -> Result<impl Future<Output = ()>, Error> {
    use tokio::signal::unix::{SignalKind, signal};
    let unwatched =
        |error: std::io::Error| Error::server("cannot watch for signals").with_source(error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(unwatched)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(unwatched)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Waits for Ctrl+C.
#[cfg(not(unix))]
pub(crate) fn told_to_stop() -> Result<impl Future<Output = ()>, Error> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
