//! What went over a connection, as evidence.

use std::fmt::{self, Write as _};
use std::time::{Duration, Instant};

use crate::clock;

/// What is kept of the bytes in one direction; a flood needs no more to be seen.
const KEPT_BYTES: usize = 16 * 1024;

/// The frames that are kept in both directions; a flood of them needs no more to be seen.
const KEPT_FRAMES: usize = 400;
const FIRST_LOST: usize = KEPT_FRAMES + 1;

/// What went over a connection in both directions, with its times.
///
/// It is shown a line for each line of bytes: the seconds since the connection, `>` for what the
/// suite sent, `<` for what came, `-` for what happened besides. Bytes that are no visible ASCII are
/// shown as `\r`, `\n`, `\t`, `\\` or `\xHH`. Of the bytes in each direction the first 16 KiB are kept,
/// and all are counted.
///
/// ```
/// use owin_conformance::run::{Plan, run};
///
/// let report = run(&"http://127.0.0.1:1".parse()?, &Plan::new(), &|_| {});
/// let transcript = &report.outcomes[0].transcript;
/// assert!(transcript.is_empty() && transcript.entries().is_empty());
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug)]
pub struct Transcript {
    start: Instant,
    entries: Vec<Entry>,
    /// The bytes that were sent and that came, also those that are not kept.
    counted: [usize; 2],
    /// The frames in both directions, also those that are not kept.
    frames: usize,
}

/// A piece of a transcript: bytes in one direction, or what happened besides.
#[derive(Clone, Debug)]
pub struct Entry {
    at: Duration,
    what: What,
}

/// What an entry of a transcript is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// Bytes that the suite sent.
    Sent(Vec<u8>),
    /// Bytes that came from the server.
    Came(Vec<u8>),
    /// A frame that the suite sent, in words.
    SentFrame(String),
    /// A frame that came from the server, in words.
    CameFrame(String),
    /// What happened besides, as `closed by the server`.
    Event(String),
}

/// Which way bytes went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Sent,
    Came,
}

impl Entry {
    /// When it began, from the connection on.
    #[must_use]
    pub fn at(&self) -> Duration {
        self.at
    }

    /// What it is.
    #[must_use]
    pub fn what(&self) -> &What {
        &self.what
    }
}

impl Transcript {
    pub(crate) fn new() -> Self {
        Self { start: clock::now(), entries: Vec::new(), counted: [0, 0], frames: 0 }
    }

    /// The pieces, in their order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether nothing was sent, came or happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many bytes were sent, also those that are not kept.
    #[must_use]
    pub fn sent_bytes(&self) -> usize {
        let [sent, _] = self.counted;
        sent
    }

    /// How many bytes came, also those that are not kept.
    #[must_use]
    pub fn came_bytes(&self) -> usize {
        let [_, came] = self.counted;
        came
    }

    pub(crate) fn bytes(&mut self, direction: Direction, bytes: &[u8]) {
        let at = self.start.elapsed();
        let [sent, came] = &mut self.counted;
        let counted = if direction == Direction::Sent { sent } else { came };
        let kept = bytes.get(..KEPT_BYTES.saturating_sub(*counted)).unwrap_or(bytes);
        *counted += bytes.len();
        match (self.entries.last_mut().map(|last| &mut last.what), direction) {
            (Some(What::Sent(whole)), Direction::Sent)
            | (Some(What::Came(whole)), Direction::Came) => whole.extend(kept),
            (_, Direction::Sent) => self.push(at, What::Sent(kept.to_vec())),
            (_, Direction::Came) => self.push(at, What::Came(kept.to_vec())),
        }
    }

    /// A frame in words.
    pub(crate) fn frame(&mut self, direction: Direction, what: impl Into<String>) {
        self.frames += 1;
        let what = match (self.frames, direction) {
            (..=KEPT_FRAMES, Direction::Sent) => What::SentFrame(what.into()),
            (..=KEPT_FRAMES, Direction::Came) => What::CameFrame(what.into()),
            (FIRST_LOST, _) => {
                What::Event(format!("frames behind the first {KEPT_FRAMES} are not shown"))
            }
            _ => return,
        };
        self.push(self.start.elapsed(), what);
    }

    pub(crate) fn event(&mut self, what: impl Into<String>) {
        self.push(self.start.elapsed(), What::Event(what.into()));
    }

    fn push(&mut self, at: Duration, what: What) {
        self.entries.push(Entry { at, what });
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in &self.entries {
            let at = entry.at.as_secs_f64();
            let (mark, bytes) = match &entry.what {
                What::Sent(bytes) => ('>', bytes),
                What::Came(bytes) => ('<', bytes),
                What::SentFrame(what) => {
                    writeln!(f, "{at:>7.3} > {what}")?;
                    continue;
                }
                What::CameFrame(what) => {
                    writeln!(f, "{at:>7.3} < {what}")?;
                    continue;
                }
                What::Event(what) => {
                    writeln!(f, "{at:>7.3} - {what}")?;
                    continue;
                }
            };
            for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                writeln!(f, "{at:>7.3} {mark} {}", escaped(line))?;
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
        transcript.to_string().lines().map(|line| line.chars().skip(8).collect()).collect()
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
    fn a_frame_is_a_line_and_a_flood_of_them_is_not_kept() {
        let mut transcript = Transcript::new();
        for _ in 0..1000 {
            transcript.frame(Direction::Came, "PING, 8 bytes");
        }
        let lines = shown(&transcript);
        assert_eq!((lines.len(), lines[0].as_str()), (401, "< PING, 8 bytes"));
        assert_eq!(lines[400], "- frames behind the first 400 are not shown");
    }

    #[test]
    fn a_flood_is_counted_and_not_kept() {
        let mut transcript = Transcript::new();
        for _ in 0..100 {
            transcript.bytes(Direction::Came, &[b'x'; 1000]);
        }
        let text = transcript.to_string();
        assert!(text.len() < 2 * KEPT_BYTES, "{}", text.len());
        assert!(text.ends_with("of 100000 bytes that came, 16384 are shown\n"));
    }
}
