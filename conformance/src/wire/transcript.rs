//! What went over a connection, as evidence.

use std::fmt::{self, Write as _};
use std::time::{Duration, Instant};

use crate::clock;

/// What is kept of the bytes in one direction; a flood needs no more to be seen.
const KEPT_BYTES: usize = 16 * 1024;

/// What went over a connection in both directions, with its times.
///
/// It is shown a line for each line of bytes: the seconds since the connection, `>` for what the
/// suite sent, `<` for what came, `-` for what happened besides. Bytes that are no visible ASCII are
/// shown as `\r`, `\n`, `\t`, `\\` or `\xHH`.
#[derive(Clone, Debug)]
pub(crate) struct Transcript {
    start: Instant,
    entries: Vec<Entry>,
    /// The bytes that were sent and that came, also those that are not kept.
    counted: [usize; 2],
}

#[derive(Clone, Debug)]
enum Entry {
    Bytes(Duration, Direction, Vec<u8>),
    Event(Duration, String),
}

/// Which way bytes went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Sent,
    Came,
}

impl Transcript {
    pub(crate) fn new() -> Self {
        Self { start: clock::now(), entries: Vec::new(), counted: [0, 0] }
    }

    pub(crate) fn bytes(&mut self, direction: Direction, bytes: &[u8]) {
        let at = self.start.elapsed();
        let [sent, came] = &mut self.counted;
        let counted = if direction == Direction::Sent { sent } else { came };
        let kept = bytes.get(..KEPT_BYTES.saturating_sub(*counted)).unwrap_or(bytes);
        *counted += bytes.len();
        match self.entries.last_mut() {
            Some(Entry::Bytes(_, last, whole)) if *last == direction => whole.extend(kept),
            _ => self.entries.push(Entry::Bytes(at, direction, kept.to_vec())),
        }
    }

    pub(crate) fn event(&mut self, what: impl Into<String>) {
        self.entries.push(Entry::Event(self.start.elapsed(), what.into()));
    }

    /// The lines, one after the other, each with its line end.
    pub(crate) fn to_text(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in &self.entries {
            match entry {
                Entry::Bytes(at, direction, bytes) => {
                    let mark = if *direction == Direction::Sent { '>' } else { '<' };
                    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                        writeln!(f, "{:>7.3} {mark} {}", at.as_secs_f64(), escaped(line))?;
                    }
                }
                Entry::Event(at, what) => writeln!(f, "{:>7.3} - {what}", at.as_secs_f64())?,
            }
        }
        for (counted, name) in self.counted.iter().zip(["sent", "came"]) {
            if *counted > KEPT_BYTES {
                writeln!(f, "        - of {counted} bytes that {name}, {KEPT_BYTES} are shown")?;
            }
        }
        Ok(())
    }
}

/// Bytes as visible ASCII.
pub(crate) fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => {
                let _infallible = write!(text, "\\x{byte:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(transcript: &Transcript) -> Vec<String> {
        transcript.to_text().lines().map(|line| line.chars().skip(8).collect()).collect()
    }

    #[test]
    fn a_line_of_bytes_is_a_line_of_the_transcript() {
        let mut transcript = Transcript::new();
        transcript.bytes(Direction::Sent, b"GET / HTTP/1.1\r\nX: \x00\\\xFF");
        transcript.bytes(Direction::Sent, b"\r\n");
        transcript.event("half-closed");
        transcript.bytes(Direction::Came, b"HTTP/1.1 400 Bad\r\n");
        let right = ["> GET / HTTP/1.1\\r\\n", "> X: \\x00\\\\\\xFF\\r\\n"];
        assert_eq!(shown(&transcript)[..2], right);
        assert_eq!(shown(&transcript)[2..], ["- half-closed", "< HTTP/1.1 400 Bad\\r\\n"]);
    }

    #[test]
    fn a_flood_is_counted_and_not_kept() {
        let mut transcript = Transcript::new();
        for _ in 0..100 {
            transcript.bytes(Direction::Came, &[b'x'; 1000]);
        }
        let text = transcript.to_text();
        assert!(text.len() < 2 * KEPT_BYTES, "{}", text.len());
        assert!(text.ends_with("of 100000 bytes that came, 16384 are shown\n"));
    }
}
