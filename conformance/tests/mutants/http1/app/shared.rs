//! What the calls of a mutant share: counts, gates, what became of them.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

/// How many calls a mutant makes at once that makes too few.
const FEW: usize = 12;

/// What all connections of a mutant reach.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(super) scheme: &'static str,
    calls: Mutex<HashMap<String, u64>>,
    open: Mutex<HashSet<String>>,
    fates: Mutex<HashMap<String, Fate>>,
    /// The query of the newest call.
    pub(super) newest: Mutex<String>,
    /// How often something was asked that should not change.
    pub(super) asked: Mutex<u64>,
    /// How many calls wait.
    pub(super) waiting: Mutex<usize>,
}

/// What became of one call.
#[derive(Clone, Debug, Default)]
pub(super) struct Fate {
    pub(super) is_cancelled: bool,
    pub(super) written: usize,
    pub(super) failed: Option<&'static str>,
    pub(super) has_ended: bool,
}

impl Shared {
    pub(crate) fn of(scheme: &'static str) -> Self {
        Self { scheme, ..Self::default() }
    }

    pub(super) fn called(&self, nonce: &str, times: u64) {
        *self.calls.lock().unwrap().entry(nonce.to_owned()).or_default() += times;
    }

    pub(super) fn count(&self, nonce: &str) -> u64 {
        self.calls.lock().unwrap().get(nonce).copied().unwrap_or_default()
    }

    pub(super) fn fate(&self, nonce: &str, change: impl FnOnce(&mut Fate)) {
        change(self.fates.lock().unwrap().entry(nonce.to_owned()).or_default());
    }

    /// The token of a call fires.
    pub(crate) fn cancel(&self, nonce: &str) {
        self.fate(nonce, |fate| fate.is_cancelled = true);
    }

    pub(super) fn told(&self, nonce: &str) -> Value {
        let fates = self.fates.lock().unwrap();
        let Some(fate) = fates.get(nonce) else { return json!({ "began": false }) };
        json!({
            "began": true,
            "cancelled": fate.is_cancelled,
            "written": fate.written,
            "failed": fate.failed,
            "ended": fate.has_ended,
        })
    }

    /// Waits until few calls wait.
    pub(super) fn wait_for_room(&self) {
        while *self.waiting.lock().unwrap() >= FEW {
            std::thread::sleep(Duration::from_millis(3));
        }
    }

    pub(super) fn open(&self, name: &str) {
        self.open.lock().unwrap().insert(name.to_owned());
    }

    pub(super) fn is_open(&self, name: &str) -> bool {
        self.open.lock().unwrap().contains(name)
    }
}
