//! A transcript as it is written down.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::words::printable;
use crate::run::{Entry, Transcript, What};
use crate::wire::escaped;

/// What went over the connection that decided.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evidence {
    /// Its pieces in their order; of the bytes in each direction the first 16 KiB.
    pub entries: Vec<Piece>,
    /// How many bytes were sent, also those that are not kept.
    pub sent_bytes: usize,
    /// How many bytes came, also those that are not kept.
    pub came_bytes: usize,
}

/// Bytes in one direction, or what happened besides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Piece {
    /// Seconds since the connection.
    pub at: f64,
    /// What it is.
    pub kind: Kind,
    /// An event, or a frame of HTTP/2, in words; or bytes as visible ASCII, a line for each of
    /// theirs, with `\r`, `\n`, `\t`, `\\` and `\xHH` for the others.
    pub text: String,
    /// The bytes themselves; none for what is in words.
    pub base64: Option<String>,
}

/// What a piece of a transcript is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// Bytes that the suite sent.
    Sent,
    /// Bytes that came from the server.
    Came,
    /// What happened besides.
    Event,
}

impl Evidence {
    /// Writes a transcript down; `None` for an empty one.
    pub(super) fn of(transcript: &Transcript) -> Option<Self> {
        let entries = transcript.entries().iter().map(Piece::of).collect();
        let (sent_bytes, came_bytes) = (transcript.sent_bytes(), transcript.came_bytes());
        (!transcript.is_empty()).then_some(Self { entries, sent_bytes, came_bytes })
    }

    /// It as text: a line for each line of bytes, with its seconds, and `>` for what was sent, `<`
    /// for what came, `-` for what happened besides.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut lines = Vec::new();
        for piece in &self.entries {
            let own = piece
                .text
                .lines()
                .map(|line| format!("{:>7.3} {} {line}", piece.at, piece.kind.mark()));
            lines.extend(own);
        }
        lines.extend(self.left_out().into_iter().map(|line| format!("        - {line}")));
        lines.join("\n")
    }

    /// What was counted and not kept, in words.
    #[must_use]
    pub fn left_out(&self) -> Vec<String> {
        let counted =
            [(Kind::Sent, self.sent_bytes, "sent"), (Kind::Came, self.came_bytes, "came")];
        let lines = counted.into_iter().filter_map(|(kind, counted, name)| {
            let own = self.entries.iter().filter(|piece| piece.kind == kind);
            let kept: usize = own.map(Piece::length).sum();
            let line = format!("of {counted} bytes that {name}, {kept} are shown");
            (counted > kept).then_some(line)
        });
        lines.collect()
    }
}

impl Piece {
    fn of(entry: &Entry) -> Self {
        let at = millis(entry.at().as_secs_f64());
        let (kind, bytes) = match entry.what() {
            What::Sent(bytes) => (Kind::Sent, bytes),
            What::Came(bytes) => (Kind::Came, bytes),
            What::SentFrame(what) => return Self::in_words(at, Kind::Sent, what),
            What::CameFrame(what) => return Self::in_words(at, Kind::Came, what),
            What::Event(what) => return Self::in_words(at, Kind::Event, what),
        };
        let lines = bytes.split_inclusive(|byte| *byte == b'\n').map(escaped);
        let text = lines.collect::<Vec<_>>().join("\n");
        Self { at, kind, text, base64: Some(STANDARD.encode(bytes)) }
    }

    fn in_words(at: f64, kind: Kind, what: &str) -> Self {
        Self { at, kind, text: printable(what), base64: None }
    }

    /// How many bytes it has.
    fn length(&self) -> usize {
        let bytes = self.base64.as_deref().map(|text| {
            let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
            (text.len() / 4 * 3).saturating_sub(padding)
        });
        bytes.unwrap_or_default()
    }
}

impl Kind {
    /// The sign before each line of it.
    #[must_use]
    pub fn mark(self) -> char {
        match self {
            Self::Sent => '>',
            Self::Came => '<',
            Self::Event => '-',
        }
    }
}

/// Seconds with three digits behind the point.
pub(super) fn millis(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Direction;

    #[test]
    fn a_transcript_reads_the_same_written_down() {
        let mut transcript = Transcript::new();
        transcript.bytes(Direction::Sent, b"GET / HTTP/1.1\r\n\r\n");
        transcript.bytes(Direction::Came, &b"HTTP/1.1 200 \xFF\\\n".repeat(2000));
        transcript.event("closed by the server");
        let evidence = Evidence::of(&transcript).unwrap();
        assert_eq!(format!("{}\n", evidence.to_text()), transcript.to_string());
        assert_eq!(evidence.left_out().len(), 1);
    }
}
