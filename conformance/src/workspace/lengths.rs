//! How long a file may be.

use crate::workspace::{SourceFile, Violation};

const RULE: &str = "a file has at most 400 lines";

/// Twice what most files have: who must scroll further has two ideas in one file.
const MAX_LINES: usize = 400;

/// Finds the sources, manifests and pages that are too long.
#[must_use]
pub fn lengths(files: &[SourceFile]) -> Vec<Violation> {
    let ours = files.iter().filter(|file| is_written(file));
    let counted = ours.map(|file| (file, file.text().lines().count()));
    let too_long = counted.filter(|(_, lines)| *lines > MAX_LINES);
    too_long
        .map(|(file, lines)| Violation::new(file.path(), RULE, format!("it has {lines}")).at(lines))
        .collect()
}

/// Whether somebody writes the file by hand; `SPEC.md` and `CASES.md` are written from the tables,
/// `RESULTS.md` by a script.
fn is_written(file: &SourceFile) -> bool {
    let made = ["/SPEC.md", "/CASES.md", "/RESULTS.md"];
    let is_made = made.into_iter().any(|end| file.path().ends_with(end));
    let is_page = file.has_extension("md") && !is_made;
    file.is_rust() || is_page || file.path().ends_with("Cargo.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, lines: usize) -> usize {
        lengths(&[SourceFile::new(path, "x\n".repeat(lines))]).len()
    }

    #[test]
    fn the_four_hundredth_line_is_the_last() {
        assert_eq!((found("a/src/b.rs", 400), found("a/src/b.rs", 401)), (0, 1));
        assert_eq!((found("README.md", 401), found("Cargo.toml", 401)), (1, 1));
    }

    #[test]
    fn what_nobody_writes_may_be_longer() {
        assert_eq!((found("owin-core/SPEC.md", 500), found("Cargo.lock", 500)), (0, 0));
        assert_eq!(found("conformance/CASES.md", 500), 0);
        assert_eq!(found("a/ui/b.stderr", 500), 0);
    }
}
