//! What somebody hears of connections and refusals.

use std::sync::Arc;

use crate::observe::{Closed, Opened, Refused};

/// Hears of connections and of what no app sees.
///
/// Every method does nothing unless it is written. They are called by the task of the connection,
/// outside of any lock: what takes long holds up that connection and the others on its thread, so
/// hand over what is to be written somewhere. A panic is caught and logged; the connection goes on as
/// if the method had returned.
///
/// ```
/// use std::sync::Mutex;
/// use nowin_like_server::observe::{Observer, Reason, Refused};
///
/// #[derive(Default)]
/// struct Log(Mutex<Vec<String>>);
///
/// impl Observer for Log {
///     fn refused(&self, refused: &Refused<'_>) {
///         let line = format!("{} {}", refused.reason().code(), refused.escaped());
///         self.0.lock().unwrap_or_else(|error| error.into_inner()).push(line);
///     }
/// }
///
/// let log = Log::default();
/// log.refused(&Refused::new(Reason::MethodIllegal, "c1").with_first_bytes(b"G\x1bT / HTTP/1.1\r\n"));
/// let lines = log.0.into_inner().unwrap_or_default();
/// assert_eq!(lines, [r"method-illegal G\x1bT / HTTP/1.1\r\n"]);
/// ```
pub trait Observer: Send + Sync + 'static {
    /// A message was refused, a connection closed against the client's will, or an app dropped.
    fn refused(&self, refused: &Refused<'_>) {
        let _ = refused;
    }

    /// A connection was accepted, and there is room for it.
    fn connection_opened(&self, opened: &Opened<'_>) {
        let _ = opened;
    }

    /// A connection that was opened is over.
    fn connection_closed(&self, closed: &Closed<'_>) {
        let _ = closed;
    }
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn refused(&self, refused: &Refused<'_>) {
        (**self).refused(refused);
    }

    fn connection_opened(&self, opened: &Opened<'_>) {
        (**self).connection_opened(opened);
    }

    fn connection_closed(&self, closed: &Closed<'_>) {
        (**self).connection_closed(closed);
    }
}
