//! What a strict reading of field lines and lists needs.

use http::HeaderName;

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

    #[test]
    fn options_are_found_in_lists() {
        assert!(names(b"keep-alive, Upgrade", "upgrade"));
        assert!(!names(b"upgraded", "upgrade"));
    }
}
