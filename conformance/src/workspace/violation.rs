//! What breaks an invariant, and where.

use std::fmt;

/// What breaks an invariant, and where; shown as `path:line: rule: seen`.
///
/// ```
/// use owin_conformance::workspace::{SourceFile, lengths};
///
/// let long = SourceFile::new("src/long.rs", "\n".repeat(401));
/// let violations = lengths(&[long]);
/// let shown: Vec<String> = violations.iter().map(ToString::to_string).collect();
/// assert_eq!(shown, ["src/long.rs:401: a file has at most 400 lines: it has 401"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    file: String,
    line: Option<usize>,
    rule: &'static str,
    seen: String,
}

impl Violation {
    pub(super) fn new(file: &str, rule: &'static str, seen: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, rule, seen: seen.into() }
    }

    /// Adds the line, counted from 1.
    pub(super) fn at(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    /// The path from the root of the workspace.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// What should hold.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        self.rule
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}: {}", self.rule, self.seen)
    }
}
