//! What the processor counts itself, read by `perf stat`.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::Command;

/// Only what is outside the kernel, as callgrind has it.
const EVENT: &str = "instructions:u";

/// Refuses to go on where perf is missing, or has no counters to read.
pub(super) fn check() -> io::Result<()> {
    let output = Command::new("perf").args(["stat", "-x,", "-e", EVENT, "true"]).output();
    let output = output.map_err(|_| {
        io::Error::other(
            "perf is not installed (try: apt-get install linux-perf, or --with callgrind)",
        )
    })?;
    instructions(&String::from_utf8_lossy(&output.stderr)).map(drop)
}

/// What stands before the command of the server.
pub(super) fn command(file: &Path) -> Vec<OsString> {
    let words = ["perf", "stat", "-x,", "-e", EVENT, "-o"].into_iter().map(OsString::from);
    words.chain([file.into(), "--".into()]).collect()
}

/// Reads the line `123456,,instructions:u,…`; the number may be a remark instead.
pub(super) fn instructions(text: &str) -> io::Result<u64> {
    let line = text.lines().find(|line| line.contains(EVENT)).unwrap_or_default();
    let count = line.split(',').next().unwrap_or_default();
    count.parse().map_err(|_| {
        io::Error::other(format!(
            "perf cannot count instructions on this machine: it says {:?} (try: --with callgrind)",
            if count.is_empty() { text.trim() } else { count }
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::instructions;

    #[test]
    fn a_count_is_found_behind_the_heading() {
        let text = "# started on Sat\n\n4520316,,instructions:u,123456,100.00,,\n";
        assert_eq!(instructions(text).unwrap(), 4_520_316);
    }

    #[test]
    fn a_machine_without_counters_is_said_to_be_one() {
        let error = instructions("<not supported>,,instructions:u,0,100.00,,\n").unwrap_err();
        assert!(error.to_string().contains("\"<not supported>\""), "{error}");
        let error = instructions("No permission\n").unwrap_err();
        assert!(error.to_string().contains("\"No permission\""), "{error}");
    }
}
