//! The page of the reference server tells every limit that its sources have, and no other.

use crate::workspace::code::{numbered, parts};
use crate::workspace::{SourceFile, Violation};

const PAGE: &str = "nowin-like-server/README.md";
const SOURCES: &str = "nowin-like-server/src/";

/// The table of the limits that can be chosen; its own constants are parts of its rows.
const TABLE: &str = "nowin-like-server/src/limits/";

/// Finds limits of the reference server that its page does not name: fields in the table of limits,
/// and constants that are a size, a number or a time.
#[must_use]
pub fn limits(files: &[SourceFile]) -> Vec<Violation> {
    const RULE: &str = "nowin-like-server/README.md names every limit";
    let page = files.iter().find(|file| file.path() == PAGE).map_or("", SourceFile::text);
    let mut violations = Vec::new();
    for file in sources(files) {
        for (number, name) in declared(file) {
            if !page.contains(&format!("`{name}`")) {
                violations.push(Violation::new(file.path(), RULE, name).at(number));
            }
        }
    }
    violations
}

/// Finds limits that the page names at the start of a row of a table, and that are not there.
#[must_use]
pub fn stale_limits(files: &[SourceFile]) -> Vec<Violation> {
    const RULE: &str = "a limit that nowin-like-server/README.md names is there";
    let rows: Vec<String> = sources(files).flat_map(declared).map(|limit| limit.1).collect();
    let is_there = |name: &str| {
        let constant = format!("const {name}: ");
        rows.iter().any(|row| row == name)
            || sources(files).any(|file| file.text().contains(&constant))
    };
    let page = files.iter().filter(|file| file.path() == PAGE);
    let mut violations = Vec::new();
    for (number, line) in page.flat_map(|page| numbered(page.text())) {
        let cell = line.strip_prefix("| `").and_then(|rest| rest.split(" |").next());
        let names = cell.into_iter().flat_map(|cell| cell.split('`').step_by(2));
        let names = names.filter(|name| is_name_of_limit(name));
        for name in names.filter(|name| !is_there(name)) {
            violations.push(Violation::new(PAGE, RULE, name).at(number));
        }
    }
    violations
}

fn sources(files: &[SourceFile]) -> impl Iterator<Item = &SourceFile> {
    files.iter().filter(|file| {
        let name = file.path().strip_prefix(SOURCES);
        file.is_rust() && name.is_some_and(|name| !name.split('/').any(|folder| folder == "tests"))
    })
}

/// Whether it is a name of a constant or a field, and not of a field of HTTP.
fn is_name_of_limit(name: &str) -> bool {
    let is_made_of = |is_right: fn(&char) -> bool| name.chars().all(|c| c == '_' || is_right(&c));
    !name.is_empty()
        && (is_made_of(char::is_ascii_uppercase) || is_made_of(char::is_ascii_lowercase))
}

/// The limits that a file declares, with their lines.
fn declared(file: &SourceFile) -> Vec<(usize, String)> {
    let limit = if file.path().starts_with(TABLE) { row } else { constant };
    let parts = parts(file.text());
    let found = numbered(&parts.code).filter_map(|(number, line)| Some((number, limit(line)?)));
    found.map(|(number, name)| (number, name.to_owned())).collect()
}

/// The name of the limit that a constant declares.
fn constant(line: &str) -> Option<&str> {
    let declared =
        line.strip_prefix("pub").map_or(Some(line), |rest| rest.split_once(' ').map(|p| p.1));
    let (name, rest) = declared?.strip_prefix("const ")?.split_once(": ")?;
    let kind = rest.split_once(" = ")?.0;
    matches!(kind, "usize" | "u32" | "u64" | "Duration").then_some(name)
}

/// The name of the limit that a row begins, as in `    head_bytes: usize {`.
fn row(line: &str) -> Option<&str> {
    let (name, kind) = line.strip_prefix("    ")?.strip_suffix(" {")?.split_once(": ")?;
    let kind = kind.strip_prefix("Option<").and_then(|kind| kind.strip_suffix('>')).unwrap_or(kind);
    matches!(kind, "usize" | "u32" | "u64" | "Duration" | "Rate").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "nowin-like-server/src/a.rs";
    const ROWS: &str = "nowin-like-server/src/limits/table.rs";

    fn files(path: &str, source: &str) -> [SourceFile; 2] {
        let page = SourceFile::new(
            PAGE,
            "text of `C`\n| `Host` | 3 |\n| `MAX_A` | 1 |\n| `b_bytes`, `C` | 2 |\n",
        );
        [page, SourceFile::new(path, source)]
    }

    fn found(path: &str, source: &str) -> usize {
        limits(&files(path, source)).len()
    }

    #[test]
    fn a_limit_that_the_page_does_not_name_is_found() {
        assert_eq!(found(SOURCE, "const MAX_B: usize = 1;\n"), 1);
        assert_eq!(
            found(SOURCE, "pub(super) const MAX_A: usize = 1;\nconst T: Duration = x;\n"),
            1
        );
    }

    #[test]
    fn a_row_that_the_page_does_not_name_is_found() {
        assert_eq!(found(ROWS, "    b_bytes: usize {\n    c: Option<Rate> {\n"), 1);
        assert_eq!(found(ROWS, "const MAX_B: usize = 1;\n    b: Other {\n"), 0);
    }

    #[test]
    fn what_is_named_and_what_is_no_limit_is_right() {
        assert_eq!(
            found(SOURCE, "const MAX_A: u64 = 1;\nconst B: &str = \"\";\n// const C: u64 = 1;\n"),
            0
        );
    }

    #[test]
    fn a_limit_that_is_only_on_the_page_is_found() {
        let stale = |source| stale_limits(&files(SOURCE, source)).len();
        assert_eq!(stale("const MAX_A: u64 = 1;\nconst C: u64 = 1;\n"), 1);
        assert_eq!(stale("const C: i32 = 1;\n"), 2);
    }
}
