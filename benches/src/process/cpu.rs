//! The CPU time of processes, as the system counts it.

use std::fs;
use std::io;
use std::time::Duration;

/// What `/proc/PID/stat` counts in: a hundredth of a second, whatever the kernel's own clock does.
const TICK: Duration = Duration::from_millis(10);

/// The CPU time that all threads of the processes have used so far.
///
/// # Errors
///
/// Where a process is gone, or the system has no `/proc`.
pub(crate) fn used(processes: &[u32]) -> io::Result<Duration> {
    let mut nanoseconds = 0;
    for process in processes {
        for task in fs::read_dir(format!("/proc/{process}/task"))? {
            let text = fs::read_to_string(task?.path().join("schedstat"))?;
            let on_cpu = text.split(' ').next().and_then(|number| number.parse::<u64>().ok());
            nanoseconds += on_cpu.unwrap_or(0);
        }
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// The CPU time of the children of this process that have ended and were waited for.
///
/// # Errors
///
/// Where the system has no `/proc`, or one of another form.
pub(crate) fn used_by_children() -> io::Result<Duration> {
    let text = fs::read_to_string("/proc/self/stat")?;
    of_children(&text).ok_or_else(|| io::Error::other("/proc/self/stat is not understood"))
}

/// Reads `cutime` and `cstime`, the 16th and 17th field. The second is the program's name in
/// brackets, which may have anything in it, brackets and blanks too.
fn of_children(stat: &str) -> Option<Duration> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_ascii_whitespace().skip(13);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    TICK.checked_mul(user.checked_add(system)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_children_stands_behind_the_name() {
        let stat = "7 (a) b) c) S 1 7 7 0 -1 4194304 101 0 0 0 11 12 130 14 20 0 1 0 87311 0";
        assert_eq!(of_children(stat), Some(Duration::from_millis(1440)));
        assert_eq!(of_children("7 (a) S 1 7 7"), None);
        assert_eq!(of_children(""), None);
    }
}
