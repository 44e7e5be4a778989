//! What an app observed, in files that another process reads.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use owin_core::Error;

/// A folder in which apps note what they observe, a page for each call.
///
/// The app may run in another process than whoever reads, so the pages are files. Both sides are
/// on one machine and read one clock.
///
/// ```
/// use owin_adapter_matrix::Ledger;
///
/// let folder = tempfile::tempdir()?;
/// let page = Ledger::new(folder.path()).page("call-1")?;
/// page.note("read 5")?;
/// assert_eq!(page.lines()?[0].number("read"), Some(5));
/// page.mark("release")?;
/// assert!(page.is_marked("release"));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ledger(PathBuf);

impl Ledger {
    /// A ledger in a folder that is there.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The page of the call that has this nonce: 1 to 100 of `A-Z a-z 0-9 _ -`.
    ///
    /// # Errors
    ///
    /// The peer's fault where the nonce has something else in it: it becomes the name of a file.
    pub fn page(&self, nonce: &str) -> Result<Page, Error> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if nonce.is_empty() || nonce.len() > 100 || !nonce.chars().all(is_plain) {
            return Err(Error::peer("a nonce is 1 to 100 of A-Z a-z 0-9 _ -"));
        }
        Ok(Page { stem: self.0.join(nonce), nonce: nonce.to_owned() })
    }
}

/// The page of one call.
///
/// The app writes lines, in `NONCE.log`; whoever called it sets marks, each an empty file
/// `NONCE.MARK`, and may put a file to be sent at `NONCE.file`.
#[derive(Clone, Debug)]
pub struct Page {
    /// The path of the page's files, up to the dot.
    stem: PathBuf,
    nonce: String,
}

impl Page {
    /// The nonce.
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Where the file lies that `/probe/file` sends.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.path("file")
    }

    /// Appends a line: a word, then values, blanks between them.
    ///
    /// # Errors
    ///
    /// Where the page cannot be written.
    pub fn note(&self, text: &str) -> io::Result<()> {
        let line = Line { at: now(), text: text.to_owned() };
        let mut file = OpenOptions::new().create(true).append(true).open(self.path("log"))?;
        file.write_all(format!("{line}\n").as_bytes()) // in one piece: others append too
    }

    /// The lines that were written so far; none where nobody wrote.
    ///
    /// # Errors
    ///
    /// Where the page is there and cannot be read.
    pub fn lines(&self) -> io::Result<Vec<Line>> {
        match fs::read_to_string(self.path("log")) {
            Ok(text) => Ok(text.split_inclusive('\n').filter_map(Line::parse).collect()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Tells the app something.
    ///
    /// # Errors
    ///
    /// Where the mark cannot be made.
    pub fn mark(&self, mark: &str) -> io::Result<()> {
        fs::write(self.path(mark), [])
    }

    /// Says whether the app was told so.
    #[must_use]
    pub fn is_marked(&self, mark: &str) -> bool {
        self.path(mark).exists()
    }

    fn path(&self, end: &str) -> PathBuf {
        self.stem.with_extension(end)
    }
}

/// A line of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    at: u64,
    text: String,
}

impl Line {
    /// When it was written: milliseconds since 1970.
    #[must_use]
    pub const fn at(&self) -> u64 {
        self.at
    }

    /// The word and the values.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands behind the word, where the line begins with it.
    #[must_use]
    pub fn values(&self, word: &str) -> Option<&str> {
        let rest = self.text.strip_prefix(word)?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix(' ') }
    }

    /// The first value, where the line begins with the word and the value is a number.
    #[must_use]
    pub fn number(&self, word: &str) -> Option<u64> {
        self.values(word)?.split(' ').next()?.parse().ok()
    }

    /// Reads a line; one without its end is still being written.
    fn parse(line: &str) -> Option<Self> {
        let (at, text) = line.strip_suffix('\n')?.split_once(' ')?;
        Some(Self { at: at.parse().ok()?, text: text.to_owned() })
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.at, self.text)
    }
}

/// Milliseconds since 1970.
#[must_use]
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_that_leaves_the_folder_is_refused() {
        let ledger = Ledger::new("/tmp");
        for nonce in ["", "..", "a/b", "a.b", "a b", &"a".repeat(101)] {
            assert!(ledger.page(nonce).is_err(), "{nonce}");
        }
        assert!(ledger.page("a_B-9").is_ok());
    }

    #[test]
    fn a_line_that_is_still_being_written_is_not_read() {
        assert_eq!(Line::parse("5 read 1"), None);
        assert_eq!(Line::parse("5 read 1\n").unwrap().number("read"), Some(1));
    }

    #[test]
    fn a_word_is_not_the_start_of_another() {
        let line = Line { at: 0, text: "reading 7".to_owned() };
        assert_eq!(line.values("read"), None);
        assert_eq!(line.number("reading"), Some(7));
    }

    #[test]
    fn a_page_that_nobody_wrote_has_no_lines() {
        let folder = tempfile::tempdir().unwrap();
        let page = Ledger::new(folder.path()).page("a").unwrap();
        assert_eq!(page.lines().unwrap(), []);
    }
}
