//! The line in front of a chunk: its size and its extensions (RFC 9112 §7.1, §7.1.1).

use crate::h1::bytes::{FIELD_VALUE, TOKEN, is, run};
use crate::observe::Reason;

/// Sixteen hexadecimal digits hold any `u64`.
const MAX_SIZE_DIGITS: usize = 16;

/// The line in front of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChunkLine {
    /// How many bytes the chunk has.
    pub(super) size: u64,
    /// How many bytes its extensions have.
    pub(super) extension_bytes: usize,
    /// How many bytes the line has, CRLF counted.
    pub(super) length: usize,
}

/// Reads the line at the front, or nothing where it is not whole yet; its extensions have so many
/// bytes at most.
///
/// # Errors
///
/// 400 where the size is none, where extensions break their grammar or are too long, and where the
/// line ends with anything but CRLF: somebody in front may take other bytes for its end
/// (CVE-2025-55315).
pub(super) fn read(unread: &[u8], max_extension: usize) -> Result<Option<ChunkLine>, Reason> {
    let digits = unread.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    if digits > MAX_SIZE_DIGITS {
        return Err(Reason::ChunkSizeIllegal);
    }
    let (number, rest) = unread.split_at_checked(digits).ok_or(Reason::ChunkSizeIllegal)?;
    if !rest.is_empty() && digits == 0 {
        return Err(Reason::ChunkSizeIllegal);
    }
    let extension = run(rest, FIELD_VALUE);
    let (extension, end) = rest.split_at_checked(extension).ok_or(Reason::ChunkSizeIllegal)?;
    // Before the length: the first byte is there before the last one, however they are split.
    if extension.first().is_some_and(|first| *first != b';') {
        return Err(Reason::ChunkSizeIllegal);
    }
    if extension.len() > max_extension {
        return Err(Reason::ChunkExtensionsTooLong);
    }
    match end {
        [b'\r', b'\n', ..] => {}
        [] | [b'\r'] => return Ok(None),
        _ => return Err(Reason::ChunkLineEndIllegal),
    }
    if !are_extensions(extension) {
        return Err(Reason::ChunkExtensionIllegal);
    }
    let number = std::str::from_utf8(number).map_err(|_| Reason::ChunkSizeIllegal)?;
    let size = u64::from_str_radix(number, 16).map_err(|_| Reason::ChunkSizeIllegal)?;
    let length = digits + extension.len() + 2;
    Ok(Some(ChunkLine { size, extension_bytes: extension.len(), length }))
}

/// `*( BWS ";" BWS name [ BWS "=" BWS value ] )`, but no blank behind the size: readers differ there.
fn are_extensions(mut text: &[u8]) -> bool {
    while !text.is_empty() {
        let Some(after) = extension(text) else { return false };
        text = after;
    }
    true
}

/// What follows on the first extension.
fn extension(text: &[u8]) -> Option<&[u8]> {
    let after = token(skip_blanks(skip_blanks(text).strip_prefix(b";")?))?;
    match skip_blanks(after).strip_prefix(b"=") {
        Some(value) => {
            let value = skip_blanks(value);
            quoted(value).or_else(|| token(value))
        }
        None => Some(after),
    }
}

fn skip_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    text.get(blanks..).unwrap_or_default()
}

fn token(text: &[u8]) -> Option<&[u8]> {
    let length = text.iter().take_while(|byte| is(**byte, TOKEN)).count();
    text.get(length..).filter(|_| length > 0)
}

/// What follows on a quoted string (RFC 9110 §5.6.4).
fn quoted(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text.strip_prefix(b"\"")?;
    loop {
        rest = match rest {
            [b'"', after @ ..] => return Some(after),
            [b'\\', _, after @ ..] | [_, after @ ..] => after,
            [] => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(line: &str) -> Option<u64> {
        read(line.as_bytes(), 64).unwrap().map(|line| line.size)
    }

    #[test]
    fn a_size_is_read_in_either_case() {
        assert_eq!(size("0aF\r\n"), Some(0xaf));
        assert_eq!(size("FFFFFFFFFFFFFFFF\r\n"), Some(u64::MAX));
    }

    #[test]
    fn a_line_without_its_end_is_waited_for() {
        for line in ["", "1", "1;a", "1;a=\"b", "1;a\r"] {
            assert_eq!(size(line), None, "{line:?}");
        }
    }

    #[test]
    fn legal_extensions_are_skipped() {
        // RFC 9112 §7.1.1: whoever receives has to put up with blanks around the marks.
        for line in
            ["1;a\r\n", "1;a=b;c\r\n", "1;a=\"b;\\\"\"\r\n", "1; a = b ; c\r\n", "1;\ta\r\n"]
        {
            assert_eq!(size(line), Some(1), "{line:?}");
        }
    }

    #[test]
    fn broken_extensions_are_refused() {
        // HT-06, attack 2.
        for line in [
            "1;\r\n",
            "1;=b\r\n",
            "1;a=\r\n",
            "1;a=\"b\r\n",
            "1;a b\r\n",
            "1 \r\n",
            "1 ;a\r\n",
            "1;a=b\"c\"\r\n",
            "1;a\n",
            "1;a\rb\r\n",
            "1;a=\"\n\"\r\n",
            "1;\u{0}\r\n",
            "1a;;b\r\n",
        ] {
            assert!(read(line.as_bytes(), 64).is_err(), "{line:?}");
        }
    }

    #[test]
    fn extensions_may_have_so_many_bytes_and_no_more() {
        let line = |bytes: usize| format!("1;{}\r\n", "a".repeat(bytes - 1));
        assert_eq!(size(&line(63)), Some(1));
        assert_eq!(size(&line(64)), Some(1));
        assert!(read(line(65).as_bytes(), 64).is_err());
    }
}
