//! What became of calls, by their nonces.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use owin_core::CallCancelled;
use serde_json::{Value, json};

/// The calls that are kept.
const KEPT: usize = 4096;

/// What became of the calls that had a nonce.
#[derive(Debug, Default)]
pub(super) struct Fates(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    of: BTreeMap<String, Arc<Mutex<Fate>>>,
    order: VecDeque<String>,
}

/// What became of one call.
#[derive(Debug)]
struct Fate {
    /// Asked when somebody wants to know: a token that is looked at late must have fired too.
    token: CallCancelled,
    written: u64,
    failed: Option<&'static str>,
    has_ended: bool,
}

/// The call itself, which tells how it goes on; dropping it says that it has ended.
#[derive(Debug)]
pub(super) struct Told(Arc<Mutex<Fate>>);

impl Fates {
    /// A call begins.
    pub(super) fn begin(&self, nonce: &str, token: CallCancelled) -> Told {
        let fate = Fate { token, written: 0, failed: None, has_ended: false };
        let fate = Arc::new(Mutex::new(fate));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.of.insert(nonce.to_owned(), fate.clone()).is_none() {
            if known.order.len() == KEPT
                && let Some(oldest) = known.order.pop_front()
            {
                known.of.remove(&oldest);
            }
            known.order.push_back(nonce.to_owned());
        }
        Told(fate)
    }

    /// What is known of a call, as JSON.
    pub(super) fn of(&self, nonce: &str) -> Value {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(fate) = known.of.get(nonce) else { return json!({ "began": false }) };
        let fate = locked(fate);
        json!({
            "began": true,
            "cancelled": fate.token.is_cancelled(),
            "written": fate.written,
            "failed": fate.failed,
            "ended": fate.has_ended,
        })
    }
}

impl Told {
    /// So many bytes more were taken of the app.
    pub(super) fn wrote(&self, bytes: usize) {
        locked(&self.0).written += u64::try_from(bytes).unwrap_or_default();
    }

    /// A read or a write failed.
    pub(super) fn failed(&self, what: &'static str) {
        locked(&self.0).failed = Some(what);
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        locked(&self.0).has_ended = true;
    }
}

fn locked(fate: &Mutex<Fate>) -> MutexGuard<'_, Fate> {
    fate.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use owin_core::{CancelReason, CancelSource};

    use super::*;

    #[test]
    fn what_becomes_of_a_call_is_told_after_it_has_ended_too() {
        let (fates, source) = (Fates::default(), CancelSource::new());
        assert_eq!(fates.of("a"), json!({ "began": false }));
        let told = fates.begin("a", source.token());
        told.wrote(3);
        told.failed("write");
        assert_eq!(fates.of("a").get("ended"), Some(&json!(false)));
        drop(told);
        source.cancel(CancelReason::PeerReset);
        let right = json!({ "began": true, "cancelled": true, "written": 3, "failed": "write",
            "ended": true });
        assert_eq!(fates.of("a"), right);
    }
}
