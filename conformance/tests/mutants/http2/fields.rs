//! A request as it was read.

use super::packed::Line;
use super::rules::text;

/// A request, and as much of its body as has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) scheme: String,
    pub(crate) path: String,
    pub(crate) authority: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<Line>,
}

impl Request {
    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        let own = self.lines.iter().filter(|(own, _)| own == name.as_bytes());
        own.map(|(_, value)| text(value)).collect()
    }

    /// Whether the fields say a length that is none.
    pub(crate) fn has_odd_length(&self) -> bool {
        !self.values("content-length").is_empty() && self.said().is_none()
    }

    /// The length that the fields say, where they say one.
    pub(crate) fn said(&self) -> Option<usize> {
        let values = self.values("content-length");
        let first = values.first()?;
        let is_one = values.iter().all(|own| own == first);
        let is_number = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
        (is_one && is_number).then(|| first.parse().ok()).flatten()
    }
}
