//! Targets, started for a test.

#![expect(clippy::panic, clippy::print_stdout, reason = "what a test does that cannot go on")]

use std::path::Path;

use owin_adapter_matrix::servers::{Entry, Started, Unstarted};

const PROGRAM: &str = env!("CARGO_BIN_EXE_probe-server");

/// Starts a target; `None` where it was not asked for, or a tool is missing, which is said.
pub(crate) fn started(entry: &Entry) -> Option<Started> {
    if let Ok(only) = std::env::var("MATRIX_ONLY")
        && !only.split(',').any(|name| name == entry.name)
    {
        println!("{} is not checked: MATRIX_ONLY names others", entry.name);
        return None;
    }
    match entry.start(Path::new(PROGRAM)) {
        Ok(started) => Some(started),
        Err(Unstarted::NoTool(tool)) => {
            println!("{} is not checked: there is no {tool}", entry.name);
            None
        }
        Err(error) => panic!("{} does not start: {error:?}", entry.name),
    }
}
