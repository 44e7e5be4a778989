//! The page of the reference server tells every limit that its sources have.

use crate::workspace::code::{numbered, parts};
use crate::workspace::{SourceFile, Violation};

const PAGE: &str = "nowin-like-server/README.md";
const SOURCES: &str = "nowin-like-server/src/";

/// Finds limits of the reference server that its page does not name: its constants that are a size,
/// a number or a time.
#[must_use]
pub fn limits(files: &[SourceFile]) -> Vec<Violation> {
    const RULE: &str = "nowin-like-server/README.md names every limit";
    let page = files.iter().find(|file| file.path() == PAGE).map_or("", SourceFile::text);
    let sources = files.iter().filter(|file| is_source(file));
    let mut violations = Vec::new();
    for file in sources {
        for (number, line) in numbered(&parts(file.text()).code) {
            if let Some(name) = limit(line)
                && !page.contains(&format!("`{name}`"))
            {
                violations.push(Violation::new(file.path(), RULE, name).at(number));
            }
        }
    }
    violations
}

fn is_source(file: &SourceFile) -> bool {
    let name = file.path().strip_prefix(SOURCES);
    file.is_rust() && name.is_some_and(|name| !name.split('/').any(|folder| folder == "tests"))
}

/// The name of the limit that a line declares.
fn limit(line: &str) -> Option<&str> {
    let declared =
        line.strip_prefix("pub").map_or(Some(line), |rest| rest.split_once(' ').map(|p| p.1));
    let (name, rest) = declared?.strip_prefix("const ")?.split_once(": ")?;
    let kind = rest.split_once(" = ")?.0;
    matches!(kind, "usize" | "u32" | "u64" | "Duration").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> usize {
        found_in("nowin-like-server/src/a.rs", source)
    }

    fn found_in(path: &str, source: &str) -> usize {
        let page = SourceFile::new(PAGE, "| `MAX_A` | 1 |\n");
        limits(&[page, SourceFile::new(path, source)]).len()
    }

    #[test]
    fn a_limit_that_the_page_does_not_name_is_found() {
        assert_eq!(found("const MAX_B: usize = 1;\n"), 1);
        assert_eq!(found("pub(super) const MAX_A: usize = 1;\nconst T: Duration = x;\n"), 1);
    }

    #[test]
    fn what_is_named_and_what_is_no_limit_is_right() {
        assert_eq!(
            found("const MAX_A: u64 = 1;\nconst B: &str = \"\";\n// const C: u64 = 1;\n"),
            0
        );
    }
}
