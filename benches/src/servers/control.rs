//! How whoever started a server ends it: by the end of its input.

use std::io;
use std::process;
use std::thread;

/// Ends the process where its input ends, on a thread of its own.
///
/// So no server outlives the one that measures it, and tools that count in it see a regular end.
///
/// # Errors
///
/// Where there is no thread left.
pub(super) fn listen() -> io::Result<()> {
    let follow = || {
        let read = io::copy(&mut io::stdin().lock(), &mut io::sink());
        process::exit(i32::from(read.is_err()))
    };
    thread::Builder::new().name("control".to_owned()).spawn(follow).map(drop)
}
