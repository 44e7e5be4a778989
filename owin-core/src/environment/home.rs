//! Where an environment goes when whoever has it drops it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::environment::{Environment, Inner};

/// Gets an environment back that is dropped on its way: by an app that failed, or whose future was
/// dropped. One that knows no home is gone.
///
/// An environment may have several, one inside the other; it goes to the innermost first. Where
/// that one is dropped too, it goes to the next.
#[derive(Default)]
pub(crate) struct Home(Mutex<State>);

#[derive(Default)]
struct State {
    returned: Option<Environment>,
    /// Where the environment goes when this home is gone.
    outer: Option<Arc<Home>>,
}

impl Home {
    /// Says to the environment that this is where it goes.
    pub(crate) fn expect(self: &Arc<Self>, env: &mut Environment) {
        let outer = env.inner.extras_mut().home.replace(Arc::clone(self));
        self.lock().outer = outer;
    }

    /// Says to the environment, which came back by itself, to forget this home.
    pub(crate) fn release(self: &Arc<Self>, env: &mut Environment) {
        let is_known = env.inner.extras().home.as_ref().is_some_and(|home| Arc::ptr_eq(home, self));
        if is_known {
            env.inner.extras_mut().home = self.lock().outer.take();
        }
    }

    /// Takes the environment that was dropped, if one was.
    pub(crate) fn take(&self) -> Option<Environment> {
        self.lock().returned.take()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Moves all that is in a dropped environment to its home, where it has one.
    pub(super) fn go_home(&mut self) {
        let Some(home) = self.extras.as_mut().and_then(|extras| extras.home.take()) else { return };
        let mut inner = Box::new(std::mem::replace(self, Self::empty()));
        let mut state = home.lock();
        inner.extras_mut().home = state.outer.take();
        let before = state.returned.replace(Environment { inner });
        drop(state);
        // Not under the lock: it may go to the next home.
        drop(before);
    }
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Home")
    }
}
