//! Sees the use of `sendfile.SendAsync`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::environment::slot::Slot;
use crate::keys::Known;
use crate::lint::judge::Judge;
use crate::lint::rules::send_file;
use crate::send_file::SendFile;
use crate::{Environment, keys};

/// Sees the use of `sendfile.SendAsync` in a call.
#[derive(Debug)]
pub(super) struct FileWatch {
    original: SendFile,
    shown: SendFile,
    /// The field had no value of its own: what the connection knows showed through.
    was_derived: bool,
    was_used: Arc<AtomicBool>,
}

/// Counts a call of the function until its future is over.
struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl FileWatch {
    /// Begins to watch, where the call has the function.
    pub(super) fn attach(env: &mut Environment, judge: &Judge) -> Option<Self> {
        let original = env.get(keys::SENDFILE_SEND_ASYNC)?.clone();
        let was_derived = env.inner.slots.boxed().sendfile_send_async.get().is_none();
        let was_used = Arc::new(AtomicBool::new(false));
        let may_overlap = send_file::may_overlap(env);
        let shown = {
            let (original, judge) = (original.clone(), judge.clone());
            let (used, running) = (Arc::clone(&was_used), Arc::new(AtomicUsize::new(0)));
            SendFile::new(move |range| {
                used.store(true, Ordering::Release);
                if running.fetch_add(1, Ordering::AcqRel) > 0 && !may_overlap {
                    send_file::overlapping(&judge);
                }
                let (original, under_way) = (original.clone(), UnderWay(Arc::clone(&running)));
                async move {
                    let opened = original.open(range).await;
                    drop(under_way);
                    opened
                }
            })
        };
        if let Some(slot) = slot_of(env) {
            let _original = slot.put(shown.clone());
        }
        Some(Self { original, shown, was_derived, was_used })
    }

    /// Stops watching, where the function that was shown still stands there.
    pub(super) fn detach(&self, env: &mut Environment) {
        let Some(slot) = slot_of(env) else { return };
        if !slot.get().is_some_and(|current| SendFile::is_same(current, &self.shown)) {
            return;
        }
        if self.was_derived {
            slot.reset();
        } else {
            let _shown = slot.put(self.original.clone());
        }
    }

    /// Says whether a file was sent.
    pub(super) fn was_used(&self) -> bool {
        self.was_used.load(Ordering::Acquire)
    }
}

/// The field of the function, to be changed.
fn slot_of(env: &mut Environment) -> Option<&mut Slot<SendFile>> {
    env.inner.slots.typed_mut(Known::SENDFILE_SEND_ASYNC)
}
