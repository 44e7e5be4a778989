//! Sessions that can be taken up again as often as anybody likes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use rustls::server::StoresServerSessions;

/// Keeps every session, and gives it away without forgetting it.
#[derive(Debug, Default)]
pub(super) struct Forgetless(Mutex<HashMap<Vec<u8>, Vec<u8>>>);

static SHARED: OnceLock<Arc<Forgetless>> = OnceLock::new();

impl Forgetless {
    pub(super) fn shared() -> Arc<Self> {
        SHARED.get_or_init(Arc::default).clone()
    }
}

impl StoresServerSessions for Forgetless {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        self.0.lock().unwrap().insert(key, value);
        true
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.lock().unwrap().get(key).cloned()
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.get(key)
    }

    fn can_cache(&self) -> bool {
        true
    }
}
