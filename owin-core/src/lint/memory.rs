//! What a lint knows besides the call: what was announced, and what other calls were like.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::environment::ValueRef;
use crate::{Capabilities, Properties, Version, keys};

/// What was announced at start-up, as far as the lint was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Startup {
    pub(super) version: Option<Version>,
    pub(super) capabilities: Option<Capabilities>,
}

impl Startup {
    pub(super) fn of(properties: &Properties) -> Self {
        Self {
            version: properties.get(keys::OWIN_VERSION).copied(),
            capabilities: properties.get(keys::SERVER_CAPABILITIES).cloned(),
        }
    }
}

/// What a lint remembers from one call to the next.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// The type of each key that the contract does not know.
    types: BTreeMap<String, &'static str>,
    capabilities: Option<Capabilities>,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The type that the key had when it was first seen, where it has another one now.
    pub(super) fn other_type(&self, name: &str, value: ValueRef<'_>) -> Option<&'static str> {
        if keys::info(name).is_some() {
            return None;
        }
        let mut seen = self.lock();
        let Some(first) = seen.types.get(name) else {
            if seen.types.len() < MAX_NAMES {
                seen.types.insert(name.to_owned(), value.type_name());
            }
            return None;
        };
        Some(*first).filter(|first| *first != value.type_name())
    }

    /// The capabilities that were seen first, where those of now say something else.
    pub(super) fn other_capabilities(&self, said: &Capabilities) -> Option<Capabilities> {
        let mut seen = self.lock();
        let first = seen.capabilities.get_or_insert_with(|| said.clone());
        let is_equal =
            Capabilities::is_same(first, said) || format!("{first:?}") == format!("{said:?}");
        (!is_equal).then(|| first.clone())
    }
}

/// Names that are made up anew for each call must not fill the memory.
const MAX_NAMES: usize = 1_024;
