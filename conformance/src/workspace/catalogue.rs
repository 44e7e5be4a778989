//! Which checks of the contract have a test.

use std::collections::{BTreeMap, BTreeSet};

use crate::workspace::code::{numbered, parts};
use crate::workspace::{SourceFile, Violation};

/// The families of checks that need a test; others are judged by the lint of owin-core alone.
const FAMILIES: [(&str, usize); 5] =
    [("OWIN-", 3), ("CK-", 3), ("DF-", 2), ("HT-", 2), ("attack ", 0)];

/// Finds checks without a test and without a reason for that.
///
/// `checks` has a line for each check: its id and what has to hold. `elsewhere` and `pending` have
/// a line for each that has no test: its id and the reason. A blank line or one that begins with
/// `#` counts for nothing. A test names a check in a comment above or inside of it; the broken
/// cases of the lint name theirs in their table. A test that is ignored names nothing.
#[must_use]
pub fn catalogue(
    checks: &SourceFile,
    elsewhere: &SourceFile,
    pending: &SourceFile,
    files: &[SourceFile],
) -> Vec<Violation> {
    let mut violations = Vec::new();
    let known = entries(checks, &mut violations);
    let excused: Vec<_> = [elsewhere, pending]
        .into_iter()
        .map(|list| (list, entries(list, &mut violations)))
        .collect();
    let named = named(files);
    for (id, line) in &known {
        let has_reason = excused.iter().any(|(_, list)| list.contains_key(id));
        if !named.contains_key(id) && !has_reason {
            const RULE: &str = "every check is named by a test";
            violations.push(Violation::new(checks.path(), RULE, id.as_str()).at(*line));
        }
    }
    for (list, lines) in &excused {
        for (id, line) in lines.iter().filter(|(id, _)| !known.contains_key(*id)) {
            const RULE: &str = "a list of exceptions names checks that are there";
            violations.push(Violation::new(list.path(), RULE, id.as_str()).at(*line));
        }
    }
    for (id, line) in excused.first().into_iter().flat_map(|(_, lines)| lines) {
        if named.contains_key(id) {
            const RULE: &str = "a check that no test can make is named by none";
            violations.push(Violation::new(elsewhere.path(), RULE, id.as_str()).at(*line));
        }
    }
    for (id, (path, line)) in named.iter().filter(|(id, _)| !known.contains_key(*id)) {
        const RULE: &str = "a test names checks that are there";
        violations.push(Violation::new(path, RULE, id.as_str()).at(*line));
    }
    violations
}

/// The ids of a list, with their lines; an id that is none, stands twice or stands alone is found.
fn entries(list: &SourceFile, violations: &mut Vec<Violation>) -> BTreeMap<String, usize> {
    const RULE: &str = "a line of the catalogue has an id of its own and a text";
    let mut entries = BTreeMap::new();
    for (number, line) in numbered(list.text()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let ids = ids(line);
        let id =
            ids.first().filter(|id| line.starts_with(id.as_str()) && line.len() > id.len() + 1);
        let is_new = id.is_some_and(|id| entries.insert(id.clone(), number).is_none());
        if !is_new || ids.len() > 1 {
            violations.push(Violation::new(list.path(), RULE, line).at(number));
        }
    }
    entries
}

/// The ids that tests name, each with a place.
fn named(files: &[SourceFile]) -> BTreeMap<String, (&str, usize)> {
    let mut named = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let parts = parts(file.text());
        let lines = parts.code.lines().zip(parts.comments.lines()).zip(file.text().lines());
        let lines: Vec<Line<'_>> =
            lines.map(|((code, comment), whole)| Line { code, comment, whole }).collect();
        let is_test = tests(&lines);
        for (index, line) in lines.iter().enumerate() {
            let text = match is_test.get(index) {
                Some(Reads::Comment) => line.comment,
                Some(Reads::Whole) => line.whole,
                _ => continue,
            };
            for id in ids(text) {
                named.entry(id).or_insert((file.path(), index + 1));
            }
        }
    }
    named
}

/// A line of a source, and its two halves.
struct Line<'a> {
    code: &'a str,
    comment: &'a str,
    whole: &'a str,
}

/// What of a line counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    Nothing,
    Comment,
    Whole,
}

/// Which lines belong to a test, or to the table of the lint's broken cases.
fn tests(lines: &[Line<'_>]) -> Vec<Reads> {
    let mut reads = vec![Reads::Nothing; lines.len()];
    let mut index = 0;
    while let Some(line) = lines.get(index) {
        let code = line.code.trim();
        let is_table = code.starts_with("breaks! {");
        if !is_table && !code.starts_with("#[test]") && !code.starts_with("#[tokio::test") {
            index += 1;
            continue;
        }
        let end = end_of_block(lines, index);
        let block = lines.get(index..end).unwrap_or_default();
        let is_ignored = block.iter().any(|line| line.code.trim().starts_with("#[ignore"));
        let above = lines.get(..index).unwrap_or_default().iter().rev();
        let above = above.take_while(|line| !line.comment.trim().is_empty()).count();
        let kind = if is_table { Reads::Whole } else { Reads::Comment };
        if !is_ignored {
            reads.iter_mut().take(end).skip(index - above).for_each(|read| *read = kind);
        }
        index = end;
    }
    reads
}

/// The index behind the line in which the braces that open from here on are closed again.
fn end_of_block(lines: &[Line<'_>], start: usize) -> usize {
    let (mut depth, mut has_opened) = (0_usize, false);
    for (index, line) in lines.iter().enumerate().skip(start) {
        for letter in line.code.chars() {
            match letter {
                '{' => (depth, has_opened) = (depth + 1, true),
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        if has_opened && depth == 0 {
            return index + 1;
        }
    }
    lines.len()
}

/// The ids in a text, without the letter of a part, as in `OWIN-006a`.
fn ids(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (family, digits) in FAMILIES {
        for (at, _) in text.match_indices(family) {
            let is_start = !text.get(..at).unwrap_or_default().ends_with(char::is_alphanumeric);
            let number = text.get(at + family.len()..).unwrap_or_default();
            let length = number.bytes().take_while(u8::is_ascii_digit).count();
            if is_start && (length == digits || (digits == 0 && length > 0)) {
                let number = number.get(..length).unwrap_or_default();
                found.insert(format!("{family}{number}"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECKS: &str = "# Two.\n\nOWIN-001 it ends\nattack 2 line ends\n";

    fn found(checks: &str, elsewhere: &str, pending: &str, source: &str) -> Vec<String> {
        let list = |path: &str, text: &str| SourceFile::new(path, text);
        let files = [SourceFile::new("a/tests/b.rs", source)];
        let (checks, elsewhere) = (list("checks", checks), list("elsewhere", elsewhere));
        let found = catalogue(&checks, &elsewhere, &list("pending", pending), &files);
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_check_without_a_test_is_found() {
        let rule = "every check is named by a test";
        let both = [format!("checks:3: {rule}: OWIN-001"), format!("checks:4: {rule}: attack 2")];
        assert_eq!(found(CHECKS, "", "", "// OWIN-001, attack 2\nfn a() {}\n"), both);
        let named = "#[test]\nfn a() {\n    // OWIN-001, attack 2.\n}\n";
        assert_eq!(found(CHECKS, "", "", named), [""; 0]);
    }

    #[test]
    fn a_test_names_checks_in_its_comments_and_above_it_and_nobody_else_does() {
        let one = "OWIN-001 it ends\n";
        let names = |source| found(one, "", "", source).is_empty();
        assert!(names("/// OWIN-001.\n#[tokio::test]\nasync fn a() {}\n"));
        assert!(names("mod tests {\n#[test]\nfn a() {\n{ }\n// OWIN-001a\n}\n}\n"));
        assert!(names("breaks! {\n    \"OWIN-001\" a => b;\n}\n"));
        assert!(!names("#[test]\nfn a() { \"OWIN-001\"; }\n"));
        assert!(!names("#[test]\nfn a() {\n}\n// OWIN-001\nfn b() {}\n"));
        assert!(!names("#[test]\n#[ignore = \"later\"]\nfn a() {\n// OWIN-001\n}\n"));
        assert!(!names("#[test]\nfn a() {\n// XOWIN-001, OWIN-01, OWIN-0011\n}\n"));
    }

    #[test]
    fn a_reason_takes_the_place_of_a_test() {
        assert_eq!(found(CHECKS, "OWIN-001 a review\n", "attack 2 waits\n", ""), [""; 0]);
        assert_eq!(found(CHECKS, "OWIN-001\n", "attack 2 waits\n", "").len(), 2);
    }

    #[test]
    fn lists_that_contradict_the_tests_or_each_other_are_found() {
        let named = "#[test]\nfn a() {\n    // OWIN-001, attack 2, HT-07.\n}\n";
        let found = found(CHECKS, "OWIN-001 a review\n", "attack 2 waits\nCK-001 waits\n", named);
        let places: Vec<_> = found.iter().filter_map(|line| line.split(": ").next()).collect();
        assert_eq!(places, ["pending:2", "elsewhere:1", "a/tests/b.rs:3"], "{found:?}");
    }

    #[test]
    fn a_line_without_an_id_and_an_id_that_stands_twice_are_found() {
        for line in ["it ends", "OWIN-1 it ends", "OWIN-001", "OWIN-001 again", "HT-01 and HT-02"] {
            let checks = format!("OWIN-001 it ends\n{line}\n");
            let pending = "OWIN-001 waits\nHT-01 waits\nHT-02 waits\n";
            let rule = "a line of the catalogue has an id of its own and a text";
            let found = found(&checks, "", pending, "");
            assert!(found.contains(&format!("checks:2: {rule}: {line}")), "{line}: {found:?}");
        }
    }
}
