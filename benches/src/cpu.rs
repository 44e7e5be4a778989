//! The CPU time of a process, as the system counts it.

use std::fs;
use std::io;
use std::time::Duration;

/// The CPU time that all threads of a process have used so far.
///
/// # Errors
///
/// Where the process is gone, or the system has no `/proc`.
pub(crate) fn used(process: u32) -> io::Result<Duration> {
    let mut nanoseconds = 0;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        let on_cpu = text.split(' ').next().and_then(|number| number.parse::<u64>().ok());
        nanoseconds += on_cpu.unwrap_or(0);
    }
    Ok(Duration::from_nanos(nanoseconds))
}
