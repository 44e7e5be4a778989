//! A header as the map that the `http` crate has: built of the lines, lent, taken.

use std::sync::OnceLock;

use http::header::HeaderMap;

use crate::headers::Headers;

impl Headers {
    /// A copy of the lines as a [`HeaderMap`], for something that wants to own one: the lines stay
    /// what they are.
    ///
    /// ```
    /// use owin_core::Headers;
    ///
    /// let mut headers = Headers::new();
    /// headers.append("accept", "text/html")?;
    /// assert_eq!(headers.to_map()["accept"], "text/html");
    /// # Ok::<_, owin_core::Error>(())
    /// ```
    #[must_use]
    pub fn to_map(&self) -> HeaderMap {
        match self.map.get() {
            None => self.raw.to_map(),
            Some(map) => HeaderMap::clone(map),
        }
    }

    /// The same as [`to_map`](Self::to_map), for who wants one in every call: most requests of a client
    /// have the same lines as the one before, and a map of those is remembered. A copy of it shares
    /// names and values, and nothing is taken apart or hashed.
    ///
    /// ```
    /// use owin_core::Headers;
    ///
    /// let mut headers = Headers::new();
    /// for _call in 0..3 {
    ///     headers.raw_mut().push("Accept", b"text/html");
    ///     assert_eq!(headers.copy_map()["accept"], "text/html");
    /// }
    /// ```
    #[must_use]
    pub fn copy_map(&mut self) -> HeaderMap {
        match self.map.get() {
            None => self.known.get_or_insert_default().map_of(&self.raw),
            Some(map) => HeaderMap::clone(map),
        }
    }

    /// Gives the memory of a map that is needed no more, emptied, for the next [copy](Self::copy_map):
    /// that of the last response serves the next request, say.
    ///
    /// ```
    /// use owin_core::Headers;
    ///
    /// let mut headers = Headers::new();
    /// for _call in 0..3 {
    ///     headers.raw_mut().push("Accept", b"text/html");
    ///     let mut copy = headers.copy_map();
    ///     assert_eq!(copy["accept"], "text/html");
    ///     copy.clear();
    ///     headers.keep_memory(copy);
    /// }
    /// ```
    pub fn keep_memory(&mut self, emptied: HeaderMap) {
        if let Some(known) = &mut self.known {
            known.keep(emptied);
        }
    }

    /// The lines as a [`HeaderMap`]; built on the first call.
    #[must_use]
    pub fn map(&self) -> &HeaderMap {
        self.map.get_or_init(|| Box::new(self.raw.to_map()))
    }

    /// The lines as a [`HeaderMap`], to be changed.
    #[must_use]
    pub fn map_mut(&mut self) -> &mut HeaderMap {
        let raw = &self.raw;
        let _built = self.map.get_or_init(|| Box::new(raw.to_map()));
        match self.map.get_mut() {
            Some(map) => map,
            None => unreachable!("the cell was filled above"),
        }
    }

    /// Takes those lines in place of what was there, and gives the memory of the map that was there,
    /// emptied. Cheaper than to assign to [`map_mut`](Self::map_mut), which builds a map first.
    ///
    /// ```
    /// use owin_core::Headers;
    ///
    /// let mut headers = Headers::new();
    /// headers.append("accept", "text/html")?;
    /// let mut map = http::HeaderMap::new();
    /// map.insert("host", http::HeaderValue::from_static("h"));
    /// assert!(headers.set_map(map).is_empty());
    /// assert!(headers.lines().eq([("host", &b"h"[..])]));
    /// # Ok::<_, owin_core::Error>(())
    /// ```
    pub fn set_map(&mut self, map: HeaderMap) -> HeaderMap {
        self.raw.clear();
        let Some(place) = self.map.get_mut() else {
            self.map = OnceLock::from(Box::new(map));
            return HeaderMap::new();
        };
        let mut before = std::mem::replace(&mut **place, map);
        empty(&mut before);
        before
    }
}

/// For requests that came as a map, whose answers go out as one.
impl Headers {
    /// Drops every line, and gives the memory of the map that is here, if there is one, to another
    /// header that has no lines.
    pub(crate) fn hand_memory_to(&mut self, other: &mut Self) {
        self.clear();
        if self.map.get().is_some() && other.is_empty() {
            std::mem::swap(&mut self.map, &mut other.map);
        }
    }
}

/// Drops what is in a map and keeps its memory. Most are empty already, which is known at a look.
#[inline]
pub(super) fn empty(map: &mut HeaderMap) {
    if !map.is_empty() {
        map.clear();
    }
}

impl From<HeaderMap> for Headers {
    fn from(map: HeaderMap) -> Self {
        Self { map: OnceLock::from(Box::new(map)), ..Self::default() }
    }
}

impl From<Headers> for HeaderMap {
    fn from(mut headers: Headers) -> Self {
        std::mem::take(headers.map_mut())
    }
}
