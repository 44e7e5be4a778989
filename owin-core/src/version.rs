//! `owin.Version`.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// A version of OWIN, as in `1.0` (OWIN 1.0 §7).
///
/// ```
/// use owin_core::Version;
///
/// assert_eq!(Version::V1_0.to_string(), "1.0");
/// assert_eq!("1.0".parse::<Version>()?, Version::V1_0);
/// # Ok::<_, owin_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    major: u16,
    minor: u16,
    patch: Option<u16>,
}

impl Version {
    /// The version that every implementation announces, ours too.
    pub const V1_0: Self = Self { major: 1, minor: 0, patch: None };

    /// The number before the first dot.
    #[must_use]
    pub const fn major(self) -> u16 {
        self.major
    }

    /// The number after the first dot.
    #[must_use]
    pub const fn minor(self) -> u16 {
        self.minor
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        self.patch.map_or(Ok(()), |patch| write!(f, ".{patch}"))
    }
}

impl FromStr for Version {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong =
            || Error::app("expected two or three numbers with dots").with_key("owin.Version");
        if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            return Err(wrong());
        }
        let mut parts = text.split('.').map(|part| part.parse::<u16>().map_err(|_| wrong()));
        let major = parts.next().ok_or_else(wrong)??;
        let minor = parts.next().ok_or_else(wrong)??;
        let patch = parts.next().transpose()?;
        if parts.next().is_some() {
            return Err(wrong());
        }
        Ok(Self { major, minor, patch })
    }
}
