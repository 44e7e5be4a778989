//! From a path as it was sent to the path that the application sees.

use crate::Error;

/// Decodes a path once and removes its dot segments.
///
/// # Errors
///
/// [`ErrorKind::Peer`](crate::ErrorKind::Peer) where the path does not start with `/` or holds
/// `%00`.
///
/// ```
/// use owin_core::path::decode;
///
/// assert_eq!(decode("/caf%C3%A9/%2541/a%2Fb")?, "/café/%41/a%2Fb");
/// assert_eq!(decode("/a/%2e%2e/b/./c")?, "/b/c");
/// assert_eq!(decode("/%FF/%zz")?, "/%FF/%zz");
/// # Ok::<_, owin_core::Error>(())
/// ```
pub fn decode(path: &str) -> Result<String, Error> {
    let mut decoded = String::new();
    decode_into(path, &mut decoded)?;
    Ok(decoded)
}

/// Does the same into memory that is there already.
///
/// # Errors
///
/// As for [`decode`].
pub fn decode_into(path: &str, decoded: &mut String) -> Result<(), Error> {
    decoded.clear();
    if !path.starts_with('/') {
        return Err(Error::peer("the path of the request does not start with a slash"));
    }
    if path.contains('%') {
        unescape_into(path, decoded)?;
    } else {
        decoded.push_str(path);
    }
    if has_dot_segment(decoded) {
        let clean = without_dot_segments(decoded);
        *decoded = clean;
    }
    Ok(())
}

fn unescape_into(path: &str, decoded: &mut String) -> Result<(), Error> {
    let mut rest = path;
    while let Some((plain, escapes)) = rest.find('%').and_then(|at| rest.split_at_checked(at)) {
        decoded.push_str(plain);
        rest = unescape_run(escapes, decoded)?;
    }
    decoded.push_str(rest);
    Ok(())
}

/// Decodes the escapes that stand side by side at the front, which together may be one character;
/// returns what follows.
fn unescape_run<'a>(text: &'a str, decoded: &mut String) -> Result<&'a str, Error> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((byte, after)) = escape(rest) {
        match byte {
            0 => return Err(Error::peer("the path of the request holds an encoded NUL")),
            b'/' => break,
            byte => bytes.push(byte),
        }
        rest = after;
    }
    push_utf8_or_escapes(&bytes, text, decoded);
    if rest.len() < text.len() {
        return Ok(rest);
    }
    // `%2F`, or no escape at all: it stays as it is.
    let kept = if escape(rest).is_some() { 3 } else { 1 };
    let (kept, after) = rest.split_at_checked(kept).unwrap_or((rest, ""));
    decoded.push_str(kept);
    Ok(after)
}

/// Reads one escape from the front.
fn escape(text: &str) -> Option<(u8, &str)> {
    let digits = text.strip_prefix('%')?.get(..2)?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    Some((u8::from_str_radix(digits, 16).ok()?, text.get(3..)?))
}

/// Pushes what is UTF-8; bytes that are not come out as the escapes that they were.
fn push_utf8_or_escapes(bytes: &[u8], escapes: &str, decoded: &mut String) {
    let mut consumed = 0;
    for chunk in bytes.utf8_chunks() {
        decoded.push_str(chunk.valid());
        consumed += chunk.valid().len();
        let broken = chunk.invalid().len();
        decoded.push_str(escapes.get(consumed * 3..(consumed + broken) * 3).unwrap_or_default());
        consumed += broken;
    }
}

fn has_dot_segment(path: &str) -> bool {
    path.as_bytes().windows(2).any(|pair| pair == b"/.")
        && path.split('/').any(|segment| matches!(segment, "." | ".."))
}

/// RFC 3986 §5.2.4, on a path that starts with `/`.
fn without_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut ends_with_slash = false;
    for segment in path.split('/').skip(1) {
        ends_with_slash = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    if ends_with_slash {
        kept.push("");
    }
    kept.iter().fold(String::with_capacity(path.len()), |clean, segment| clean + "/" + segment)
}

#[cfg(test)]
mod tests {
    use super::decode;

    fn check(sent: &str, seen: &str) {
        assert_eq!(decode(sent).unwrap(), seen, "{sent}");
    }

    #[test]
    fn a_path_is_decoded_exactly_once() {
        check("/%20", "/ ");
        check("/%41", "/A");
        check("/%2541", "/%41");
        check("/%C3%A9", "/é");
        check("/%E8%91%89", "/葉");
    }

    #[test]
    fn an_encoded_slash_stays_encoded() {
        check("/a%2Fb%2fc", "/a%2Fb%2fc");
        check("/%20%2F%20", "/ %2F ");
    }

    #[test]
    fn escapes_that_are_no_utf8_stay_as_they_are() {
        check("/%FF", "/%FF");
        check("/%c0%af", "/%c0%af");
        check("/%ED%A0%80x", "/%ED%A0%80x");
        check("/%41%FF%42", "/A%FFB");
    }

    #[test]
    fn what_is_no_escape_stays_as_it_is() {
        check("/%", "/%");
        check("/%4", "/%4");
        check("/%zz", "/%zz");
        check("/%+1", "/%+1");
        check("/%é", "/%é");
    }

    #[test]
    fn an_encoded_nul_is_refused() {
        assert!(decode("/a%00").is_err());
        assert!(decode("/%41%00").is_err());
    }

    #[test]
    fn dot_segments_are_removed_after_decoding() {
        // DF-31.
        check("/a/./b/", "/a/b/");
        check("/a/b/..", "/a/");
        check("/a/b/../", "/a/");
        check("/a/b/../c", "/a/c");
        check("/a/b/../c/d/", "/a/c/d/");
        check("//", "//");
        check("/.", "/");
        check("/..", "/");
        check("/%2e%2E/x", "/x");
        check("/...", "/...");
        check("/.well-known", "/.well-known");
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics_and_the_path_stays_rooted(path in "/[ -~é]{0,40}") {
            if let Ok(decoded) = decode(&path) {
                proptest::prop_assert!(decoded.starts_with('/'));
                proptest::prop_assert!(!decoded.contains('\0'));
            }
        }
    }
}
