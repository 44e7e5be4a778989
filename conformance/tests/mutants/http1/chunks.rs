//! A chunked body, decoded strictly but for the fault.

use super::faults::Fault;

/// What has come of a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Chunks {
    Partial,
    /// Its data, the bytes that it took, and its trailers.
    Whole(Vec<Vec<u8>>, usize, Vec<(String, Vec<u8>)>),
    Broken,
}

/// Decodes what has come.
pub(crate) fn decode(bytes: &[u8], fault: Option<Fault>) -> Chunks {
    let (mut chunks, mut at) = (Vec::new(), 0);
    loop {
        let (line, next) = match line(bytes, at, fault) {
            Ok(Some(line)) => line,
            Ok(None) => return Chunks::Partial,
            Err(()) => return Chunks::Broken,
        };
        let Some(size) = size(line, fault) else { return Chunks::Broken };
        if size == 0 {
            return trailers(bytes, next, chunks);
        }
        let end = size.saturating_add(next);
        let Some(data) = bytes.get(next..end) else { return Chunks::Partial };
        chunks.push(data.to_vec());
        let Some(behind) = bytes.get(end..end + 2) else { return Chunks::Partial };
        if behind != b"\r\n" && fault != Some(Fault::ChunkEndUnchecked) {
            return Chunks::Broken;
        }
        at = end + 2;
    }
}

type Line<'a> = (&'a [u8], usize);

/// The line from there on, and where the next begins.
fn line(bytes: &[u8], at: usize, fault: Option<Fault>) -> Result<Option<Line<'_>>, ()> {
    let rest = &bytes[at..];
    for (index, byte) in rest.iter().enumerate() {
        let has_extension = rest[..index].contains(&b';');
        match (byte, rest.get(index + 1)) {
            (b'\r', Some(b'\n')) => return Ok(Some((&rest[..index], at + index + 2))),
            (b'\r', None) => return Ok(None),
            (b'\n', _) if fault == Some(Fault::LineFeedInExtension) && has_extension => {}
            (b'\n', _) if fault == Some(Fault::LineFeedEndsSize) && !has_extension => {
                return Ok(Some((&rest[..index], at + index + 1)));
            }
            (b'\r' | b'\n', _) => return Err(()),
            _ => {}
        }
    }
    Ok(None)
}

fn size(line: &[u8], fault: Option<Fault>) -> Option<usize> {
    let mut digits = line.split(|byte| *byte == b';').next()?;
    if fault == Some(Fault::SignedSize) {
        digits = digits.strip_prefix(b"+").unwrap_or(digits);
    }
    let has_zeros = digits.len() > 1 && digits[0] == b'0' && digits.iter().any(|d| *d != b'0');
    if fault == Some(Fault::ZerosInFrontRefused) && has_zeros {
        return None;
    }
    if fault == Some(Fault::ZerosAndExtensionRefused) && has_zeros && line.contains(&b';') {
        return None;
    }
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    if fault == Some(Fault::LastDigitCounts) && digits.len() == 2 && is_hex {
        digits = &digits[1..];
    }
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    digits.iter().try_fold(0_usize, |sum, digit| {
        let digit = usize::try_from(char::from(*digit).to_digit(16)?).ok()?;
        if fault == Some(Fault::SizeWraps) {
            return Some(sum.wrapping_mul(16).wrapping_add(digit));
        }
        sum.checked_mul(16)?.checked_add(digit)
    })
}

fn trailers(bytes: &[u8], mut at: usize, chunks: Vec<Vec<u8>>) -> Chunks {
    let mut trailers = Vec::new();
    loop {
        match line(bytes, at, None) {
            Ok(Some((b"", next))) => return Chunks::Whole(chunks, next, trailers),
            Ok(Some((line, next))) => {
                let mut parts = line.splitn(2, |byte| *byte == b':');
                let [name, value] = [(); 2].map(|()| parts.next().unwrap_or_default());
                let name = String::from_utf8_lossy(name).into_owned();
                trailers.push((name, value.trim_ascii().to_vec()));
                at = next;
            }
            Ok(None) => return Chunks::Partial,
            Err(()) => return Chunks::Broken,
        }
    }
}
