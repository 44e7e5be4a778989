//! The chunked transfer coding, decoded (RFC 9112 §7.1).

use bytes::{Buf, Bytes, BytesMut};
use http::header::HeaderMap;

use crate::h1::chunk_line;
use crate::h1::trailers::{self, TrailerLimits};
use crate::observe::Reason;

/// What is taken of a chunked body besides its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChunkLimits {
    /// Bytes of all chunk extensions together.
    pub(crate) extension_bytes: usize,
    pub(crate) trailers: TrailerLimits,
}

/// Decodes a chunked body, piece by piece.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
    stage: Stage,
    /// What is left of the limits.
    left: ChunkLimits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Before a size line.
    Size,
    /// In the data of a chunk.
    Data { left: u64 },
    /// Behind the data of a chunk.
    DataEnd,
    /// Behind the last chunk.
    Trailers,
    /// At the end.
    Done,
}

/// What was decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    /// More bytes are needed.
    Nothing,
    /// Bytes of the body.
    Data(Bytes),
    /// The end, with the trailer fields.
    End(HeaderMap),
}

impl Decoder {
    pub(super) fn new(limits: ChunkLimits) -> Self {
        Self { stage: Stage::Size, left: limits }
    }

    /// Takes what can be decoded from the front of `unread`.
    ///
    /// # Errors
    ///
    /// 400 where the coding is broken, 431 where there are too many trailer fields: the server can
    /// then no longer tell where the body ends.
    pub(super) fn decode(&mut self, unread: &mut BytesMut) -> Result<Decoded, Reason> {
        loop {
            match self.stage {
                Stage::Size => match self.take_size(unread)? {
                    None => return Ok(Decoded::Nothing),
                    Some(0) => self.stage = Stage::Trailers,
                    Some(left) => self.stage = Stage::Data { left },
                },
                Stage::Data { left } => {
                    let Some((data, left)) = take_data(unread, left) else {
                        return Ok(Decoded::Nothing);
                    };
                    self.stage = if left == 0 { Stage::DataEnd } else { Stage::Data { left } };
                    return Ok(Decoded::Data(data));
                }
                Stage::DataEnd => match unread.get(..2) {
                    Some(b"\r\n") => {
                        unread.advance(2);
                        self.stage = Stage::Size;
                    }
                    None if matches!(&unread[..], b"" | b"\r") => return Ok(Decoded::Nothing),
                    _ => return Err(Reason::ChunkDataEndIllegal),
                },
                Stage::Trailers => {
                    let Some(trailers) = trailers::take(unread, self.left.trailers)? else {
                        return Ok(Decoded::Nothing);
                    };
                    self.stage = Stage::Done;
                    return Ok(Decoded::End(trailers));
                }
                Stage::Done => return Ok(Decoded::End(HeaderMap::new())),
            }
        }
    }

    fn take_size(&mut self, unread: &mut BytesMut) -> Result<Option<u64>, Reason> {
        let line = chunk_line::read(unread, self.left.extension_bytes)?;
        let Some(line) = line else { return Ok(None) };
        self.left.extension_bytes -= line.extension_bytes;
        unread.advance(line.length);
        Ok(Some(line.size))
    }

    /// Says whether nothing more is needed for the end, or for knowing that the coding is broken.
    pub(super) fn reaches_end(&self, unread: &BytesMut) -> bool {
        let (mut decoder, mut unread) = (self.clone(), unread.clone());
        loop {
            match decoder.decode(&mut unread) {
                Ok(Decoded::Data(_)) => {}
                Ok(Decoded::Nothing) => return false,
                Ok(Decoded::End(_)) | Err(_) => return true,
            }
        }
    }
}

/// Takes as much of a chunk's data as is there.
fn take_data(unread: &mut BytesMut, left: u64) -> Option<(Bytes, u64)> {
    let count = unread.len().min(usize::try_from(left).unwrap_or(usize::MAX));
    let taken = u64::try_from(count).ok().filter(|taken| *taken > 0)?;
    Some((unread.split_to(count).freeze(), left - taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: ChunkLimits =
        ChunkLimits { extension_bytes: 100, trailers: TrailerLimits { bytes: 1_000, fields: 10 } };

    fn decode_all(coded: &[u8]) -> Result<Option<(Vec<u8>, HeaderMap)>, u16> {
        let (mut decoder, mut unread) = (Decoder::new(LIMITS), BytesMut::from(coded));
        let mut body = Vec::new();
        loop {
            match decoder.decode(&mut unread).map_err(|reason| reason.status().unwrap().as_u16())? {
                Decoded::Nothing => return Ok(None),
                Decoded::Data(data) => body.extend_from_slice(&data),
                Decoded::End(trailers) => return Ok(Some((body, trailers))),
            }
        }
    }

    #[test]
    fn chunks_extensions_and_trailers_are_told_apart() {
        // OWIN-048, HT-08.
        let (body, trailers) =
            decode_all(b"3;a=\"b\"\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n")
                .unwrap()
                .unwrap();
        assert_eq!(body, b"abc0123456789");
        assert_eq!(trailers.get("x").unwrap(), "y");
    }

    #[test]
    fn broken_chunks_are_refused() {
        // HT-06, HT-07.
        for coded in [
            &b"-1\r\n"[..],
            b"+1\r\n",
            b"0x1\r\n",
            b"\r\n",
            b" 1\r\n",
            b"1 \r\na\r\n",
            b"1\na\r\n",
            b"1\r\r\n",
            b"g\r\n",
            b"11111111111111111\r\n",
            b"1;\x00\r\n",
            b"1\r\nab\r\n",
            b"1\r\na\n",
            b"0\r\nA : b\r\n\r\n",
            b"0\r\nA: b\nC: d\r\n\r\n",
            b"0\r\nContent-Length: 1\r\n\r\n",
            b"1\r\na\rx",
        ] {
            assert_eq!(
                decode_all(coded).map(|_| ()),
                Err(400),
                "{:?}",
                String::from_utf8_lossy(coded)
            );
        }
    }

    #[test]
    fn a_seventeenth_digit_is_refused_and_a_sixteenth_is_not() {
        assert_eq!(decode_all(b"00000000000000001\r\na\r\n0\r\n\r\n").map(|_| ()), Err(400));
        assert!(decode_all(b"0000000000000001\r\na\r\n0\r\n\r\n").unwrap().is_some());
    }

    #[test]
    fn all_extensions_of_a_body_count_together() {
        let of = |extension: usize| format!("1;{}\r\na\r\n", "x".repeat(extension - 1));
        let coded = |last| [of(50), of(last), "0\r\n\r\n".to_owned()].concat();
        assert!(decode_all(coded(49).as_bytes()).unwrap().is_some());
        assert!(decode_all(coded(50).as_bytes()).unwrap().is_some());
        assert_eq!(decode_all(coded(51).as_bytes()).map(|_| ()), Err(400));
    }

    #[test]
    fn trailers_may_have_so_many_bytes_and_no_more() {
        let coded = |bytes: usize| format!("0\r\nA: {}\r\n\r\n", "b".repeat(bytes - 7));
        assert!(decode_all(coded(999).as_bytes()).unwrap().is_some());
        assert!(decode_all(coded(1_000).as_bytes()).unwrap().is_some());
        assert_eq!(decode_all(coded(1_001).as_bytes()).map(|_| ()), Err(431));
        assert_eq!(decode_all(&[b"0\r\nA: ", &[b'b'; 1_000][..]].concat()).map(|_| ()), Err(431));
    }

    #[test]
    fn there_may_be_so_many_trailers_and_no_more() {
        let coded = |fields: usize| format!("0\r\n{}\r\n", "A: b\r\n".repeat(fields));
        assert_eq!(decode_all(coded(9).as_bytes()).unwrap().unwrap().1.len(), 9);
        assert_eq!(decode_all(coded(10).as_bytes()).unwrap().unwrap().1.len(), 10);
        assert_eq!(decode_all(coded(11).as_bytes()).map(|_| ()), Err(431));
    }

    proptest::proptest! {
        #[test]
        fn splits_do_not_matter(body in proptest::collection::vec(0_u8.., 0..200), cuts in proptest::collection::vec(1_usize..20, 1..40)) {
            let mut coded = Vec::new();
            for chunk in body.chunks(7) {
                coded.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                coded.extend_from_slice(chunk);
                coded.extend_from_slice(b"\r\n");
            }
            coded.extend_from_slice(b"0\r\nT: 1\r\n\r\n");
            let (mut decoder, mut unread, mut seen) = (Decoder::new(LIMITS), BytesMut::new(), Vec::new());
            let (mut rest, mut cuts, mut ended) = (&coded[..], cuts.iter().cycle(), false);
            while !rest.is_empty() {
                let (piece, after) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
                rest = after;
                unread.extend_from_slice(piece);
                loop {
                    match decoder.decode(&mut unread).unwrap() {
                        Decoded::Nothing => break,
                        Decoded::Data(data) => seen.extend_from_slice(&data),
                        Decoded::End(_) => { ended = true; break }
                    }
                }
            }
            proptest::prop_assert!(ended);
            proptest::prop_assert_eq!(seen, body);
        }
    }
}
