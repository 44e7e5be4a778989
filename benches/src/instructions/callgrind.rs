//! What valgrind's callgrind counts: every instruction, on every machine, at a fiftieth of the pace.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::Command;

/// Refuses to go on where valgrind is missing.
pub(super) fn check() -> io::Result<()> {
    let found = Command::new("valgrind").arg("--version").output();
    found.map(drop).map_err(|_| {
        io::Error::other(
            "valgrind is not installed (try: apt-get install valgrind, or --with perf)",
        )
    })
}

/// What stands before the command of the server.
pub(super) fn command(file: &Path) -> Vec<OsString> {
    let mut out = OsString::from("--callgrind-out-file=");
    out.push(file);
    ["valgrind", "-q", "--tool=callgrind", "--vgdb=no"]
        .into_iter()
        .map(OsString::from)
        .chain([out])
        .collect()
}

/// Reads the line `totals: 123456` of the profile.
pub(super) fn instructions(profile: &str) -> io::Result<u64> {
    let total = profile.lines().find_map(|line| line.strip_prefix("totals:"));
    total
        .and_then(|total| total.trim().parse().ok())
        .ok_or_else(|| io::Error::other("callgrind wrote no total"))
}

#[cfg(test)]
mod tests {
    use super::instructions;

    #[test]
    fn the_total_of_a_profile_is_found() {
        let profile = "version: 1\nevents: Ir\nsummary: 12\n\nfn=(1) main\n1 12\ntotals: 4520316\n";
        assert_eq!(instructions(profile).unwrap(), 4_520_316);
        assert!(instructions("version: 1\n").is_err());
    }
}
