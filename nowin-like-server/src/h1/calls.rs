//! What calls the app, lent to connections that have a request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use owin_core::features::ConnectionInfo;
use owin_core::{BoxApp, Call};

/// How many calls are kept for the next connection that has a request.
const SPARE_CALLS: usize = 64;

/// In boxes, as they are lent: that costs no allocation.
type Spare = Vec<Box<Call>>;

/// The calls of an app that no connection has.
///
/// A connection that is busy keeps its call, with the memory of its environment; one that is silent
/// gives it back, so that silence costs little memory.
#[derive(Debug)]
pub(crate) struct Calls {
    app: BoxApp,
    spare: Mutex<Spare>,
}

impl Calls {
    pub(crate) fn new(app: BoxApp) -> Self {
        Self { app, spare: Mutex::default() }
    }

    /// A call for a connection on which there were so many requests.
    pub(super) fn lend(&self, connection: &Arc<ConnectionInfo>, requests: u64) -> Box<Call> {
        let spare = self.spare().pop();
        let mut call =
            spare.unwrap_or_else(|| Box::new(Call::new(&self.app, Arc::clone(connection))));
        call.move_to(connection, requests);
        call
    }

    /// Takes a call back between two requests.
    pub(super) fn take_back(&self, call: Box<Call>) {
        let mut spare = self.spare();
        if spare.len() < SPARE_CALLS {
            spare.push(call);
            return;
        }
        // To drop it may run code of others, which must find the lock free.
        drop(spare);
        drop(call);
    }

    fn spare(&self) -> MutexGuard<'_, Spare> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
