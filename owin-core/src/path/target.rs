//! The four forms of a request target (RFC 9112 §3.2).

use crate::Error;
use crate::classes::Classes;

/// A request target, taken apart but not decoded.
///
/// ```
/// use owin_core::path::Target;
///
/// let target = Target::parse("http://example.org/a?b")?;
/// assert_eq!(target.origin(), Some(("http", "example.org")));
/// assert_eq!((target.path(), target.query()), ("/a", "b"));
/// # Ok::<_, owin_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target<'a> {
    /// `/path?query`, the usual one.
    Origin {
        /// Starts with `/`.
        path: &'a str,
        /// Without the `?`; empty where there is none.
        query: &'a str,
    },
    /// `http://host/path?query`, as sent to proxies; a server accepts it from everybody.
    Absolute {
        /// As sent.
        scheme: &'a str,
        /// `host[:port]`; takes the place of the `Host` field.
        authority: &'a str,
        /// Starts with `/`; `/` where the target has no path.
        path: &'a str,
        /// Without the `?`; empty where there is none.
        query: &'a str,
    },
    /// `host:port`, of `CONNECT`.
    Authority(&'a str),
    /// `*`, of `OPTIONS`.
    Asterisk,
}

impl<'a> Target<'a> {
    /// Takes a target apart.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Peer`](crate::ErrorKind::Peer) where it has none of the four forms, holds a
    /// blank, a control character, `#` or anything beyond ASCII.
    pub fn parse(target: &'a str) -> Result<Self, Error> {
        let illegal = || Error::peer("the target of the request has none of the four legal forms");
        if target.starts_with('/') {
            let Origin { path, query, .. } = Origin::read(target).ok_or_else(illegal)?;
            return Ok(Self::Origin { path, query });
        }
        if target.is_empty() || target.bytes().any(|byte| CLASSES.of(byte) & ILLEGAL != 0) {
            return Err(illegal());
        }
        if target == "*" {
            return Ok(Self::Asterisk);
        }
        if let Some((scheme, rest)) = target.split_once("://") {
            return Self::absolute(scheme, rest).ok_or_else(illegal);
        }
        let is_authority = is_authority(target) && target.contains(':');
        if is_authority { Ok(Self::Authority(target)) } else { Err(illegal()) }
    }

    fn absolute(scheme: &'a str, rest: &'a str) -> Option<Self> {
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            return None;
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at_checked(end)?;
        if !is_authority(authority) {
            return None;
        }
        let (path, query) = split_query(tail);
        Some(Self::Absolute {
            scheme,
            authority,
            path: if path.is_empty() { "/" } else { path },
            query,
        })
    }

    /// The path as sent; `/` for `*` and for an authority (OWIN 1.0 §5.3 wants a slash).
    #[must_use]
    pub fn path(self) -> &'a str {
        match self {
            Self::Origin { path, .. } | Self::Absolute { path, .. } => path,
            Self::Authority(_) | Self::Asterisk => "/",
        }
    }

    /// The query as sent, without the `?`; empty where there is none.
    #[must_use]
    pub fn query(self) -> &'a str {
        match self {
            Self::Origin { query, .. } | Self::Absolute { query, .. } => query,
            Self::Authority(_) | Self::Asterisk => "",
        }
    }

    /// Scheme and authority of an absolute target.
    #[must_use]
    pub fn origin(self) -> Option<(&'a str, &'a str)> {
        match self {
            Self::Absolute { scheme, authority, .. } => Some((scheme, authority)),
            _ => None,
        }
    }
}

/// The usual target, taken apart in one pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    /// The application sees the path as it was sent: no escape and no dot segment is in it.
    pub(crate) is_plain: bool,
}

impl<'a> Origin<'a> {
    /// Reads a target that starts with `/`; `None` where it does not, or a byte of it is not legal.
    #[inline]
    pub(crate) fn read(target: &'a str) -> Option<Self> {
        let bytes = target.as_bytes();
        let plain = bytes.iter().position(|byte| CLASSES.of(*byte) != 0).unwrap_or(bytes.len());
        let (path, query) = match target.get(plain..)? {
            "" => (target, ""),
            rest => read_rest(target, rest)?,
        };
        let is_plain = path.len() == plain;
        path.starts_with('/').then_some(Self { path, query, is_plain })
    }
}

/// Splits a target of which nothing unusual stands before that rest; `None` where it is not legal.
fn read_rest<'a>(target: &'a str, rest: &str) -> Option<(&'a str, &'a str)> {
    let is_legal = rest.bytes().all(|byte| CLASSES.of(byte) & ILLEGAL == 0);
    is_legal.then(|| split_query(target))
}

/// A byte that may not stand in a target.
const ILLEGAL: u8 = 1;

/// A byte that makes it worth looking closer at a path, or that ends it.
const UNUSUAL: u8 = 2;

static CLASSES: Classes = Classes::new()
    .with_range(ILLEGAL, 0, b' ')
    .with_range(ILLEGAL, 0x7f, u8::MAX)
    .with(ILLEGAL, b"#")
    .with(UNUSUAL, b"%.?");

fn split_query(text: &str) -> (&str, &str) {
    text.split_once('?').unwrap_or((text, ""))
}

/// Says whether the text can be `host[:port]`; user information is refused (RFC 9110 §4.2.4).
fn is_authority(text: &str) -> bool {
    crate::address::is_host_and_port(text)
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn the_four_forms_are_told_apart() {
        let origin = Target::Origin { path: "/a", query: "b?c" };
        assert_eq!(Target::parse("/a?b?c").unwrap(), origin);
        assert_eq!(Target::parse("*").unwrap(), Target::Asterisk);
        assert_eq!(Target::parse("a.example:443").unwrap(), Target::Authority("a.example:443"));
        let absolute = Target::parse("HTTP://[::1]:80?q").unwrap();
        assert_eq!(absolute.origin(), Some(("HTTP", "[::1]:80")));
        assert_eq!((absolute.path(), absolute.query()), ("/", "q"));
    }

    #[test]
    fn other_targets_are_refused() {
        let targets = [
            "",
            "a",
            "a b",
            "/a b",
            "/a\u{7f}",
            "/é",
            "/a#b",
            "ftp://x/",
            "http://",
            "http:///x",
            "http://u@h/",
            "*x",
            "http://h:x/",
            "http://h:65536/",
        ];
        for target in targets {
            assert!(Target::parse(target).is_err(), "{target:?}");
        }
    }
}
