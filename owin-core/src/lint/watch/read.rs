//! Sees the reads of a request's body.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::RequestBody;
use crate::lint::judge::Judge;
use crate::lint::rules::body;
use crate::lint::watch::Progress;

/// Sees the reads of a request's body, wherever the body is taken.
#[derive(Debug)]
pub(crate) struct ReadWatch {
    judge: Judge,
    progress: Arc<Progress>,
    is_pending: AtomicBool,
    /// The watch of the layer further out.
    outer: Option<Arc<Self>>,
}

impl ReadWatch {
    /// Begins to watch a body.
    pub(super) fn attach(
        body: &mut RequestBody,
        judge: &Judge,
        progress: &Arc<Progress>,
    ) -> Arc<Self> {
        let slot = body.watch_mut();
        let watch = Arc::new(Self {
            judge: judge.clone(),
            progress: Arc::clone(progress),
            is_pending: AtomicBool::new(false),
            outer: slot.take(),
        });
        *slot = Some(Arc::clone(&watch));
        watch
    }

    /// Stops watching a body that has come back; `false` where it did not.
    pub(super) fn detach(self: &Arc<Self>, body: &mut RequestBody) -> bool {
        let slot = body.watch_mut();
        let mut layers = std::iter::successors(slot.as_ref(), |watch| watch.outer.as_ref());
        let is_back = layers.any(|watch| Arc::ptr_eq(watch, self));
        if is_back {
            slot.clone_from(&self.outer);
        }
        is_back
    }

    /// Says whether the body is alive somewhere and its last read waits.
    pub(super) fn is_being_read(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) > 1 && self.is_pending.load(Ordering::Acquire)
    }

    /// Hears of a read.
    pub(crate) fn polled(&self, is_pending: bool) {
        self.is_pending.store(is_pending, Ordering::Release);
        if self.progress.is_over() {
            body::read_after_the_end(&self.judge);
        }
        if let Some(outer) = &self.outer {
            outer.polled(is_pending);
        }
    }
}
