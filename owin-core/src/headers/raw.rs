//! Field lines as they came: one block of bytes and where each line stands in it.

use std::fmt;

use http::header::{HeaderMap, HeaderName, HeaderValue};

/// Field lines as bytes, in the order in which they came.
///
/// The server that fills them has checked them: names are tokens, values hold no control
/// characters. A line that breaks this is missing from the map that is built of them.
///
/// ```
/// use owin_core::headers::{Headers, RawFields};
///
/// let mut headers = Headers::new();
/// let raw: &mut RawFields = headers.raw_mut();
/// raw.push("Host", b"example.org");
/// raw.push("X-Note", b"one");
/// assert_eq!(headers.text("HOST"), Some("example.org"));
/// ```
#[derive(Default)]
pub struct RawFields {
    block: Vec<u8>,
    names: String,
    ends: Vec<(usize, usize)>,
}

impl RawFields {
    pub(super) const fn new() -> Self {
        Self { block: Vec::new(), names: String::new(), ends: Vec::new() }
    }

    /// Adds a line.
    pub fn push(&mut self, name: &str, value: &[u8]) {
        self.names.push_str(name);
        self.block.extend_from_slice(value);
        self.ends.push((self.names.len(), self.block.len()));
    }

    /// The number of lines.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Says whether there is no line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Every line, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let mut start = (0, 0);
        self.ends.iter().filter_map(move |end| {
            let name = self.names.get(start.0..end.0)?;
            let value = self.block.get(start.1..end.1)?;
            start = *end;
            Some((name, value))
        })
    }

    pub(super) fn clear(&mut self) {
        self.block.clear();
        self.names.clear();
        self.ends.clear();
    }

    pub(super) fn to_map(&self) -> HeaderMap {
        // A map has room for 24,576 lines at least; nothing that a peer sends may panic.
        let mut map = HeaderMap::try_with_capacity(self.len()).unwrap_or_default();
        for (name, value) in self.iter() {
            let name = HeaderName::from_bytes(name.as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
                let _is_full = map.try_append(name, value);
            }
        }
        map
    }
}

impl fmt::Debug for RawFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
