//! What a strict reading of field lines and lists needs.

use http::HeaderName;

/// Says whether the name of a field, which is a token, is that one, without case.
///
/// That one has small letters and hyphens. The bit that makes a letter small makes no other byte of a
/// token one of them.
#[inline]
pub(super) fn is_named<const LENGTH: usize>(name: &[u8], known: &[u8; LENGTH]) -> bool {
    let differs = |name: &[u8; LENGTH]| {
        name.iter().zip(known).fold(0, |differs, (byte, known)| differs | ((byte | 0x20) ^ known))
    };
    name.try_into().is_ok_and(|name| differs(name) == 0)
}

/// Says whether a comma-separated value names an option, without case.
pub(super) fn names(value: &[u8], option: &str) -> bool {
    value
        .split(|byte| *byte == b',')
        .any(|item| item.trim_ascii().eq_ignore_ascii_case(option.as_bytes()))
}

/// Says whether a field must not come behind a body (RFC 9110 §6.5.1).
pub(super) fn is_no_trailer(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "content-length" | "transfer-encoding" | "host" | "trailer" | "connection"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::h1::bytes::{TOKEN, is};

    #[test]
    fn a_name_is_known_in_any_case_and_no_other_name_is() {
        assert!(is_named(b"Transfer-ENCODING", b"transfer-encoding"));
        for place in 0..3 {
            for byte in (0..=u8::MAX).filter(|byte| is(*byte, TOKEN)) {
                let mut name = *b"x-y";
                name[place] = byte;
                let expected = name.eq_ignore_ascii_case(b"x-y");
                assert_eq!(is_named(&name, b"x-y"), expected, "{byte:#x} at {place}");
            }
        }
        assert!(!is_named(b"x-", b"x-y") && !is_named(b"x-yz", b"x-y"));
    }

    #[test]
    fn options_are_found_in_lists() {
        assert!(names(b"keep-alive, Upgrade", "upgrade"));
        assert!(!names(b"upgraded", "upgrade"));
    }
}
