//! What an operator sees of refusals and load.
//!
//! [`Counters`] say how much there is of everything, an [`Observer`] hears of each connection and
//! each refusal by itself. Both are given to the server before its start:
//!
//! ```
//! use nowin_like_server::NowinServer;
//! use nowin_like_server::observe::{Closed, Observer};
//!
//! struct Ends;
//!
//! impl Observer for Ends {
//!     fn connection_closed(&self, closed: &Closed<'_>) {
//!         println!("{} {}", closed.connection_id(), closed.end().code());
//!     }
//! }
//!
//! let server = NowinServer::new().with_observer(Ends);
//! let counters = server.counters();
//! assert_eq!(counters.snapshot().connections_open, 0);
//! ```

mod counters;
mod event;
mod observer;
mod reason;
mod snapshot;
#[cfg(test)]
mod tests;
mod watch;

pub use self::counters::Counters;
pub use self::event::{Closed, End, Opened, Refused, Traffic};
pub use self::observer::Observer;
pub use self::reason::Reason;
pub use self::snapshot::Snapshot;
pub(crate) use self::watch::{Watch, Watched};
