//! The page of a call, as the probe app uses it.

use std::fs;
use std::thread;
use std::time::Duration;

use owin_core::{CallCancelled, Environment, Error};
use tokio::sync::oneshot;

use crate::ledger::{Ledger, Page};
use crate::probe::query;

/// How often a thread looks whether something has happened.
const PAUSE: Duration = Duration::from_millis(5);

/// How often it looks before it gives up: two minutes in all.
const LOOKS: u32 = 24_000;

/// What became of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// Somebody said so.
    Marked,
    /// The token has fired.
    Fired,
    /// Nothing happened for so long that nobody can be waiting any more.
    GaveUp,
}

/// Where a call notes what it sees; nowhere where the request names no page.
#[derive(Clone, Debug)]
pub(super) struct Notes(Option<Page>);

impl Notes {
    /// Opens the page that the query names as `nonce`.
    pub(super) fn of(env: &Environment, ledger: &Ledger) -> Result<Self, Error> {
        query(env, "nonce").map(|nonce| ledger.page(nonce)).transpose().map(Self)
    }

    pub(super) const fn page(&self) -> Option<&Page> {
        self.0.as_ref()
    }

    /// Notes a line.
    pub(super) fn note(&self, line: impl AsRef<str>) -> Result<(), Error> {
        let Some(page) = &self.0 else { return Ok(()) };
        page.note(line.as_ref())
            .map_err(|error| Error::server("the ledger cannot be written").with_source(error))
    }

    /// Notes `memory NOW PEAK`: the bytes that the process has, and had at most, in memory; nothing
    /// where the system does not say.
    pub(super) fn note_memory(&self) -> Result<(), Error> {
        let Ok(status) = fs::read_to_string("/proc/self/status") else { return Ok(()) };
        match (kilobytes(&status, "VmRSS:"), kilobytes(&status, "VmHWM:")) {
            (Some(now), Some(peak)) => self.note(format!("memory {} {}", now << 10, peak << 10)),
            _ => Ok(()),
        }
    }

    /// Waits until the page has the mark.
    pub(super) async fn marked(&self, mark: &str) -> Waited {
        self.watch(mark, CallCancelled::never()).await.unwrap_or(Waited::GaveUp)
    }

    /// Waits on a thread of its own until the token has fired or the page has the mark. The thread
    /// goes on where the call is dropped, and notes `fired REASON` in either case.
    pub(super) fn watch(&self, mark: &str, token: CallCancelled) -> oneshot::Receiver<Waited> {
        let (sender, receiver) = oneshot::channel();
        let (notes, mark) = (self.clone(), mark.to_owned());
        thread::spawn(move || {
            let _dropped = sender.send(notes.look(&mark, &token));
        });
        receiver
    }

    fn look(&self, mark: &str, token: &CallCancelled) -> Waited {
        for _ in 0..LOOKS {
            if let Some(reason) = token.reason() {
                let _unwritable = self.note(format!("fired {reason:?}"));
                return Waited::Fired;
            }
            if self.0.as_ref().is_none_or(|page| page.is_marked(mark)) {
                return Waited::Marked;
            }
            thread::sleep(PAUSE);
        }
        let _unwritable = self.note("gave-up");
        Waited::GaveUp
    }
}

/// A figure of `/proc/PID/status`, in the system's kB of 1,024 bytes.
fn kilobytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_the_system_writes_it() {
        let status = "Name:\ta\nVmHWM:\t    2000 kB\nVmRSS:\t    1900 kB\n";
        assert_eq!(kilobytes(status, "VmHWM:"), Some(2_000));
        assert_eq!(kilobytes(status, "VmRSS:"), Some(1_900));
        assert_eq!(kilobytes(status, "VmSwap:"), None);
    }
}
