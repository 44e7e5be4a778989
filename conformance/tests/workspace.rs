//! The invariants of the workspace, each a test; a failure names the file and the rule.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the tree stops")]

use std::path::Path;
use std::process::Command;

use owin_conformance::workspace::{self, Package, SourceFile, Violation};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn files() -> Vec<SourceFile> {
    workspace::files(Path::new(ROOT)).unwrap()
}

fn file<'a>(files: &'a [SourceFile], path: &str) -> &'a SourceFile {
    files.iter().find(|file| file.path() == path).unwrap()
}

/// What Cargo says of our crates.
fn packages() -> Vec<Package> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["metadata", "--format-version", "1", "--no-deps"];
    let output = Command::new(cargo).args(arguments).current_dir(ROOT).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let packages = workspace::packages(&String::from_utf8(output.stdout).unwrap()).unwrap();
    assert!(packages.iter().any(|package| package.name() == "owin-core"), "{packages:?}");
    packages
}

#[track_caller]
fn holds(violations: &[Violation]) {
    let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "\n{}\n", lines.join("\n"));
}

#[test]
fn our_crates_depend_on_each_other_in_one_direction() {
    holds(&workspace::directions(&packages()));
}

#[test]
fn the_contract_names_no_runtime() {
    holds(&workspace::runtimes(&packages()));
}

#[test]
fn only_the_driver_of_a_protocol_awaits() {
    holds(&workspace::machines(&files()));
}

#[test]
fn no_feature_gates_a_part_of_a_function() {
    holds(&workspace::feature_gates(&files()));
}

#[test]
fn no_file_is_too_long() {
    holds(&workspace::lengths(&files()));
}

#[test]
fn no_code_is_unsafe() {
    holds(&workspace::without_checks(&files()));
}

#[test]
fn nothing_is_left_undone() {
    holds(&workspace::unfinished(&files()));
}

#[test]
fn types_and_modules_are_named_by_the_glossary() {
    holds(&workspace::names(&files()));
}

#[test]
fn every_crate_has_the_lints_of_the_workspace() {
    holds(&workspace::lints(&files()));
}

#[test]
fn every_crate_says_what_it_is() {
    holds(&workspace::particulars(&packages(), &files()));
}

#[test]
fn every_version_stands_in_the_workspace() {
    holds(&workspace::versions(&files()));
}

#[test]
fn the_files_and_tests_that_the_architecture_names_are_there() {
    let files = files();
    for page in ["ARCHITECTURE.md", "CONTRIBUTING.md", "examples/README.md"] {
        holds(&workspace::names_of_files(file(&files, page), &files));
    }
}

#[test]
fn the_page_of_the_server_names_every_limit() {
    holds(&workspace::limits(&files()));
}

#[test]
fn the_page_of_the_server_names_no_limit_that_is_not_there() {
    holds(&workspace::stale_limits(&files()));
}

/// `UPDATE_GOLDEN=1` rewrites the block in the page.
#[test]
fn the_readme_shows_the_custom_server_as_it_is() {
    let files = files();
    let readme = file(&files, "README.md");
    let source = file(&files, "examples/src/custom_server.rs");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let right = workspace::with_custom_server(readme.text(), source.text()).unwrap();
        std::fs::write(Path::new(ROOT).join("README.md"), right).unwrap();
        return;
    }
    holds(&workspace::custom_server(readme, source));
}
