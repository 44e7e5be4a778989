//! The resident memory of processes, as the system counts it.

use std::fs;
use std::io;

/// The bytes that the processes have in memory, all together.
///
/// # Errors
///
/// Where a process is gone, or the system has no `/proc`.
pub(crate) fn resident_bytes(processes: &[u32]) -> io::Result<u64> {
    let mut bytes = 0;
    for process in processes {
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        bytes += resident(&status)
            .ok_or_else(|| io::Error::other(format!("process {process} has no memory any more")))?;
    }
    Ok(bytes)
}

/// Reads `VmRSS:     1900 kB`, where the system's kB are 1,024 bytes.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::resident;

    #[test]
    fn resident_memory_is_read_in_bytes() {
        let status = "Name:\ta\nVmHWM:\t    2000 kB\nVmRSS:\t    1900 kB\nRssAnon:\t 148 kB\n";
        assert_eq!(resident(status), Some(1900 * 1024));
    }

    #[test]
    fn a_process_that_has_ended_has_none() {
        assert_eq!(resident("Name:\ta\nState:\tZ (zombie)\n"), None);
        assert_eq!(resident("VmRSS:\tmuch kB\n"), None);
    }
}
