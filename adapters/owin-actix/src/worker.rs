//! What one thread of actix has for all its connections.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use owin_core::{BoxApp, Call};
use tokio::sync::mpsc;

use crate::connection::Connection;

/// So many calls are kept for later requests: more than that are seldom under way at once.
const MAX_IDLE: usize = 64;

/// How long an app may go on with a call of which the client wants no more.
pub(crate) const TIDY_TIME: Duration = Duration::from_secs(5);

/// Something that goes on for a little while after its connection has gone.
pub(crate) type Leftover = Pin<Box<dyn Future<Output = ()>>>;

/// What one thread of actix has for all its connections. Stays on it.
pub(crate) struct Worker {
    app: BoxApp,
    #[expect(clippy::vec_box, reason = "it moves from hand to hand as one pointer")]
    idle: RefCell<Vec<Box<Call>>>,
    leftovers: mpsc::UnboundedSender<Leftover>,
    /// Whom the server waits for when it ends: every call on the thread holds its worker.
    _alive: Option<mpsc::Sender<()>>,
}

impl Worker {
    /// Only on a thread of actix: what is left of calls runs beside the connections.
    pub(crate) fn new(app: &BoxApp, alive: Option<mpsc::Sender<()>>) -> Self {
        let (leftovers, mut left) = mpsc::unbounded_channel::<Leftover>();
        let _until_the_worker_goes = tokio::task::spawn_local(async move {
            while let Some(leftover) = left.recv().await {
                let _tidied = tokio::task::spawn_local(tokio::time::timeout(TIDY_TIME, leftover));
            }
        });
        Self { app: app.clone(), idle: RefCell::default(), leftovers, _alive: alive }
    }

    /// A call for the next request of that connection.
    pub(crate) fn take(&self, connection: &Connection) -> Box<Call> {
        let idle = self.idle.borrow_mut().pop();
        let fresh = || Box::new(Call::new(&self.app, connection.info().clone()));
        let mut call = idle.unwrap_or_else(fresh);
        call.move_to(connection.info(), connection.next_number());
        call
    }

    /// Keeps a call that is over.
    pub(crate) fn put(&self, call: Box<Call>) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() < MAX_IDLE {
            idle.push(call);
        }
    }

    /// Lets something go on for a limited time. Where the thread itself ends it ends too.
    pub(crate) fn leave(&self, leftover: Leftover) {
        let _gone = self.leftovers.send(leftover);
    }
}
