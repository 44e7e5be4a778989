//! Pages that must say what the tree says.

use std::collections::BTreeSet;

use crate::workspace::code::{numbered, words};
use crate::workspace::{SourceFile, Violation};

/// Where the source of the third-party server begins and ends in `README.md`.
const FENCE: (&str, &str) = ("```rust,ignore\n", "```\n");

/// Finds names of files in a page, in backticks, that stand for nothing.
///
/// A name stands for a file or a folder, from the root; `path::name` stands for a test or another
/// item of that name in that file. What has neither `/` nor one of our extensions is no name of a
/// file, and what stands in a fenced block is not looked at.
#[must_use]
pub fn names_of_files(page: &SourceFile, files: &[SourceFile]) -> Vec<Violation> {
    const RULE: &str = "a file that a page names is there";
    let mut violations = Vec::new();
    let mut is_fenced = false;
    for (number, line) in numbered(page.text()) {
        is_fenced ^= line.starts_with("```");
        if is_fenced {
            continue;
        }
        for name in line.split('`').skip(1).step_by(2).filter(|name| is_name_of_file(name)) {
            if let Some(missing) = missing(name, files) {
                violations.push(Violation::new(page.path(), RULE, missing).at(number));
            }
        }
    }
    violations
}

fn is_name_of_file(name: &str) -> bool {
    let path = name.split_once("::").map_or(name, |pair| pair.0);
    let is_plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-{}*".contains(c));
    let has_extension = [".rs", ".md", ".toml"].into_iter().any(|end| path.ends_with(end));
    let is_folder = path.ends_with('/') && path.len() > 1;
    let is_from_root = !path.starts_with('/') && !path.starts_with('.');
    is_plain && is_from_root && (has_extension || is_folder)
}

/// What of the name is not there.
fn missing(name: &str, files: &[SourceFile]) -> Option<String> {
    let (path, item) = name.split_once("::").map_or((name, None), |pair| (pair.0, Some(pair.1)));
    let is_here = |file: &&SourceFile| {
        file.path() == path || (path.ends_with('/') && file.path().starts_with(path))
    };
    let Some(file) = files.iter().find(is_here) else { return Some(path.to_owned()) };
    let item = item?;
    let known: BTreeSet<&str> = words(file.text()).collect();
    (!known.contains(item)).then(|| format!("{item} in {path}"))
}

/// Says whether the page shows the third-party server as it is.
#[must_use]
pub fn custom_server(readme: &SourceFile, source: &SourceFile) -> Vec<Violation> {
    const RULE: &str = "README.md shows the whole custom server; UPDATE_GOLDEN=1 rewrites it";
    let seen = match with_custom_server(readme.text(), source.text()) {
        None => "it has no block for it",
        Some(right) if right == readme.text() => return Vec::new(),
        Some(_) => "it shows another one",
    };
    vec![Violation::new(readme.path(), RULE, seen)]
}

/// The page with the source in its block, from the first `use` line on; `None` where the page has no
/// block, or the source no such line.
#[must_use]
pub fn with_custom_server(readme: &str, source: &str) -> Option<String> {
    let start = if source.starts_with("use ") { 0 } else { source.find("\nuse ")? + 1 };
    let shown = source.get(start..)?;
    let (before, block) = readme.split_once(FENCE.0)?;
    let end =
        if block.starts_with(FENCE.1) { 0 } else { block.find(&format!("\n{}", FENCE.1))? + 1 };
    let after = block.get(end..)?;
    Some(format!("{before}{}{shown}{after}", FENCE.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(page: &str) -> Vec<String> {
        let files = [SourceFile::new("a/src/b.rs", "fn it_holds() {}\n")];
        let page = SourceFile::new("P.md", page);
        names_of_files(&page, &files).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_name_of_no_file_is_found() {
        let rule = "a file that a page names is there";
        assert_eq!(found("`a/src/b.rs`\n`a/src/c.rs`\n"), [format!("P.md:2: {rule}: a/src/c.rs")]);
        assert_eq!(found("`a/src/`, `a/tests/`, `b.rs` and `a/{b,c}.rs`").len(), 2);
    }

    #[test]
    fn a_name_of_no_test_is_found() {
        assert_eq!(found("`a/src/b.rs::it_holds` `a/src/b.rs::it_hold`").len(), 1);
    }

    #[test]
    fn what_is_no_name_of_a_file_is_left_alone() {
        assert_eq!(found("`/echo` `text/plain` `Call::new` `.await` `/` `/a/` a/x.rs"), [""; 0]);
        assert_eq!(found("```text\n`a/x.rs`\n```\n"), [""; 0]);
    }

    const SOURCE: &str = "//! One.\n\nuse two;\nfn three() {}\n";

    fn readme(block: &str) -> SourceFile {
        SourceFile::new("README.md", format!("a\n```rust,ignore\n{block}```\nb\n"))
    }

    #[test]
    fn another_source_in_the_page_is_found_and_can_be_rewritten() {
        let source = SourceFile::new("s.rs", SOURCE);
        let right = readme("use two;\nfn three() {}\n");
        assert!(custom_server(&right, &source).is_empty());
        for block in ["", "use two;\n", "//! One.\n\nuse two;\nfn three() {}\n"] {
            assert_eq!(custom_server(&readme(block), &source).len(), 1, "{block}");
            let rewritten = with_custom_server(readme(block).text(), SOURCE).unwrap();
            assert_eq!(rewritten, right.text(), "{block}");
        }
    }

    #[test]
    fn a_page_without_a_block_is_found() {
        let page = SourceFile::new("README.md", "a\n");
        assert_eq!(custom_server(&page, &SourceFile::new("s.rs", SOURCE)).len(), 1);
    }
}
