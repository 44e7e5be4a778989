//! The phrase behind a status.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::Error;

/// The phrase behind the status of an HTTP/1.x response (RFC 9112 §4).
///
/// Holds visible ASCII, blanks and tabs only, so that it can never end the status line.
///
/// ```
/// use owin_core::features::ReasonPhrase;
///
/// assert_eq!(ReasonPhrase::from_static("Fine").as_str(), "Fine");
/// assert!("OK\r\nx: y".parse::<ReasonPhrase>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReasonPhrase(Cow<'static, str>);

impl ReasonPhrase {
    /// Makes a phrase of a text that is known to be legal.
    ///
    /// # Panics
    ///
    /// Where the text has a control character or is not ASCII: at compile time in a constant.
    #[must_use]
    #[expect(clippy::panic, reason = "the text stands in the program, not in a message")]
    pub const fn from_static(text: &'static str) -> Self {
        if !is_legal(text.as_bytes()) {
            panic!("a reason phrase holds visible ASCII, blanks and tabs only");
        }
        Self(Cow::Borrowed(text))
    }

    /// The phrase as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Says whether the bytes can stand behind a status.
#[expect(clippy::indexing_slicing, reason = "the index is below the length")]
const fn is_legal(bytes: &[u8]) -> bool {
    let mut index = 0;
    while index < bytes.len() {
        if !matches!(bytes[index], b'\t' | b' '..=b'~') {
            return false;
        }
        index += 1;
    }
    true
}

impl FromStr for ReasonPhrase {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if is_legal(text.as_bytes()) {
            return Ok(Self(Cow::Owned(text.to_owned())));
        }
        Err(Error::app("holds a character that cannot stand in a status line")
            .with_key("owin.ResponseReasonPhrase"))
    }
}

impl fmt::Display for ReasonPhrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
