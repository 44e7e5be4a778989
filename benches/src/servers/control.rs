//! What whoever started a server can ask of it: a line on its input, a line on its output.

use std::io::{self, BufRead, Write};
use std::process;
use std::thread;

use crate::counter;

/// The order to say what has been allocated so far.
pub(crate) const COUNTS: &str = "counts";

/// Follows orders on a thread of its own, and ends the process where the input ends.
///
/// So no server outlives the one that measures it, and tools that count in it see a regular end.
///
/// # Errors
///
/// Where there is no thread left.
pub(super) fn listen() -> io::Result<()> {
    let follow = || process::exit(i32::from(follow().is_err()));
    thread::Builder::new().name("control".to_owned()).spawn(follow).map(drop)
}

fn follow() -> io::Result<()> {
    let (mut input, mut line) = (io::stdin().lock(), String::with_capacity(COUNTS.len() + 2));
    while input.read_line(&mut line)? > 0 {
        if line.trim() == COUNTS {
            // Taken before anything is written, which may allocate.
            let counts = counter::counts().unwrap_or_default();
            let mut out = io::stdout();
            writeln!(out, "{counts}")?;
            out.flush()?;
        }
        line.clear();
    }
    Ok(())
}
