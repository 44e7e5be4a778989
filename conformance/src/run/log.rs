//! What a server prints, kept up to a bound.

use std::fs::File;
use std::io::{self, PipeWriter, Read, Write};
use std::path::Path;

/// What is kept of it. A server that prints without end is no reason for a disk to fill.
const KEPT_BYTES: u64 = 16 * 1024 * 1024;

/// Where a server is to write, so that what it prints is appended to the file.
pub(super) fn kept(log: &Path) -> io::Result<PipeWriter> {
    let file = File::options().create(true).append(true).open(log)?;
    let (reader, writer) = io::pipe()?;
    std::thread::spawn(move || carry(reader, file, KEPT_BYTES));
    Ok(writer)
}

/// Carries what comes to the file until that is full; then it is read and forgotten, so that nobody
/// waits who writes.
fn carry(mut from: impl Read, mut to: impl Write, kept: u64) {
    let _unwritable = io::copy(&mut (&mut from).take(kept), &mut to);
    let _ended = io::copy(&mut from, &mut io::sink());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_read_and_not_kept() {
        let (mut from, mut kept) = (&[b'x'; 1000][..], Vec::new());
        carry(&mut from, &mut kept, 10);
        assert_eq!((from.len(), kept.len()), (0, 10));
    }
}
