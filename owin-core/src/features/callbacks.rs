//! `server.OnSendingHeaders` and `server.OnCompleted`.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::exclusive::Exclusive;
use crate::{Environment, Error};

/// A callback that runs just before the response starts.
pub type SendingHeaders = Box<dyn FnOnce(&mut Environment) -> Result<(), Error> + Send>;

type Completed = Box<dyn FnOnce(Outcome) + Send>;

/// Says how a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The server has the whole response and sends it, perhaps together with those of requests that
    /// were pipelined behind it.
    Completed,
    /// The peer went away, or the server gave up, before that.
    Cancelled,
    /// The application failed.
    Failed,
}

/// Takes callbacks that run just before the response starts: the last chance to change status,
/// phrase and headers. The last registered runs first; each runs exactly once, also where no body
/// is written.
///
/// Register through [`Environment::on_sending_headers`].
#[derive(Default)]
pub struct OnSendingHeaders {
    callbacks: Vec<Exclusive<SendingHeaders>>,
}

impl OnSendingHeaders {
    /// Adds a callback.
    pub fn register(
        &mut self,
        callback: impl FnOnce(&mut Environment) -> Result<(), Error> + Send + 'static,
    ) {
        self.callbacks.push(Exclusive::new(Box::new(callback)));
    }

    /// The number of callbacks that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.callbacks.len()
    }

    /// Says whether no callback waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.callbacks.is_empty()
    }

    pub(crate) fn pop(&mut self) -> Option<SendingHeaders> {
        self.callbacks.pop().map(Exclusive::into_inner)
    }

    pub(crate) fn clear(&mut self) {
        self.callbacks.clear();
    }
}

impl fmt::Debug for OnSendingHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OnSendingHeaders({} waiting)", self.callbacks.len())
    }
}

/// Takes callbacks that run once the call is over, the last registered first, each exactly once.
///
/// They run also where the call failed and its environment was lost. Register through
/// [`Environment::on_completed`].
#[derive(Default)]
pub struct OnCompleted {
    callbacks: Vec<Exclusive<Completed>>,
}

impl OnCompleted {
    /// Adds a callback.
    pub fn register(&mut self, callback: impl FnOnce(Outcome) + Send + 'static) {
        self.callbacks.push(Exclusive::new(Box::new(callback)));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.callbacks.is_empty()
    }

    /// Runs the callbacks. One that panics does not keep the others from running.
    pub(crate) fn run(&mut self, outcome: Outcome) {
        while let Some(callback) = self.callbacks.pop() {
            let callback = callback.into_inner();
            let _panic = catch_unwind(AssertUnwindSafe(|| callback(outcome)));
        }
    }
}

/// The call was lost before the server could say how it ended.
impl Drop for OnCompleted {
    fn drop(&mut self) {
        self.run(Outcome::Failed);
    }
}

impl fmt::Debug for OnCompleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OnCompleted({} waiting)", self.callbacks.len())
    }
}

impl Environment {
    /// Registers a callback that runs just before the response starts (`server.OnSendingHeaders`).
    ///
    /// # Errors
    ///
    /// Where the response has started, or the server took the key away.
    ///
    /// ```
    /// use owin_core::{Environment, keys};
    ///
    /// let mut env = Environment::new();
    /// env.on_sending_headers(|env| env.response_mut().headers_mut()?.set("x-late", "yes"))?;
    /// env.start_response()?;
    /// assert_eq!(env.response().headers().text("x-late"), Some("yes"));
    /// assert!(env.on_sending_headers(|_| Ok(())).is_err(), "too late");
    /// # Ok::<_, owin_core::Error>(())
    /// ```
    pub fn on_sending_headers(
        &mut self,
        callback: impl FnOnce(&mut Self) -> Result<(), Error> + Send + 'static,
    ) -> Result<(), Error> {
        self.get_mut(crate::keys::SERVER_ON_SENDING_HEADERS)?.register(callback);
        Ok(())
    }

    /// Registers a callback that runs once the call is over (`server.OnCompleted`).
    ///
    /// # Errors
    ///
    /// Where the server took the key away.
    pub fn on_completed(
        &mut self,
        callback: impl FnOnce(Outcome) + Send + 'static,
    ) -> Result<(), Error> {
        self.get_mut(crate::keys::SERVER_ON_COMPLETED)?.register(callback);
        Ok(())
    }
}
