//! What stands in the manifests of our crates.

use crate::workspace::{SourceFile, Violation};

/// A `key = value` of a manifest, with the table that it stands in and its line.
#[derive(Debug, PartialEq, Eq)]
struct Entry<'a> {
    table: &'a str,
    key: &'a str,
    value: String,
    line: usize,
}

/// Finds crates that do not take the lints of the workspace.
#[must_use]
pub fn lints(files: &[SourceFile]) -> Vec<Violation> {
    const RULE: &str = "a crate has the lints of the workspace";
    let bare = members(files).filter(|file| {
        !entries(file.text()).iter().any(|entry| {
            let name = (entry.table, entry.key);
            name == ("lints", "workspace") && entry.value == "true"
        })
    });
    bare.map(|file| Violation::new(file.path(), RULE, "there is no [lints] workspace = true"))
        .collect()
}

/// Finds dependencies whose version does not come from the workspace.
#[must_use]
pub fn versions(files: &[SourceFile]) -> Vec<Violation> {
    const RULE: &str = "every version stands in [workspace.dependencies]";
    let mut violations = Vec::new();
    for file in members(files) {
        for entry in entries(file.text()).iter().filter(|entry| has_own_version(entry)) {
            let seen = format!("{} = {}", entry.key, entry.value);
            violations.push(Violation::new(file.path(), RULE, seen).at(entry.line));
        }
    }
    violations
}

/// The manifests of the crates; that of the workspace is at the root. A crate that is a workspace by
/// itself, as the fuzz targets are, is none of ours.
fn members(files: &[SourceFile]) -> impl Iterator<Item = &SourceFile> {
    let manifests = files.iter().filter(|file| file.path().ends_with("/Cargo.toml"));
    manifests.filter(|file| !file.text().lines().any(|line| line.trim() == "[workspace]"))
}

fn has_own_version(entry: &Entry<'_>) -> bool {
    let mut names = entry.table.split('.').rev();
    let (last, before) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
    if is_dependencies(last) {
        let value: String = entry.value.chars().filter(|c| !c.is_whitespace()).collect();
        let is_shared = entry.key.ends_with(".workspace") && value == "true";
        return !is_shared && !value.contains("workspace=true");
    }
    is_dependencies(before) && matches!(entry.key, "version" | "path" | "git")
}

fn is_dependencies(name: &str) -> bool {
    matches!(name, "dependencies" | "dev-dependencies" | "build-dependencies")
}

/// Reads as much of TOML as manifests use: tables, keys, values of one line or of brackets.
fn entries(text: &str) -> Vec<Entry<'_>> {
    let (mut entries, mut table, mut depth) = (Vec::<Entry<'_>>::new(), "", 0_usize);
    for (index, line) in text.lines().enumerate() {
        let line = without_comment(line).trim();
        if depth > 0 {
            if let Some(entry) = entries.last_mut() {
                entry.value += line;
            }
            depth = depth_after(line, depth);
        } else if let Some(name) = line.strip_prefix('[') {
            table = name.trim_matches(['[', ']']).trim();
        } else if let Some((key, value)) = line.split_once('=') {
            let value = value.trim().to_owned();
            depth = depth_after(&value, 0);
            entries.push(Entry { table, key: key.trim(), value, line: index + 1 });
        }
    }
    entries
}

fn without_comment(line: &str) -> &str {
    let mut is_text = false;
    let start = line.find(|c: char| {
        is_text ^= c == '"';
        c == '#' && !is_text
    });
    start.and_then(|start| line.get(..start)).unwrap_or(line)
}

fn depth_after(text: &str, depth: usize) -> usize {
    text.chars().fold(depth, |depth, c| match c {
        '[' | '{' => depth + 1,
        ']' | '}' => depth.saturating_sub(1),
        _ => depth,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own_versions(text: &str) -> Vec<usize> {
        let violations = versions(&[SourceFile::new("a/Cargo.toml", text)]);
        let lines = (1..=text.lines().count()).filter(|line| {
            violations.iter().any(|v| v.to_string().starts_with(&format!("a/Cargo.toml:{line}:")))
        });
        lines.collect()
    }

    #[test]
    fn a_version_of_its_own_is_found() {
        let text = "[dependencies]\na = \"1\"\nb = { version = \"1\" }\nc.workspace = true\n\
            d = { workspace = true, features = [\n \"e\", # f\n] }\ng = { path = \"../g\" }\n";
        assert_eq!(own_versions(text), [2, 3, 8]);
    }

    #[test]
    fn every_kind_of_dependency_is_looked_at() {
        for table in ["dev-dependencies", "build-dependencies", "target.'cfg(unix)'.dependencies"] {
            assert_eq!(own_versions(&format!("[{table}]\na = \"1\"\n")), [2], "{table}");
        }
        assert_eq!(own_versions("[dependencies.a]\nversion = \"1\"\nfeatures = []\n"), [2]);
        assert_eq!(own_versions("[package]\nversion = \"1\"\n[features]\na = []\n"), [0; 0]);
    }

    #[test]
    fn a_crate_without_the_lints_is_found() {
        let found = |text: &str| lints(&[SourceFile::new("a/Cargo.toml", text)]).len();
        assert_eq!(found("[lints]\nworkspace = true\n"), 0);
        assert_eq!(found("[lints]\n# workspace = true\n"), 1);
        assert_eq!(found("[lints.rust]\nunsafe_code = \"forbid\"\n"), 1);
        assert_eq!(found("[package]\nname = \"a\"\n[x]\nworkspace = true\n"), 1);
    }

    #[test]
    fn a_workspace_of_its_own_may_have_versions() {
        let text = "[workspace]\n[dependencies]\na = \"1\"\n";
        let other = [SourceFile::new("a/fuzz/Cargo.toml", text)];
        assert!(versions(&other).is_empty() && lints(&other).is_empty());
    }

    #[test]
    fn the_manifest_of_the_workspace_may_have_versions() {
        let root = SourceFile::new("Cargo.toml", "[workspace.dependencies]\na = \"1\"\n");
        assert!(versions(std::slice::from_ref(&root)).is_empty() && lints(&[root]).is_empty());
    }
}
