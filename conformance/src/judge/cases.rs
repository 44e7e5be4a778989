//! Random requests: fields, bodies, chunks, and how they are cut into segments.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::sample::Index;

use crate::wire::escaped;

/// A body is not longer; what a server may limit begins at a megabyte.
const MAX_BODY: usize = 70_000;

/// Field lines, each a name and a value without blanks at its ends.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Fields(pub(crate) Vec<(String, Vec<u8>)>);

/// A body of so many bytes, and the chunks that it comes in.
#[derive(Clone)]
pub(crate) struct Body {
    pub(crate) length: usize,
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) trailers: usize,
}

/// How a chunk is written.
#[derive(Clone)]
pub(crate) struct Chunk {
    pub(crate) size: usize,
    /// Zeros before the digits.
    pub(crate) zeros: usize,
    pub(crate) is_upper: bool,
    pub(crate) extension: &'static str,
}

/// Where bytes are cut into segments: each somewhere, or somewhere near the beginning.
#[derive(Clone)]
pub(crate) struct Cuts(Vec<(Index, bool)>);

/// How far a head goes, more or less.
const NEAR: usize = 200;

impl Fields {
    /// Lines of visible ASCII with blanks between; names are repeated now and then.
    pub(crate) fn ascii() -> impl Strategy<Value = Self> {
        let byte = prop_oneof![12 => b'!'..=b'~', 2 => Just(b' '), 1 => Just(b'\t')].boxed();
        let value = prop_oneof![5 => vec(byte.clone(), 0..30), 1 => vec(byte, 30..300)];
        Self::of(value)
    }

    /// The same with bytes beyond ASCII, which stand for nothing.
    pub(crate) fn beyond_ascii() -> impl Strategy<Value = Self> {
        Self::of(vec(prop_oneof![1 => b'!'..=b'~', 1 => 0x80..=0xFF_u8], 0..30))
    }

    fn of(value: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Self> {
        let name = prop_oneof![
            2 => "[xX]-[a-dA-D]",
            3 => "[xX]-[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}",
            1 => "[xX]-[0-9A-Za-z]{21,100}",
        ];
        let value = value.prop_map(|value| value.trim_ascii().to_vec());
        vec((name, value), 1..12).prop_map(Self)
    }

    /// The lines, as they are sent.
    pub(crate) fn lines(&self) -> Vec<u8> {
        let lines = self
            .0
            .iter()
            .map(|(name, value)| [name.as_bytes(), b": ", value.as_slice(), b"\r\n"].concat());
        lines.flatten().collect()
    }

    /// The values of the lines of a name, in their order.
    pub(crate) fn values(&self, name: &str) -> Vec<&[u8]> {
        let own = self.0.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        own.map(|(_, value)| value.as_slice()).collect()
    }
}

impl Body {
    /// Any length, around the powers of two above all, in any chunks.
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        let power = prop_oneof![1 => 0..9_u32, 2 => 9..17_u32];
        let near = (power, 0..3_usize).prop_map(|(power, off)| (1_usize << power) + off - 1);
        let length = prop_oneof![2 => near, 1 => 0..200_usize, 1 => 200..MAX_BODY];
        let extension = Just(["", "", ";a", ";a=b", ";a=\"b;c\""]);
        let chunk = (1..9000_usize, 0..4_usize, any::<bool>(), extension, any::<Index>());
        let chunk = chunk.prop_map(|(size, zeros, is_upper, extensions, which)| Chunk {
            size,
            zeros,
            is_upper,
            extension: extensions.get(which.index(extensions.len())).copied().unwrap_or_default(),
        });
        (length, vec(chunk, 1..6), 0..3_usize).prop_map(|(length, chunks, trailers)| Self {
            length,
            chunks,
            trailers,
        })
    }

    /// The same without trailers, which not every server takes.
    pub(crate) fn without_trailers(mut self) -> Self {
        self.trailers = 0;
        self
    }

    /// Bytes in which no piece is like its neighbour.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        (0..self.length).map(|at| u8::try_from(at * 31 % 251).unwrap_or_default()).collect()
    }

    /// The bytes in chunks: the sizes one after the other and then from the first on again.
    pub(crate) fn chunked(&self) -> Vec<u8> {
        let (bytes, mut written) = (self.bytes(), Vec::new());
        let mut rest = bytes.as_slice();
        for chunk in self.chunks.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (data, tail) = rest.split_at_checked(chunk.size).unwrap_or((rest, &[]));
            let digits = if chunk.is_upper {
                format!("{:X}", data.len())
            } else {
                format!("{:x}", data.len())
            };
            let zeros = "0".repeat(chunk.zeros);
            written.extend(format!("{zeros}{digits}{}\r\n", chunk.extension).into_bytes());
            written.extend(data);
            written.extend(b"\r\n");
            rest = tail;
        }
        written.extend(b"0\r\n");
        for number in 0..self.trailers {
            written.extend(format!("X-Trailer-{number}: y\r\n").into_bytes());
        }
        written.extend(b"\r\n");
        written
    }
}

impl Cuts {
    /// A few places.
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        vec((any::<Index>(), any::<bool>()), 1..7).prop_map(Self)
    }

    /// The bytes in segments.
    pub(crate) fn segments<'a>(&self, bytes: &'a [u8]) -> Vec<&'a [u8]> {
        let mut places: Vec<usize> =
            self.0.iter().map(|(index, near)| place(*index, *near, bytes.len())).collect();
        places.sort_unstable();
        places.dedup();
        let (mut segments, mut rest, mut at) = (Vec::new(), bytes, 0);
        for place in places.into_iter().filter(|place| *place > 0) {
            let (segment, tail) = rest.split_at_checked(place - at).unwrap_or((rest, &[]));
            segments.push(segment);
            (rest, at) = (tail, place);
        }
        segments.push(rest);
        segments
    }
}

fn place(index: Index, is_near: bool, length: usize) -> usize {
    index.index(if is_near { length.min(NEAR) } else { length }.max(1))
}

impl fmt::Debug for Cuts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cut at {} places", self.0.len())
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escaped(&self.lines()))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a body of {} bytes, in chunks if there are any like ", self.length)?;
        f.debug_list().entries(&self.chunks).finish()?;
        write!(f, " with {} trailers", self.trailers)
    }
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (zeros, size) = ("0".repeat(self.zeros), self.size);
        write!(f, "{zeros}{size:x}{}", self.extension)
    }
}

#[cfg(test)]
mod tests {
    use proptest::proptest;

    use super::*;

    proptest! {
        #[test]
        fn segments_are_the_bytes(cuts in Cuts::any(), bytes in vec(any::<u8>(), 0..50)) {
            assert_eq!(cuts.segments(&bytes).concat(), bytes);
        }

        #[test]
        fn a_chunked_body_ends_with_its_trailers(body in Body::any()) {
            let chunked = body.chunked();
            assert!(chunked.ends_with(b"\r\n\r\n") && chunked.len() > body.length);
        }
    }
}
