//! What a strict reading of field lines and lists needs.

use http::HeaderName;

use crate::h1::Refusal;

/// Checks that every line of a head ends with CRLF and that no CR stands elsewhere (RFC 9112 §2.2).
pub(super) fn check_line_ends(head: &[u8]) -> Result<(), Refusal> {
    let mut line_start = 0;
    for at in memchr::memchr_iter(b'\n', head) {
        let line = head.get(line_start..at).unwrap_or_default();
        let Some(text) = line.strip_suffix(b"\r") else {
            return Err(Refusal::bad("a line of the head does not end with CRLF"));
        };
        if memchr::memchr2(b'\r', 0, text).is_some() {
            return Err(Refusal::bad("the head holds a CR or a NUL inside a line"));
        }
        line_start = at + 1;
    }
    Ok(())
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

    #[test]
    fn bare_line_feeds_and_carriage_returns_are_refused() {
        assert!(check_line_ends(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").is_ok());
        for head in
            [&b"GET / HTTP/1.1\nHost: h\r\n\r\n"[..], b"a\r\rb\r\n", b"a\rb\r\n", b"a\0b\r\n"]
        {
            assert!(check_line_ends(head).is_err(), "{head:?}");
        }
    }

    #[test]
    fn options_are_found_in_lists() {
        assert!(names(b"keep-alive, Upgrade", "upgrade"));
        assert!(!names(b"upgraded", "upgrade"));
    }
}
