//! One direction of a stream in memory, bounded.

use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::BytesMut;
use tokio::io::ReadBuf;

/// One direction; each end has a clone.
#[derive(Clone, Debug)]
pub(super) struct Pipe(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    bytes: BytesMut,
    capacity_bytes: usize,
    stage: Stage,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// How far the direction has come; it only goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Open,
    /// The writer has said all.
    Ended,
    /// Nobody reads any more.
    Unread,
    /// It was broken off; what was under way is lost.
    Reset,
}

impl Pipe {
    pub(super) fn new(capacity_bytes: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            bytes: BytesMut::new(),
            capacity_bytes,
            stage: Stage::Open,
            reader: None,
            writer: None,
        })))
    }

    /// Reads what is there; nothing at the end.
    pub(super) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let mut state = self.lock();
        ready!(state.poll_readable(cx))?;
        let count = state.bytes.len().min(buf.remaining());
        buf.put_slice(&state.bytes.split_to(count));
        wake(&mut state.writer);
        Poll::Ready(Ok(()))
    }

    /// Takes as many bytes as there is room for.
    pub(super) fn poll_write(
        &self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.lock();
        match state.stage {
            Stage::Open => {}
            Stage::Reset => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Stage::Ended | Stage::Unread => {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
        }
        let room = state.capacity_bytes.saturating_sub(state.bytes.len());
        let mut left = room;
        for slice in slices {
            let (taken, _) = slice.split_at(slice.len().min(left));
            state.bytes.extend_from_slice(taken);
            left -= taken.len();
        }
        if room == 0 && slices.iter().any(|slice| !slice.is_empty()) {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        wake(&mut state.reader);
        Poll::Ready(Ok(room - left))
    }

    /// The writer has said all: the reader reads to the end.
    pub(super) fn end(&self) {
        self.reach(Stage::Ended);
    }

    /// The reader is gone: writes fail.
    pub(super) fn close(&self) {
        self.reach(Stage::Unread);
    }

    /// Both ends see an error, and what was under way is lost.
    pub(super) fn reset(&self) {
        self.reach(Stage::Reset);
    }

    fn reach(&self, stage: Stage) {
        let mut state = self.lock();
        state.stage = state.stage.max(stage);
        wake(&mut state.reader);
        wake(&mut state.writer);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.stage {
            Stage::Reset => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Stage::Open if self.bytes.is_empty() => {
                self.reader = Some(cx.waker().clone());
                Poll::Pending
            }
            _ => Poll::Ready(Ok(())),
        }
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cx() -> Context<'static> {
        Context::from_waker(Waker::noop())
    }

    fn write(pipe: &Pipe, slices: &[&str]) -> Poll<Result<usize, io::ErrorKind>> {
        let slices: Vec<_> = slices.iter().map(|text| IoSlice::new(text.as_bytes())).collect();
        pipe.poll_write(&mut cx(), &slices).map_err(|error| error.kind())
    }

    /// What a read of so many bytes gives.
    fn read(pipe: &Pipe, count: usize) -> Poll<Result<String, io::ErrorKind>> {
        let mut bytes = vec![0; count];
        let mut buf = ReadBuf::new(&mut bytes);
        ready!(pipe.poll_read(&mut cx(), &mut buf)).map_err(|error| error.kind())?;
        Poll::Ready(Ok(String::from_utf8(buf.filled().to_vec()).unwrap()))
    }

    fn is_readable(pipe: &Pipe) -> bool {
        pipe.lock().poll_readable(&mut cx()).is_ready()
    }

    #[test]
    fn a_full_pipe_takes_no_more_until_somebody_reads() {
        let pipe = Pipe::new(4);
        assert_eq!(write(&pipe, &["ab", "", "cde"]), Poll::Ready(Ok(4)));
        assert_eq!(write(&pipe, &["e"]), Poll::Pending);
        assert_eq!(read(&pipe, 1), Poll::Ready(Ok("a".to_owned())));
        assert_eq!(write(&pipe, &["ef"]), Poll::Ready(Ok(1)));
        assert_eq!(read(&pipe, 9), Poll::Ready(Ok("bcde".to_owned())));
    }

    #[test]
    fn a_pipe_is_readable_while_there_is_something_and_at_its_end() {
        let pipe = Pipe::new(4);
        assert!(!is_readable(&pipe) && read(&pipe, 1).is_pending());
        assert_eq!(write(&pipe, &["a"]), Poll::Ready(Ok(1)));
        assert!(is_readable(&pipe));
        assert_eq!(read(&pipe, 1), Poll::Ready(Ok("a".to_owned())));
        assert!(!is_readable(&pipe));
        pipe.end();
        assert!(is_readable(&pipe));
    }

    #[test]
    fn the_end_comes_after_what_was_written() {
        let pipe = Pipe::new(4);
        assert_eq!(write(&pipe, &["ab"]), Poll::Ready(Ok(2)));
        pipe.end();
        assert_eq!(write(&pipe, &["c"]), Poll::Ready(Err(io::ErrorKind::BrokenPipe)));
        assert_eq!(read(&pipe, 9), Poll::Ready(Ok("ab".to_owned())));
        assert_eq!(read(&pipe, 9), Poll::Ready(Ok(String::new())));
    }

    #[test]
    fn nobody_writes_into_what_nobody_reads() {
        let pipe = Pipe::new(4);
        pipe.close();
        assert_eq!(write(&pipe, &["c"]), Poll::Ready(Err(io::ErrorKind::BrokenPipe)));
    }

    #[test]
    fn a_reset_loses_what_was_under_way_whatever_comes_after_it() {
        let pipe = Pipe::new(4);
        assert_eq!(write(&pipe, &["ab"]), Poll::Ready(Ok(2)));
        pipe.reset();
        pipe.end();
        pipe.close();
        assert_eq!(read(&pipe, 9), Poll::Ready(Err(io::ErrorKind::ConnectionReset)));
        assert_eq!(write(&pipe, &["c"]), Poll::Ready(Err(io::ErrorKind::ConnectionReset)));
    }
}
