//! The layers of the lint that a call is in.

use std::sync::Arc;

use crate::Environment;
use crate::lint::around::Crossing;
use crate::lint::watch::WatchSink;

/// A layer of the lint that a call is in; the environment carries the innermost one.
///
/// By it a layer knows its environment again, and the inner half of [`Lint::around`] finds the
/// outer one.
///
/// [`Lint::around`]: crate::Lint::around
#[derive(Debug)]
pub(crate) struct Mark {
    /// Where the layer sees what is pushed, if it does.
    sink: Option<Arc<WatchSink>>,
    /// What the outer half of a pair has seen, if this is one.
    crossing: Option<Arc<Crossing>>,
    outer: Option<Arc<Self>>,
}

impl Mark {
    /// Puts a layer around the call.
    pub(super) fn enter(
        env: &mut Environment,
        sink: Option<Arc<WatchSink>>,
        crossing: Option<Arc<Crossing>>,
    ) -> Arc<Self> {
        let mark = Arc::new(Self { sink, crossing, outer: env.inner.extras_mut().mark.take() });
        env.inner.extras_mut().mark = Some(Arc::clone(&mark));
        mark
    }

    /// Takes the layer off, with all that were put on inside and not taken off: a layer whose future
    /// was dropped cannot do so itself.
    ///
    /// Returns the sinks of all of them; `None` where the environment is not the one that went in.
    pub(super) fn leave(self: &Arc<Self>, env: &mut Environment) -> Option<Vec<Arc<WatchSink>>> {
        let depth = chain(env).position(|mark| Arc::ptr_eq(mark, self))?;
        let layers = chain(env).take(depth + 1);
        let sinks = layers.filter_map(|mark| mark.sink.clone()).collect();
        env.inner.extras_mut().mark.clone_from(&self.outer);
        Some(sinks)
    }

    /// What the outer half has seen, of the innermost pair that is meant.
    pub(super) fn crossing(
        env: &Environment,
        is_meant: impl Fn(&Crossing) -> bool,
    ) -> Option<Arc<Crossing>> {
        chain(env).filter_map(|mark| mark.crossing.as_ref()).find(|c| is_meant(c)).cloned()
    }
}

/// The layers, the innermost first.
fn chain(env: &Environment) -> impl Iterator<Item = &Arc<Mark>> {
    std::iter::successors(env.inner.extras().mark.as_ref(), |mark| mark.outer.as_ref())
}
