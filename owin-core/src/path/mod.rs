//! Paths and URLs: what the client sent, what the application sees, and the way back.
//!
//! The rules, all of them here: the path is percent-decoded once and is UTF-8; `%2F` stays as it
//! is, since it is not a separator; escapes that are not UTF-8, or no escapes at all, stay as they
//! are; `%00` is refused; dot segments are removed after decoding; `//` stays. The query stays as
//! it was sent (OWIN 1.0 §5). A path base matches whole segments, case kept.

mod decode;
mod target;
mod url;

pub use self::decode::{decode, decode_into};
pub use self::target::Target;
pub use self::url::url;

pub(crate) use self::target::Origin;

/// Splits a decoded path at a path base, where the base covers whole segments of it.
///
/// Returns the base as the path has it and the rest; the rest starts with `/` or is empty. A base
/// that ends with `/` counts as without it; an empty base matches everything.
///
/// ```
/// use owin_core::path::split_base;
///
/// assert_eq!(split_base("/api/orders", "/api"), Some(("/api", "/orders")));
/// assert_eq!(split_base("/api", "/api/"), Some(("/api", "")));
/// assert_eq!(split_base("/apiary", "/api"), None);
/// ```
#[must_use]
pub fn split_base<'a>(path: &'a str, base: &str) -> Option<(&'a str, &'a str)> {
    let base = base.strip_suffix('/').unwrap_or(base);
    let rest = path.strip_prefix(base)?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    path.split_at_checked(base.len())
}

#[cfg(test)]
mod tests {
    use super::split_base;

    #[test]
    fn the_table_of_the_originals_holds() {
        // DF-20 to DF-30, OWIN-102.
        let cases = [
            ("/", "", Some(("", "/"))),
            ("/", "/", Some(("", "/"))),
            ("/pathBase", "/pathBase", Some(("/pathBase", ""))),
            ("/pathBase/", "/pathBase", Some(("/pathBase", "/"))),
            ("/pathBase/", "/pathBase/", Some(("/pathBase", "/"))),
            ("/pathBase", "/pathBase/", Some(("/pathBase", ""))),
            ("/path", "", Some(("", "/path"))),
            ("/pathBase/path", "/pathBase", Some(("/pathBase", "/path"))),
            ("/pathA/path", "/path", None),
            ("/PATHBASE/x", "/pathBase", None),
        ];
        for (path, base, expected) in cases {
            assert_eq!(split_base(path, base), expected, "{path} at {base}");
        }
    }
}
