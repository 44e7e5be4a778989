//! How often an app was called with a nonce.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use owin_core::Error;
use sha2::{Digest, Sha256};

use super::hex;

/// The nonces that are kept; a run has fewer at work, and a probe may be reachable by anybody.
const KEPT: usize = 64 * 1024;

/// Counts calls by their nonces.
#[derive(Debug)]
pub(super) enum Calls {
    /// In memory, where the oldest are forgotten.
    Here(Mutex<Counts>),
    /// In files of a folder that processes share: a byte for each call.
    In(PathBuf),
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    of: BTreeMap<String, u64>,
    order: VecDeque<String>,
}

impl Calls {
    pub(super) fn here() -> Self {
        Self::Here(Mutex::default())
    }

    pub(super) fn add(&self, nonce: &str) -> Result<(), Error> {
        match self {
            Self::Here(counts) => {
                counts.lock().unwrap_or_else(PoisonError::into_inner).add(nonce);
                Ok(())
            }
            Self::In(folder) => {
                let mut file = File::options();
                let mut file = file.create(true).append(true).open(folder.join(name(nonce)))?;
                Ok(file.write_all(b"1")?)
            }
        }
    }

    pub(super) fn of(&self, nonce: &str) -> u64 {
        match self {
            Self::Here(counts) => {
                let counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
                counts.of.get(nonce).copied().unwrap_or_default()
            }
            Self::In(folder) => {
                std::fs::metadata(folder.join(name(nonce))).map_or(0, |file| file.len())
            }
        }
    }
}

impl Counts {
    fn add(&mut self, nonce: &str) {
        if let Some(count) = self.of.get_mut(nonce) {
            *count += 1;
            return;
        }
        if self.order.len() == KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.of.remove(&oldest);
        }
        self.order.push_back(nonce.to_owned());
        self.of.insert(nonce.to_owned(), 1);
    }
}

/// The file of a nonce; a peer chooses the nonce, and never the name.
fn name(nonce: &str) -> String {
    format!("{}.calls", hex(&Sha256::digest(nonce)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_their_nonces_and_the_oldest_are_forgotten() {
        let calls = Calls::here();
        calls.add("a").unwrap();
        calls.add("a").unwrap();
        assert_eq!((calls.of("a"), calls.of("b")), (2, 0));
        for number in 0..KEPT {
            calls.add(&number.to_string()).unwrap();
        }
        assert_eq!((calls.of("a"), calls.of("0")), (0, 1));
    }

    #[test]
    fn calls_of_several_processes_are_counted_together() {
        let folder = tempfile::tempdir().unwrap();
        let both = [(); 2].map(|()| Calls::In(folder.path().to_owned()));
        for calls in &both {
            calls.add("../a").unwrap();
        }
        assert_eq!(both.map(|calls| (calls.of("../a"), calls.of("a"))), [(2, 0), (2, 0)]);
    }
}
