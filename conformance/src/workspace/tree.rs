//! The files of the workspace.

use std::io;
use std::path::Path;

/// A text file, with its path from the root of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    path: String,
    text: String,
}

impl SourceFile {
    /// Makes a file of its path, with `/` between folders, and its text.
    #[must_use]
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// The path from the root of the workspace.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|own| own == extension)
    }

    pub(super) fn is_rust(&self) -> bool {
        self.has_extension("rs")
    }
}

/// Reads every text file below `root`, in the order of the paths.
///
/// Leaves out what is not ours: `.git`, `target`, and files that are not UTF-8.
///
/// # Errors
///
/// Where a folder or a file cannot be read. One that goes away while the others are read is no
/// error.
pub fn files(root: &Path) -> io::Result<Vec<SourceFile>> {
    let mut found = Vec::new();
    read_folder(root, "", &mut found)?;
    found.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(found)
}

fn read_folder(folder: &Path, prefix: &str, found: &mut Vec<SourceFile>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type()?;
        if kind.is_dir() && !matches!(name.as_str(), ".git" | "target") {
            read_folder(&entry.path(), &format!("{prefix}{name}/"), found)?;
        }
        if kind.is_file() {
            match std::fs::read_to_string(entry.path()) {
                Ok(text) => found.push(SourceFile::new(format!("{prefix}{name}"), text)),
                Err(error) if is_not_ours(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

fn is_not_ours(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_file_is_found_by_its_path_from_the_root() {
        let found = files(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let this = found.iter().find(|file| file.path() == "src/workspace/tree.rs").unwrap();
        assert!(this.is_rust() && this.text() == include_str!("tree.rs"));
        assert!(found.iter().all(|file| !file.path().starts_with("target/")));
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        assert!(files(Path::new("no/such/folder")).is_err());
    }
}
