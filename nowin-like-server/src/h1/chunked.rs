//! The chunked transfer coding, decoded (RFC 9112 §7.1).

use bytes::{Buf, Bytes, BytesMut};
use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::h1::Refusal;
use crate::h1::fields::{check_line_ends, is_no_trailer};

/// The most bytes of a size line, its extensions counted.
const MAX_SIZE_LINE_BYTES: usize = 256;

/// The most bytes of all trailer fields together.
const MAX_TRAILER_BYTES: usize = 8 * 1024;

/// The most trailer fields.
const MAX_TRAILERS: usize = 32;

/// Sixteen hexadecimal digits hold any `u64`.
const MAX_SIZE_DIGITS: usize = 16;

/// Decodes a chunked body, piece by piece.
#[derive(Clone, Debug, Default)]
pub(super) struct Decoder {
    stage: Stage,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// Before a size line.
    #[default]
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
    /// Takes what can be decoded from the front of `unread`.
    ///
    /// # Errors
    ///
    /// 400 where the coding is broken or a limit is passed: the server can then no longer tell where
    /// the body ends.
    pub(super) fn decode(&mut self, unread: &mut BytesMut) -> Result<Decoded, Refusal> {
        loop {
            match self.stage {
                Stage::Size => match take_size_line(unread)? {
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
                    _ => return Err(Refusal::bad("the data of a chunk do not end with CRLF")),
                },
                Stage::Trailers => {
                    let Some(trailers) = take_trailers(unread)? else {
                        return Ok(Decoded::Nothing);
                    };
                    self.stage = Stage::Done;
                    return Ok(Decoded::End(trailers));
                }
                Stage::Done => return Ok(Decoded::End(HeaderMap::new())),
            }
        }
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

/// Takes a size line from the front, or nothing where it is not whole yet.
fn take_size_line(unread: &mut BytesMut) -> Result<Option<u64>, Refusal> {
    const TOO_LONG: Refusal = Refusal::bad("the size line of a chunk is too long");
    let searched = unread.get(..MAX_SIZE_LINE_BYTES).unwrap_or(unread);
    let Some(end) = memchr::memchr(b'\n', searched) else {
        return if unread.len() >= MAX_SIZE_LINE_BYTES { Err(TOO_LONG) } else { Ok(None) };
    };
    let line = searched.get(..end).unwrap_or_default();
    let line =
        line.strip_suffix(b"\r").ok_or(Refusal::bad("a size line does not end with CRLF"))?;
    let size = size_of_line(line)?;
    unread.advance(end + 1);
    Ok(Some(size))
}

/// Reads a size line: digits, then nothing or extensions, which nobody needs but which must be
/// legal: somebody in front may take other bytes for the end of the line.
fn size_of_line(line: &[u8]) -> Result<u64, Refusal> {
    const WRONG: Refusal =
        Refusal::bad("a chunk size is not a hexadecimal number of at most 16 digits");
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (digits, rest) = line.split_at_checked(digits).ok_or(WRONG)?;
    if digits.is_empty() || digits.len() > MAX_SIZE_DIGITS {
        return Err(WRONG);
    }
    let is_extension = rest.first().is_none_or(|first| *first == b';');
    let is_legal = rest.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..));
    if !is_extension || !is_legal {
        return Err(WRONG);
    }
    let digits = std::str::from_utf8(digits).map_err(|_| WRONG)?;
    u64::from_str_radix(digits, 16).map_err(|_| WRONG)
}

/// Takes the trailer section, or nothing where it is not whole yet.
fn take_trailers(unread: &mut BytesMut) -> Result<Option<HeaderMap>, Refusal> {
    if unread.starts_with(b"\r\n") {
        unread.advance(2);
        return Ok(Some(HeaderMap::new()));
    }
    let Some(end) = memchr::memmem::find(unread, b"\r\n\r\n").map(|at| at + 4) else {
        // A line feed without its CR would never become a section's end.
        check_line_ends(unread)?;
        let is_too_long = unread.len() > MAX_TRAILER_BYTES;
        let too_long = Refusal::bad("the trailer fields are longer than 8 KiB");
        return if is_too_long { Err(too_long) } else { Ok(None) };
    };
    if end > MAX_TRAILER_BYTES {
        return Err(Refusal::bad("the trailer fields are longer than 8 KiB"));
    }
    let section = unread.split_to(end).freeze();
    check_line_ends(&section)?;
    parse_trailers(&section).map(Some)
}

fn parse_trailers(section: &[u8]) -> Result<HeaderMap, Refusal> {
    const WRONG: Refusal = Refusal::bad("a trailer field is malformed");
    let mut lines = [httparse::EMPTY_HEADER; MAX_TRAILERS];
    let parsed = httparse::parse_headers(section, &mut lines).map_err(|_| WRONG)?;
    let httparse::Status::Complete((_, lines)) = parsed else { return Err(WRONG) };
    let mut trailers = HeaderMap::new();
    for line in lines {
        let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| WRONG)?;
        if is_no_trailer(&name) {
            return Err(Refusal::bad("a trailer field would change the framing or the routing"));
        }
        trailers.append(name, HeaderValue::from_bytes(line.value).map_err(|_| WRONG)?);
    }
    Ok(trailers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode_all(coded: &[u8]) -> Result<Option<(Vec<u8>, HeaderMap)>, u16> {
        let (mut decoder, mut unread) = (Decoder::default(), BytesMut::from(coded));
        let mut body = Vec::new();
        loop {
            match decoder.decode(&mut unread).map_err(|refusal| refusal.status.as_u16())? {
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
    fn a_size_line_or_a_trailer_section_without_end_is_refused() {
        assert_eq!(decode_all(&[b'1'; 300]).map(|_| ()), Err(400));
        let endless = [b"0\r\n".as_slice(), &b"A: b\r\n".repeat(2_000)].concat();
        assert_eq!(decode_all(&endless).map(|_| ()), Err(400));
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
            let (mut decoder, mut unread, mut seen) = (Decoder::default(), BytesMut::new(), Vec::new());
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
