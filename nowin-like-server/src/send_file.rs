//! Files as bodies of responses (`SendFile` 0.3): opened before the response starts, read bit by bit
//! as the client takes them.

use std::fs::{File, OpenOptions};
use std::future::Future;
use std::io::{self, Read, Seek, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use owin_core::Error;
use owin_core::body::Whole;
use owin_core::send_file::{FileRange, SendFile};
use tokio::task::{JoinHandle, spawn_blocking};

/// What is read of a file at once, and held in memory until the client has taken it.
const PIECE_BYTES: u64 = 64 * 1024;

/// What every call is offered. Clones share it: a request costs nothing.
pub(crate) fn offer() -> SendFile {
    SendFile::new(|range| async move {
        let opened = spawn_blocking(move || open(&range)).await;
        opened
            .unwrap_or_else(|error| Err(Error::server("a file was not opened").with_source(error)))
    })
}

/// Opens a regular file that has the range.
fn open(range: &FileRange) -> Result<Whole, Error> {
    let path = range.path.display();
    let unusable = |error| Error::server(format!("cannot open {path}")).with_source(error);
    let mut file = options().open(&range.path).map_err(unusable)?;
    let metadata = file.metadata().map_err(unusable)?;
    if !metadata.is_file() {
        return Err(Error::server(format!("cannot send {path}: it is no regular file")));
    }
    let size = metadata.len();
    let Some(left) = bytes_of(range, size) else {
        return Err(Error::app(format!("{path} has {size} bytes, and the range ends beyond them")));
    };
    file.seek(SeekFrom::Start(range.offset)).map_err(unusable)?;
    Ok(Whole::stream(FileBody { left, state: Reading::Idle(file) }))
}

/// How many bytes a range has in a file of that size; `None` where it goes beyond it.
fn bytes_of(range: &FileRange, size: u64) -> Option<u64> {
    let there = size.checked_sub(range.offset)?;
    let count = range.count.unwrap_or(there);
    (count <= there).then_some(count)
}

/// Nobody waits for the other end of a pipe: that it is one is seen once it is open.
#[cfg(unix)]
fn options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    options.read(true).custom_flags(flags);
    options
}

#[cfg(not(unix))]
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    options
}

/// A range of a file, of which one piece at a time is in memory.
struct FileBody {
    left: u64,
    state: Reading,
}

enum Reading {
    Idle(File),
    UnderWay(JoinHandle<io::Result<(File, Bytes)>>),
    /// At its end, or broken off.
    Over,
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        if this.left == 0 {
            this.state = Reading::Over;
            return Poll::Ready(None);
        }
        let mut reading = match std::mem::replace(&mut this.state, Reading::Over) {
            Reading::Idle(file) => {
                let count = this.left.min(PIECE_BYTES);
                spawn_blocking(move || read_piece(file, count))
            }
            Reading::UnderWay(reading) => reading,
            Reading::Over => return Poll::Ready(None),
        };
        let Poll::Ready(read) = Pin::new(&mut reading).poll(cx) else {
            this.state = Reading::UnderWay(reading);
            return Poll::Pending;
        };
        Poll::Ready(Some(this.take(read.unwrap_or_else(|error| Err(io::Error::other(error))))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

impl FileBody {
    fn take(&mut self, read: io::Result<(File, Bytes)>) -> Result<Frame<Bytes>, Error> {
        let failed = |error| Error::server("a file cannot be read to its end").with_source(error);
        let (file, piece) = read.map_err(failed)?;
        self.left = self.left.saturating_sub(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        self.state = Reading::Idle(file);
        Ok(Frame::data(piece))
    }
}

/// Reads so many bytes, no fewer: a file that has become shorter is an error.
fn read_piece(mut file: File, count: u64) -> io::Result<(File, Bytes)> {
    let mut piece = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
    let read = Read::by_ref(&mut file).take(count).read_to_end(&mut piece)?;
    if u64::try_from(read).is_ok_and(|read| read == count) {
        return Ok((file, piece.into()));
    }
    Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file has become shorter"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(offset: u64, count: Option<u64>) -> Option<u64> {
        bytes_of(&FileRange { path: "any".into(), offset, count }, 10)
    }

    #[test]
    fn a_range_lies_within_the_file() {
        // SF-008.
        let max = u64::MAX;
        assert_eq!([of(0, None), of(3, None), of(10, None)], [Some(10), Some(7), Some(0)]);
        assert_eq!(
            [of(0, Some(10)), of(3, Some(7)), of(10, Some(0))],
            [Some(10), Some(7), Some(0)]
        );
        assert_eq!([of(0, Some(11)), of(3, Some(8)), of(11, Some(0)), of(11, None)], [None; 4]);
        assert_eq!([of(max, None), of(max, Some(max)), of(1, Some(max))], [None; 3]);
    }
}
