//! Texts as parts of a target (RFC 3986 §3.3 and §3.4).

/// Appends a path: what may stand in one stays, escapes too; all else is escaped.
///
/// Some gateways say the path as it was sent and some decoded, and none says which.
pub(crate) fn path(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        let is_escape = || {
            let digits = bytes.get(at + 1..at + 3);
            digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        };
        put(byte, is_of_path(byte) || (byte == b'%' && is_escape()), out);
    }
}

/// Appends a query that is encoded already, where it is.
pub(crate) fn query(text: &[u8], out: &mut String) {
    for &byte in text {
        put(byte, is_of_path(byte) || matches!(byte, b'?' | b'%'), out);
    }
}

/// Appends a name or a value of a query that was decoded.
pub(crate) fn component(text: &[u8], out: &mut String) {
    for &byte in text {
        put(byte, is_unreserved(byte), out);
    }
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn is_of_path(byte: u8) -> bool {
    is_unreserved(byte) || b"!$&'()*+,;=:@/".contains(&byte)
}

fn put(byte: u8, stays: bool, out: &mut String) {
    if stays {
        out.push(char::from(byte));
    } else {
        out.push('%');
        for digit in [byte >> 4, byte & 15] {
            let digit = char::from_digit(u32::from(digit), 16).unwrap_or('0');
            out.push(digit.to_ascii_uppercase());
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_path_keeps_its_escapes_and_gets_those_that_are_missing() {
        let cases = [
            ("/a%2Fb", "/a%2Fb"),
            ("/a b", "/a%20b"),
            ("/caf\u{e9}", "/caf%C3%A9"),
            ("/100%", "/100%25"),
            ("/%zz", "/%25zz"),
            ("/a?b#c", "/a%3Fb%23c"),
            ("/(a;b=c)", "/(a;b=c)"),
        ];
        for (text, expected) in cases {
            let mut out = String::new();
            super::path(text, &mut out);
            assert_eq!(out, expected, "{text}");
        }
    }

    #[test]
    fn a_component_has_nothing_that_divides_a_query() {
        let mut out = String::new();
        super::component("a&b=c+d %\u{e9}".as_bytes(), &mut out);
        assert_eq!(out, "a%26b%3Dc%2Bd%20%25%C3%A9");
    }

    #[test]
    fn a_query_keeps_what_it_is_made_of() {
        let mut out = String::new();
        super::query(b"a=1&a=%20+x?y \"\xe9", &mut out);
        assert_eq!(out, "a=1&a=%20+x?y%20%22%E9");
    }
}
