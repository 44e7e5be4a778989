//! Where calls wait until they are told to go on.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::hex;

/// The gates that are kept; of more the oldest opens, so that nobody waits for ever.
const KEPT: usize = 4096;

/// How often a gate that another process opens is looked at.
const PAUSE: Duration = Duration::from_millis(20);

/// Gates by their names; each opens once and stays open.
#[derive(Debug)]
pub(super) enum Gates {
    /// In memory.
    Here(Mutex<Known>),
    /// In files of a folder that processes share.
    In(PathBuf),
}

#[derive(Debug, Default)]
pub(super) struct Known {
    of: BTreeMap<String, Gate>,
    order: VecDeque<String>,
}

#[derive(Debug, Default)]
struct Gate {
    is_open: bool,
    waiting: Vec<Waker>,
}

impl Gates {
    pub(super) fn here() -> Self {
        Self::Here(Mutex::default())
    }

    /// Opens a gate: whoever waits there goes on, and nobody waits there any more.
    pub(super) fn open(&self, name: &str) {
        match self {
            Self::Here(known) => {
                let waiting = known.lock().unwrap_or_else(PoisonError::into_inner).open(name);
                waiting.into_iter().for_each(Waker::wake);
            }
            Self::In(folder) => {
                let _lost = std::fs::write(file(folder, name), b"");
            }
        }
    }

    /// Waits until the gate is open.
    pub(super) async fn passed(&self, name: &str) {
        poll_fn(|cx| self.poll_passed(name, cx)).await;
    }

    /// Says whether the gate is open, and wakes when it opens.
    pub(super) fn poll_passed(&self, name: &str, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Here(known) => {
                known.lock().unwrap_or_else(PoisonError::into_inner).poll_passed(name, cx)
            }
            Self::In(folder) if file(folder, name).exists() => Poll::Ready(()),
            Self::In(_) => {
                let waker = cx.waker().clone();
                std::thread::spawn(move || {
                    std::thread::sleep(PAUSE);
                    waker.wake();
                });
                Poll::Pending
            }
        }
    }
}

impl Known {
    fn open(&mut self, name: &str) -> Vec<Waker> {
        let gate = self.gate(name);
        gate.is_open = true;
        std::mem::take(&mut gate.waiting)
    }

    fn poll_passed(&mut self, name: &str, cx: &mut Context<'_>) -> Poll<()> {
        let gate = self.gate(name);
        if gate.is_open {
            return Poll::Ready(());
        }
        if !gate.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            gate.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    fn gate(&mut self, name: &str) -> &mut Gate {
        if !self.of.contains_key(name) {
            if self.order.len() == KEPT
                && let Some(oldest) = self.order.pop_front()
                && let Some(gate) = self.of.remove(&oldest)
            {
                gate.waiting.into_iter().for_each(Waker::wake);
            }
            self.order.push_back(name.to_owned());
        }
        self.of.entry(name.to_owned()).or_default()
    }
}

/// The file of a gate; a peer chooses the gate's name, and never the file's.
fn file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{}.gate", hex(&Sha256::digest(name))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_opens_once_and_stays_open() {
        let gates = Gates::here();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(gates.poll_passed("a", &mut cx).is_pending());
        gates.open("a");
        assert!(gates.poll_passed("a", &mut cx).is_ready());
        assert!(gates.poll_passed("b", &mut cx).is_pending());
    }

    #[test]
    fn a_gate_that_another_process_opens_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let [own, other] = [(); 2].map(|()| Gates::In(folder.path().to_owned()));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(own.poll_passed("../a", &mut cx).is_pending());
        other.open("../a");
        assert!(own.poll_passed("../a", &mut cx).is_ready());
    }

    #[test]
    fn no_more_gates_are_kept_than_so_many() {
        let mut known = Known::default();
        for number in 0..=KEPT {
            known.open(&number.to_string());
        }
        assert_eq!(known.of.len(), KEPT);
    }
}
