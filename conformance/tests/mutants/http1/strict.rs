//! Templates of messages, and whether bytes are one of them.

/// Whether the bytes are the template, with something without blanks for each name in braces.
pub(crate) fn is_like(template: &[u8], bytes: &[u8]) -> bool {
    let Some((first, rest)) = template.split_first() else { return bytes.is_empty() };
    for name in [&b"{target}"[..], b"{host}", b"{reply}", b"{unread}", b"{websocket}"] {
        if let Some(rest) = template.strip_prefix(name) {
            let most = bytes.iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
            return (1..=most).rev().any(|length| is_like(rest, &bytes[length..]));
        }
    }
    bytes.split_first().is_some_and(|(own, bytes)| own == first && is_like(rest, bytes))
}

#[test]
fn a_template_is_like_what_it_becomes() {
    let template = b"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n";
    assert!(is_like(template, b"GET /a HTTP/1.1\r\nHost: b:1\r\n\r\n"));
    assert!(!is_like(template, b"GET /a HTTP/1.1\r\nHost: b:1\r\nX: y\r\n\r\n"));
    assert!(!is_like(template, b"GET /a b HTTP/1.1\r\nHost: b:1\r\n\r\n"));
}
