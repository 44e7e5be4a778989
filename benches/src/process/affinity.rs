//! Which processor a process runs on.

use std::io;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// A processor of this machine, of those that this process may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cpu {
    First,
    Last,
}

impl Cpu {
    /// Starts something on it: a process that is started there stays there with all its threads.
    ///
    /// # Errors
    ///
    /// Where the system does not let it, or the start fails.
    pub(crate) fn start<T>(self, start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let all = sched_getaffinity(None)?;
        let mut usable = (0..CpuSet::MAX_CPU).filter(|number| all.is_set(*number));
        let chosen = match self {
            Self::First => usable.next(),
            Self::Last => usable.next_back(),
        };
        let mut one = CpuSet::new();
        chosen.into_iter().for_each(|number| one.set(number));
        sched_setaffinity(None, &one)?;
        let started = start();
        sched_setaffinity(None, &all)?;
        started
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_started_has_one_processor_and_who_starts_it_keeps_all() {
        let before = sched_getaffinity(None).unwrap();
        for cpu in [Cpu::First, Cpu::Last] {
            let within = cpu.start(|| Ok(sched_getaffinity(None)?)).unwrap();
            assert_eq!(within.count(), 1);
            assert_eq!(sched_getaffinity(None).unwrap(), before);
        }
    }
}
