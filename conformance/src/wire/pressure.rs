//! Bytes that are sent on and on, to see who stops reading.

use std::fmt;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::clock;
use crate::wire::link::Link;

/// How long bytes are sent on and on; no usual time-out of servers.
const LONGEST_PRESS: Duration = Duration::from_millis(13_300);

/// What became of bytes that were sent on and on; with how many were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pressed {
    /// Then nothing more was taken.
    Stopped(usize),
    /// Then the connection was ended.
    Ended(usize),
    /// All were.
    Took(usize),
    /// More would have been, had there been more time.
    Slowly(usize),
}

/// What is sent on and on by one thread while another looks on.
#[derive(Debug, Default)]
pub(crate) struct Pour {
    sent: AtomicUsize,
    is_enough: AtomicBool,
}

impl Pour {
    /// How many bytes were taken so far.
    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }

    /// Ends it: else who takes a little now and then would never let go.
    pub(crate) fn end(&self) {
        self.is_enough.store(true, Ordering::Relaxed);
    }
}

impl Link {
    /// Sends the same bytes again and again until so many are sent, no more are taken, somebody ends it,
    /// or the run is over.
    pub(crate) fn pour(&mut self, bytes: &[u8], total: usize, pour: &Pour) {
        self.log(|log| log.event(format!("the suite begins to send {total} bytes")));
        let is_over = |end| pour.is_enough.load(Ordering::Relaxed) || clock::until(end).is_zero();
        while pour.sent() < total && !is_over(self.limits.end) {
            if let Err(error) = self.stream.send(bytes) {
                self.log(|log| log.event(format!("not all of it was taken: {error}")));
                return;
            }
            pour.sent.fetch_add(bytes.len(), Ordering::Relaxed);
        }
    }

    /// Sends the bytes again and again, and reads nothing meanwhile, until the other side takes no more
    /// for so long, or has ended the connection, or has taken as much as that.
    pub(crate) fn press(&mut self, bytes: &[u8], quiet: Duration, most: usize) -> Pressed {
        self.stream.keep_little();
        self.log_sent(bytes);
        let pressed = self.pressed(bytes, quiet, most);
        self.log(|log| log.event(format!("the same again and again: {pressed}")));
        pressed
    }

    fn pressed(&mut self, bytes: &[u8], quiet: Duration, most: usize) -> Pressed {
        let (mut sent, mut rest) = (0, bytes);
        let until = (clock::now() + LONGEST_PRESS).min(self.limits.end);
        while sent < most {
            if clock::until(until).is_zero() {
                return Pressed::Slowly(sent);
            }
            match self.stream.send_some(rest, quiet) {
                Ok(count) => {
                    sent += count;
                    rest = rest.get(count..).filter(|rest| !rest.is_empty()).unwrap_or(bytes);
                }
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => {}
                    ErrorKind::WouldBlock | ErrorKind::TimedOut => return Pressed::Stopped(sent),
                    _ => return Pressed::Ended(sent),
                },
            }
        }
        Pressed::Took(sent)
    }
}

impl fmt::Display for Pressed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped(sent) => write!(f, "{sent} bytes were taken, and then no more"),
            Self::Ended(sent) => write!(f, "{sent} bytes were taken, and the connection ended"),
            Self::Took(sent) => write!(f, "{sent} bytes were taken"),
            Self::Slowly(sent) => write!(f, "{sent} bytes were taken, slowly"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::wire::link::tests::pair;

    #[test]
    fn who_reads_nothing_is_pressed_until_it_stops_and_who_ends_until_it_ends() {
        let (mut link, server) = pair();
        let quiet = link.quiet();
        assert!(matches!(link.press(&[b'x'; 4096], quiet, usize::MAX), Pressed::Stopped(_)));
        drop(server);
        assert!(matches!(link.press(&[b'x'; 4096], quiet, usize::MAX), Pressed::Ended(_)));
    }

    #[test]
    fn what_is_poured_ends_when_somebody_has_seen_enough() {
        let (mut link, mut server) = pair();
        let reader = std::thread::spawn(move || std::io::copy(&mut server, &mut std::io::sink()));
        let pour = Pour::default();
        std::thread::scope(|scope| {
            let pouring = scope.spawn(|| link.pour(b"0123456789", usize::MAX, &pour));
            while pour.sent() == 0 {
                std::thread::yield_now();
            }
            pour.end();
            pouring.join().unwrap();
        });
        drop(link);
        assert_eq!(usize::try_from(reader.join().unwrap().unwrap()).unwrap(), pour.sent());
    }

    #[test]
    fn who_takes_everything_is_pressed_until_that_was_sent() {
        let (mut link, mut server) = pair();
        let reader = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            server.read_to_end(&mut bytes).map(|_| bytes.len()).unwrap()
        });
        let quiet = Duration::from_secs(5);
        let Pressed::Took(sent) = link.press(b"0123456789", quiet, 100_000) else { panic!() };
        drop(link);
        assert!(sent >= 100_000 && reader.join().unwrap() == sent);
    }
}
