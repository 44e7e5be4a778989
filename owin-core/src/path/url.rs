//! The URL of a request, rebuilt (OWIN 1.0 §5.4).

use std::fmt::Write as _;

/// Rebuilds a URL from scheme, host, path base, path and query.
///
/// Base and path are encoded again; what decoding had left encoded (`%2F`, bytes that are no
/// UTF-8) is not encoded twice. The query comes as it was sent. Exact for paths of unreserved
/// characters; whoever needs the very bytes reads `server.RawTarget`.
///
/// ```
/// use owin_core::path::url;
///
/// assert_eq!(url("http", "example.org:81", "/base", "/a b%2Fc", "q=%20"),
///     "http://example.org:81/base/a%20b%2Fc?q=%20");
/// ```
#[must_use]
pub fn url(scheme: &str, host: &str, path_base: &str, path: &str, query_string: &str) -> String {
    let mut url = format!("{scheme}://{host}");
    encode(path_base, &mut url);
    encode(path, &mut url);
    if !query_string.is_empty() {
        url.push('?');
        url.push_str(query_string);
    }
    url
}

fn encode(path: &str, url: &mut String) {
    for (at, character) in path.char_indices() {
        let is_kept = character.is_ascii_alphanumeric()
            || "-._~!$&'()*+,;=:@/".contains(character)
            || (character == '%' && path.get(at + 1..at + 3).is_some_and(stayed_encoded));
        if is_kept {
            url.push(character);
            continue;
        }
        for byte in character.encode_utf8(&mut [0; 4]).bytes() {
            // Writing to a String cannot fail.
            let _written = write!(url, "%{byte:02X}");
        }
    }
}

/// Says whether decoding would have left that escape alone.
fn stayed_encoded(digits: &str) -> bool {
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex && u8::from_str_radix(digits, 16).is_ok_and(|byte| byte == b'/' || byte >= 0x80)
}

#[cfg(test)]
mod tests {
    use super::url;
    use crate::path::decode;

    #[test]
    fn a_query_mark_needs_a_query() {
        assert_eq!(url("http", "h", "", "/", ""), "http://h/");
    }

    #[test]
    fn a_path_that_looks_like_more_is_encoded() {
        assert_eq!(url("http", "h", "", "/a?b#c", ""), "http://h/a%3Fb%23c");
        assert_eq!(url("http", "h", "", "/100%", ""), "http://h/100%25");
    }

    proptest::proptest! {
        #[test]
        fn decoding_a_rebuilt_path_gives_the_path(path in "/[a-zA-Z0-9 ?#%é/_~-]{0,30}") {
            let seen = decode(&path).unwrap_or_else(|_| "/".into());
            let rebuilt = url("http", "h", "", &seen, "");
            let sent = rebuilt.strip_prefix("http://h").unwrap_or_default();
            proptest::prop_assert_eq!(decode(sent).unwrap(), seen);
        }
    }
}
