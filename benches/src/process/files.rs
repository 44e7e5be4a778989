//! How many files, and so connections, a process may have open.

use std::fs;
use std::io::{self, Write};

/// What a process needs besides the connections: listeners, pipes, the runtime.
const OTHERS: u32 = 64;

/// How many files this process and those that it starts may have open.
///
/// # Errors
///
/// Where the system does not say.
pub(crate) fn limit() -> io::Result<u64> {
    rlimit::Resource::NOFILE.get().map(|(soft, _)| soft)
}

/// Raises the limit as far as the system lets us, for the servers that are started later too;
/// returns how many of the connections fit, and says so where that is not all.
///
/// # Errors
///
/// Where the limit cannot be read or set, or none fit.
pub(crate) fn make_room(connections: u32) -> io::Result<u32> {
    let limit = rlimit::increase_nofile_limit(u64::from(connections.saturating_add(OTHERS)))?;
    let fitting = fitting(connections, limit);
    if fitting == 0 {
        return Err(io::Error::other(format!("the system allows only {limit} open files")));
    }
    if fitting < connections {
        let said = "connections, for the system allows no more open files (see ulimit -Hn)";
        writeln!(io::stdout(), "only {fitting} instead of {connections} {said}")?;
    }
    Ok(fitting)
}

/// How many files the processes have open.
///
/// # Errors
///
/// Where a process is gone, or the system has no `/proc`.
pub(crate) fn open(processes: &[u32]) -> io::Result<usize> {
    let counts = processes.iter().map(|process| {
        let files = fs::read_dir(format!("/proc/{process}/fd"))?;
        Ok(files.count())
    });
    counts.sum()
}

fn fitting(connections: u32, limit: u64) -> u32 {
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    connections.min(limit.saturating_sub(OTHERS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_connections_are_made_where_the_limit_is_low() {
        assert_eq!(fitting(5_000, 20_000), 5_000);
        assert_eq!(fitting(5_000, 1_024), 960);
        assert_eq!(fitting(5_000, u64::MAX), 5_000);
        assert_eq!(fitting(5_000, 10), 0);
    }

    #[test]
    fn a_file_that_is_opened_is_counted() {
        let open_now = || open(&[std::process::id()]).unwrap();
        let before = open_now();
        let files: Vec<fs::File> = (0..100).map(|_| fs::File::open("/dev/null").unwrap()).collect();
        // Other tests open and close files at the same time, but few.
        assert!(open_now() > before + 50);
        drop(files);
        assert!(open_now() < before + 50);
    }
}
