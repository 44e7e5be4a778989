//! `owin.RequestHeaders` and `owin.ResponseHeaders`: field lines, neither split nor joined.

pub(crate) mod framing;
mod known;
mod map;
mod raw;

use std::fmt;
use std::sync::OnceLock;

use http::header::{Entry, HeaderMap, HeaderName, HeaderValue};

use crate::Error;
use crate::headers::known::Known;

pub use self::framing::{BodyFraming, FramingError};
pub use self::raw::RawFields;

pub(crate) use self::raw::may_concern_server;

/// A header: field lines by name (OWIN 1.0 §3.3).
///
/// Names compare without case. Each line is an element of its own, kept as it came and in the
/// order in which it came; nothing splits a line at its commas, and nothing joins two lines.
///
/// The lines are kept as bytes ([`RawFields`]) as long as they are few; the [`HeaderMap`] is built
/// when somebody first needs it. [`text`](Self::text), [`bytes`](Self::bytes),
/// [`contains`](Self::contains), [`list`](Self::list) and [`lines`](Self::lines) do without it, and
/// [`set`](Self::set), [`append`](Self::append) and [`remove`](Self::remove) where no server filled
/// the lines in.
///
/// ```
/// use owin_core::Headers;
///
/// let mut headers = Headers::new();
/// headers.set("content-TYPE", "text/html")?;
/// headers.set("Content-Type", "text/plain")?;
/// headers.append("Set-Cookie", "a=1, b")?;
/// headers.append("set-cookie", "c=2")?;
/// assert_eq!(headers.text("content-type"), Some("text/plain"));
/// assert_eq!(headers.get_all("set-cookie").count(), 2);
/// assert!(headers.set("x", "a\r\nb: c").is_err(), "it would split the response");
/// # Ok::<_, owin_core::Error>(())
/// ```
#[derive(Default)]
pub struct Headers {
    /// The lines as they came; the truth as long as there is no map.
    raw: RawFields,
    /// The truth once it is built.
    map: OnceLock<Box<HeaderMap>>,
    /// What was copied into a map last; mostly it is the same again.
    known: Option<Box<Known>>,
}

impl Headers {
    /// Makes an empty header.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty header that is always there.
    pub(crate) fn none() -> &'static Self {
        static NONE: Headers = Headers { raw: RawFields::new(), map: OnceLock::new(), known: None };
        &NONE
    }

    /// The first line of that name, where it is text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.bytes(name)?).ok()
    }

    /// The first line of that name, as bytes.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        match self.map.get() {
            None => self.raw.find(name),
            Some(map) => map.get(name).map(HeaderValue::as_bytes),
        }
    }

    /// Says whether there is a line of that name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.bytes(name).is_some()
    }

    /// The first line of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&HeaderValue> {
        self.map().get(name)
    }

    /// Every line of that name, in the order in which they came.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &HeaderValue> {
        self.map().get_all(name).iter()
    }

    /// The elements of a list field: every line of that name, split at its commas, blanks and empty
    /// elements dropped (RFC 9110 §5.6.1). Not for `Set-Cookie`, nor for quoted commas.
    ///
    /// ```
    /// use owin_core::Headers;
    ///
    /// let mut headers = Headers::new();
    /// headers.append("accept", "text/html, ,text/plain")?;
    /// headers.append("accept", "*/*")?;
    /// assert!(headers.list("accept").eq(["text/html", "text/plain", "*/*"]));
    /// # Ok::<_, owin_core::Error>(())
    /// ```
    pub fn list<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let lines = self.lines().filter(move |(own, _)| own.eq_ignore_ascii_case(name));
        let texts = lines.filter_map(|(_, value)| std::str::from_utf8(value).ok());
        texts.flat_map(|text| text.split(',')).map(str::trim).filter(|item| !item.is_empty())
    }

    /// Every line: in the order and case in which they came, or by name and in lower case once the
    /// map is built.
    pub fn lines(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let built = self.map.get();
        let raw = if built.is_none() { Some(&self.raw) } else { None };
        let built =
            built.into_iter().flat_map(|map| map.iter()).map(|(n, v)| (n.as_str(), v.as_bytes()));
        raw.into_iter().flat_map(RawFields::iter).chain(built)
    }

    /// Every line that may be sent, the name in lower case.
    #[inline]
    pub(crate) fn checked_lines(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let (mut raw, mut map) = (None, None);
        match self.checked_block() {
            Some(_) => raw = Some(self.raw.as_bytes()),
            None => map = Some(self.map().iter()),
        }
        std::iter::from_fn(move || match (&mut raw, &mut map) {
            (Some(raw), _) => raw.next(),
            (None, Some(map)) => map.next().map(|(n, v)| (n.as_str().as_bytes(), v.as_bytes())),
            (None, None) => None,
        })
    }

    /// Calls a function for each of these lines, until it fails.
    pub(crate) fn each_checked_line<E>(
        &self,
        mut each: impl FnMut(&[u8], &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        match self.checked_block() {
            Some(_) => self.raw.as_bytes().try_for_each(|(name, value)| each(name, value)),
            None => {
                self.map().iter().try_for_each(|(n, v)| each(n.as_str().as_bytes(), v.as_bytes()))
            }
        }
    }

    /// Says whether one of these lines may say something to the server itself.
    pub(crate) fn may_concern_server(&self) -> bool {
        self.map.get().is_some() || self.raw.may_concern_server()
    }

    /// The same lines as HTTP/1.x writes them, where they lie there so.
    #[inline]
    pub(crate) fn checked_block(&self) -> Option<&[u8]> {
        if self.map.get().is_none() { self.raw.checked_block() } else { None }
    }

    /// The number of lines.
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.get().map_or_else(|| self.raw.len(), |map| map.len())
    }

    /// Says whether there is no line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Replaces every line of that name by one.
    ///
    /// # Errors
    ///
    /// Where the name is no token, the value holds a character that cannot stand in a field, or there
    /// are more than some 24,000 fields.
    pub fn set<N, V>(&mut self, name: N, value: V) -> Result<(), Error>
    where
        N: TryInto<HeaderName, Error: Into<http::Error>>,
        V: TryInto<HeaderValue, Error: Into<http::Error>>,
    {
        let (name, value) = field(name, value)?;
        self.set_field(name, value)
    }

    /// Adds a line.
    ///
    /// # Errors
    ///
    /// As for [`set`](Self::set).
    pub fn append<N, V>(&mut self, name: N, value: V) -> Result<(), Error>
    where
        N: TryInto<HeaderName, Error: Into<http::Error>>,
        V: TryInto<HeaderValue, Error: Into<http::Error>>,
    {
        let (name, value) = field(name, value)?;
        self.append_field(name, value)
    }

    /// Removes every line of that name and says how many there were.
    pub fn remove(&mut self, name: &str) -> usize {
        if self.checked_block().is_some() {
            return self.raw.remove_checked(name);
        }
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { return 0 };
        match self.map_mut().entry(name) {
            Entry::Occupied(entry) => entry.remove_entry_mult().1.count(),
            Entry::Vacant(_) => 0,
        }
    }

    /// The lines as bytes, for the server to fill; what was there before is dropped.
    #[inline]
    #[must_use]
    pub fn raw_mut(&mut self) -> &mut RawFields {
        if self.map.get().is_some() {
            self.map = OnceLock::new();
        }
        self.raw.clear_for_server()
    }

    /// Drops every line and keeps the memory.
    #[inline]
    pub fn clear(&mut self) {
        self.raw.clear();
        if let Some(map) = self.map.get_mut() {
            map::empty(map);
        }
    }

    fn set_field(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), Error> {
        if let Some((raw, name)) = self.room_for(&name, &value) {
            raw.remove_checked(name);
            raw.push_checked(name, &value);
            return Ok(());
        }
        self.map_mut().try_insert(name, value).map(drop).map_err(too_many)
    }

    fn append_field(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), Error> {
        if let Some((raw, name)) = self.room_for(&name, &value) {
            raw.push_checked(name, &value);
            return Ok(());
        }
        self.map_mut().try_append(name, value).map(drop).map_err(too_many)
    }

    /// Where that line can be kept as bytes, and the name as text.
    #[inline]
    fn room_for<'a>(
        &'a mut self,
        name: &'a HeaderName,
        value: &HeaderValue,
    ) -> Option<(&'a mut RawFields, &'a str)> {
        let name = name.as_str();
        let has_room = self.map.get().is_none() && self.raw.has_room_for(name, value);
        has_room.then_some((&mut self.raw, name))
    }
}

fn field<N, V>(name: N, value: V) -> Result<(HeaderName, HeaderValue), Error>
where
    N: TryInto<HeaderName, Error: Into<http::Error>>,
    V: TryInto<HeaderValue, Error: Into<http::Error>>,
{
    let illegal = |what, error: http::Error| Error::app(what).with_source(error);
    let name = name.try_into().map_err(|e| illegal("the field's name is no token", e.into()))?;
    let value = value
        .try_into()
        .map_err(|e| illegal("the field's value holds a control character", e.into()))?;
    Ok((name, value))
}

fn too_many(error: http::header::MaxSizeReached) -> Error {
    Error::app("the header has too many fields").with_source(error)
}

impl Clone for Headers {
    fn clone(&self) -> Self {
        match self.map.get() {
            None => Self { raw: self.raw.clone(), ..Self::default() },
            Some(map) => Self::from(HeaderMap::clone(map)),
        }
    }
}

impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.map() == other.map()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whether the map has been built does not show.
        let shown =
            |(name, value): (&str, _)| (name.to_ascii_lowercase(), String::from_utf8_lossy(value));
        let lines = self.lines().map(shown);
        f.debug_map().entries(lines).finish()
    }
}
