//! Scripts of frames, as checks write them down.

use crate::wire::http2::frame::{self, Frame, MAX_PAYLOAD_BYTES};
use crate::wire::http2::hpack;

/// A field of a block, or any bytes in its place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Line {
    /// A literal without indexing. `{target}`, `{host}` and `{scheme}` in the value are filled, and
    /// `{above}` by a number that is one more than the bytes of the longest payload.
    Field(&'static str, &'static str),
    Raw(&'static [u8]),
}

/// One step of a script. Streams are counted from 1, as if the connection were new.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Any bytes. A script that begins with them says its own preface.
    Bytes(&'static [u8]),
    /// A frame with that payload: type, flags, stream.
    Frame(u8, u8, u32, &'static [u8]),
    /// A frame whose payload is as many zeros.
    Zeros(u8, u8, u32, usize),
    /// A frame whose payload has as many zeros more than the server takes.
    TooLong(u8, u8, u32, usize),
    /// HEADERS with a field block: flags, stream, the lines in their groups.
    Headers(u8, u32, &'static [&'static [Line]]),
    /// No frame: the server looks at what was sent before.
    Settled,
    /// A frame with a field block between bytes, as padding: type, flags, stream.
    Block(u8, u8, u32, [&'static [u8]; 2], &'static [&'static [Line]]),
}

/// What stands for the names in braces.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fill<'a> {
    pub(crate) target: &'a str,
    pub(crate) host: &'a str,
    pub(crate) scheme: &'a str,
    /// What is added to the number of each stream.
    pub(crate) shift: u32,
    /// How long a payload may be.
    pub(crate) most: usize,
}

pub(crate) const fn field(name: &'static str, value: &'static str) -> Line {
    Line::Field(name, value)
}

pub(crate) const fn raw(bytes: &'static [u8]) -> Line {
    Line::Raw(bytes)
}

impl<'a> Fill<'a> {
    /// For a connection on which nothing was sent, and without TLS.
    pub(crate) const fn new(target: &'a str, host: &'a str) -> Self {
        Self { target, host, scheme: "http", shift: 0, most: MAX_PAYLOAD_BYTES }
    }

    /// Nothing is filled.
    pub(crate) const NOTHING: Fill<'static> = Fill::new("{target}", "{host}");

    fn stream(&self, number: u32) -> u32 {
        if number == 0 { 0 } else { number + self.shift }
    }

    /// The block of these lines.
    pub(crate) fn block(&self, groups: &[&[Line]]) -> Vec<u8> {
        let mut block = Vec::new();
        for line in groups.iter().copied().flatten() {
            match line {
                Line::Field(name, value) => {
                    let value = value.replace("{target}", self.target).replace("{host}", self.host);
                    let value = value.replace("{scheme}", self.scheme);
                    let value = value.replace("{above}", &(self.most + 1).to_string());
                    hpack::literal(&mut block, name.as_bytes(), value.as_bytes());
                }
                Line::Raw(bytes) => block.extend(*bytes),
            }
        }
        block
    }
}

impl Step {
    /// The frame, unless it is none.
    pub(crate) fn frame(&self, fill: &Fill<'_>) -> Option<Frame> {
        let (kind, flags, stream, payload) = match *self {
            Self::Bytes(_) | Self::Settled => return None,
            Self::Frame(kind, flags, stream, payload) => (kind, flags, stream, payload.to_vec()),
            Self::Zeros(kind, flags, stream, length) => (kind, flags, stream, vec![0; length]),
            Self::TooLong(kind, flags, stream, by) => {
                (kind, flags, stream, vec![0; fill.most + by])
            }
            Self::Headers(flags, stream, lines) => {
                (frame::HEADERS, flags, stream, fill.block(lines))
            }
            Self::Block(kind, flags, stream, [before, after], lines) => {
                (kind, flags, stream, [before, &fill.block(lines), after].concat())
            }
        };
        Some(Frame::new(kind, flags, fill.stream(stream), payload))
    }

    /// The bytes that are sent; none where the step only waits.
    pub(crate) fn bytes(&self, fill: &Fill<'_>) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes.to_vec(),
            step => step.frame(fill).map(|frame| frame.to_bytes()).unwrap_or_default(),
        }
    }
}
