//! Phrases behind a status, as actix takes them: for the life of the program.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// So many different phrases of apps are kept, and never more: their memory is not given back.
const MAX_PHRASES: usize = 256;

/// Longer phrases than this are kept by nobody.
const MAX_BYTES: usize = 128;

/// The phrases that were kept so far.
#[derive(Debug, Default)]
struct Kept(BTreeSet<&'static str>);

impl Kept {
    fn keep(&mut self, phrase: &str) -> Option<&'static str> {
        let kept = self.0.get(phrase).copied();
        if kept.is_some() || phrase.len() > MAX_BYTES || self.0.len() >= MAX_PHRASES {
            return kept;
        }
        let phrase: &'static str = Box::leak(phrase.into());
        self.0.insert(phrase);
        Some(phrase)
    }
}

/// The phrase, kept for ever; `None` where it is too long, or too many others were kept already.
pub(crate) fn kept(phrase: &str) -> Option<&'static str> {
    static KEPT: Mutex<Kept> = Mutex::new(Kept(BTreeSet::new()));
    if phrase.is_empty() {
        return Some("");
    }
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).keep(phrase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_kept_once() {
        let mut kept = Kept::default();
        let (first, second) = (kept.keep("Fine").unwrap(), kept.keep("Fine").unwrap());
        assert!(std::ptr::eq(first, second));
    }

    #[test]
    fn no_app_fills_the_memory_by_phrases() {
        let mut kept = Kept::default();
        assert_eq!(kept.keep(&"x".repeat(MAX_BYTES + 1)), None);
        for number in 0..MAX_PHRASES {
            assert!(kept.keep(&format!("phrase {number}")).is_some());
        }
        assert_eq!(kept.keep("one more"), None);
        assert_eq!(kept.keep("phrase 7"), Some("phrase 7"), "those of before stay");
    }
}
